"""`changes_for`: which files a set-up changes, and how; nothing is written here."""

from __future__ import annotations

import os
from difflib import unified_diff
from typing import TYPE_CHECKING, Final, NamedTuple

from binance_creds._config import plan_for
from binance_creds._config._discovery import user_file
from binance_creds._config._found_file import found_table
from binance_creds._config._toml_file import NAME, PROJECT_FILE
from binance_creds._uri import SourceURI
from binance_creds.errors import ConfigurationError
from binance_creds.providers._options import SCHEMES, check_options
from binance_creds.providers._registry import distrusted_in
from binance_creds.scaffold._profile import with_profile

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["FileChange", "Setup", "changes_for"]

_IGNORED: Final = (".env", ".env.*", "!.env.example")
_EXAMPLE: Final = """\
# Copy this file to .env, fill it in, and keep .env out of git.
{prefix}_API_KEY=
{prefix}_API_SECRET=
"""
_LARGEST_BYTES: Final = 1 << 20


class Setup(NamedTuple):
    """What a project wants.

    Attributes:
        source: where the credentials will be; they need not be there yet.
        profile: the name under which programs ask for them.
        environment: `live`, `testnet`, `demo` or `us`; `None` for live.
        policy: what the key may do; the exchange is asked, then.
        argv: of `command:` sources, the program with its arguments.
    """

    source: str
    profile: str = "main"
    environment: str | None = None
    policy: str | None = None
    argv: tuple[str, ...] = ()


class FileChange(NamedTuple):
    """A file as it is, and as it will be.

    Attributes:
        path: absolute.
        before: its text; `None` where there is no file.
        after: its text afterwards.
    """

    path: str
    before: str | None
    after: str

    @property
    def diff(self) -> str:
        """The change as `diff -u` shows it."""
        old = (self.before or "").splitlines(keepends=True)
        origin = os.devnull if self.before is None else self.path
        lines = unified_diff(old, self.after.splitlines(keepends=True), origin, self.path)
        return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


def changes_for(
    setup: Setup,
    *,
    directory: str | os.PathLike[str] = ".",
    output: str | os.PathLike[str] | None = None,
    environ: Mapping[str, str] | None = None,
) -> tuple[FileChange, ...]:
    """Return what must be written for a set-up; nothing for what is there already.

    Files are only made or added to. A source that says where a login goes or which program runs
    does not count in a file that is only found in a project, so it goes into the user's own.

    Args:
        setup: what is wanted.
        directory: of the project.
        output: the configuration to add to; `binance-creds.toml` of the project by default, or its
            `pyproject.toml` where that has our table.
        environ: environment variables; those of the process by default.

    Raises:
        ConfigurationError: the set-up is wrong, a file cannot be read, or has a profile of that
            name that says something else.
    """
    here = os.path.abspath(directory)
    environ = os.environ if environ is None else environ
    uri = SourceURI.parse(setup.source)
    path = os.path.abspath(output) if output else _place(uri, here, environ)

    def configured(text: str | None) -> str:
        return with_profile(text, path, _tables(setup))

    wanted: list[tuple[str, Callable[[str | None], str]]] = [
        (path, configured),
        (os.path.join(here, ".gitignore"), _with_ignored),
    ]
    prefix = _prefix(uri)
    if prefix is not None:
        example = _EXAMPLE.format(prefix=prefix)
        wanted.append((os.path.join(here, ".env.example"), lambda text: text or example))
    texts = [(each, _text(each), change) for each, change in wanted]
    changes = [FileChange(each, text, change(text)) for each, text, change in texts]
    return tuple(change for change in changes if change.before != change.after)


def _place(uri: SourceURI, here: str, environ: Mapping[str, str]) -> str:
    """Return the file that a source belongs into."""
    if uri.scheme == "command" or distrusted_in(uri) is not None:
        path = user_file(environ)
        if path is None:
            msg = "this source belongs into your user configuration, and your home is not known."
            raise ConfigurationError(msg, hint="Set HOME, or name a file: --output PATH.")
        return path
    own = os.path.join(here, f"{NAME}.toml")
    project = os.path.join(here, PROJECT_FILE)
    is_in_project = not os.path.lexists(own) and found_table(project) is not None
    return project if is_in_project else own


def _tables(setup: Setup) -> dict[str, dict[str, object]]:
    """Return the tables of a set-up by their names, after a load would have accepted them.

    Raises:
        ConfigurationError: one would not.
    """
    profile: dict[str, object] = {"source": setup.source}
    if setup.environment is not None:
        profile["environment"] = setup.environment
    if setup.policy is not None:
        profile |= {"verify": True, "policy": setup.policy}
    uri = SourceURI.parse(setup.source)
    if uri.scheme in SCHEMES:
        check_options(uri)
    commands: dict[str, object] = {}
    if uri.scheme == "command":
        if not setup.argv:
            msg = "a source of 'command' needs the program that prints the credentials."
            raise ConfigurationError(msg, hint="Name it, such as: --program 'pass show binance'.")
        commands = {uri.location: {"argv": [*setup.argv]}}
    config = {"profiles": {setup.profile: profile}, "commands": commands}
    plan_for(None, profile=setup.profile, config=config)
    tables: dict[str, dict[str, object]] = {f"profiles {setup.profile}": profile}
    return tables | {f"commands {name}": {"argv": [*setup.argv]} for name in commands}


def _prefix(uri: SourceURI) -> str | None:
    """Return how the variables begin that a source reads, if it reads any."""
    if uri.scheme == "env":
        return uri.location or "BINANCE"
    return (uri.option("prefix") or "BINANCE") if uri.scheme == "dotenv" else None


def _with_ignored(text: str | None) -> str:
    """Return a .gitignore that keeps `.env` files out."""
    present = {line.strip() for line in (text or "").splitlines()}
    missing = [line for line in _IGNORED if line not in present]
    before = text or ""
    end = "" if not before or before.endswith("\n") else "\n"
    return before + (end + "".join(f"{line}\n" for line in missing) if missing else "")


def _text(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8", newline="") as file:
            text = file.read(_LARGEST_BYTES + 1)
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8"
        msg = f"{path} cannot be read ({why})."
        raise ConfigurationError(msg, hint="Name another file, or mend this one.") from None
    if len(text) > _LARGEST_BYTES:
        raise ConfigurationError(f"{path} is larger than 1 MiB.", hint="Name another file.")
    return text
