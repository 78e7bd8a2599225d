"""`changes_for`: which files a set-up changes, and how; nothing is written here."""

from __future__ import annotations

import os
from contextlib import suppress
from difflib import unified_diff
from typing import TYPE_CHECKING, Final, NamedTuple

from binance_creds._config import plan_for
from binance_creds._config._discovery import CONFIG_VARIABLE, user_file
from binance_creds._config._found_file import found_table
from binance_creds._config._toml_file import NAME, PROJECT_FILE
from binance_creds._uri import SourceURI
from binance_creds.errors import (
    ConfigurationError,
    ProviderNotInstalledError,
    ProviderUnavailableError,
)
from binance_creds.providers._registry import SOURCES, provider_for
from binance_creds.scaffold._ignored import with_example, with_ignored
from binance_creds.scaffold._profile import policies_in, with_profile

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["FileChange", "Setup", "changes_for"]

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
        hides: the configuration of the user, which is not read in the project any more.
    """

    path: str
    before: str | None
    after: str
    hides: str | None = None

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
    config: str | os.PathLike[str] | None = None,
    environ: Mapping[str, str] | None = None,
) -> tuple[FileChange, ...]:
    """Return what must be written for a set-up; nothing for what is there already.

    Files are only made or added to. A source that says where a login goes or which program runs
    does not count in a file that is only found in a project, so it goes into the user's own.

    Args:
        setup: what is wanted.
        directory: of the project.
        config: the configuration to add to; else the one that `BINANCE_CREDS_CONFIG` names, or
            `binance-creds.toml` of the project, or its `pyproject.toml` where that has our table.
        environ: environment variables; those of the process by default.

    Raises:
        ConfigurationError: the set-up is wrong, a file cannot be read, has a profile of that name
            that says something else, is a symbolic link that nobody named, or would be read
            instead of the one that is written.
    """
    here = os.path.abspath(directory)
    environ = os.environ if environ is None else environ
    uri = SourceURI.parse(setup.source)
    named = os.fspath(config) if config else environ.get(CONFIG_VARIABLE)
    path = os.path.join(here, os.path.expanduser(named)) if named else _place(uri, here, environ)
    ignored, example = os.path.join(here, ".gitignore"), os.path.join(here, ".env.example")
    is_in_project = not named and os.path.dirname(path) == here
    _refuse_links(ignored, example, *((path,) if is_in_project else ()))
    tables = _tables(setup, policies_in(_text(path), path))
    wanted: dict[str, Callable[[str | None], str]] = {
        path: lambda text: with_profile(text, path, tables),
        ignored: lambda text: with_ignored(text, uri, here),
        example: lambda text: with_example(text, uri),
    }
    changes = [_change(each, change) for each, change in wanted.items()]
    if is_in_project and changes[0].before is None:
        of_user = user_file(environ)
        is_hidden = of_user is not None and of_user != path and os.path.lexists(of_user)
        changes[0] = changes[0]._replace(hides=of_user if is_hidden else None)
    return tuple(change for change in changes if change.after != (change.before or ""))


def _refuse_links(*paths: str) -> None:
    """Refuse links that nobody named: they may have come with a repository.

    One would show what it leads to, such as the last lines of a file of logins, and change it.

    Raises:
        ConfigurationError: it names the link, and where it leads.
    """
    for path in paths:
        if os.path.islink(path):
            msg = f"{path} is a symbolic link to {os.readlink(path)}, and may have come with a"
            msg += " repository. Nothing was read or written there."
            raise ConfigurationError(msg, hint="Put a file in its place.")


def _change(path: str, change: Callable[[str | None], str]) -> FileChange:
    text = _text(path)
    return FileChange(path, text, change(text))


def _place(uri: SourceURI, here: str, environ: Mapping[str, str]) -> str:
    """Return the file that a source belongs into, which is the one that a load reads."""
    own, project = os.path.join(here, f"{NAME}.toml"), os.path.join(here, PROJECT_FILE)
    is_in_project = not os.path.lexists(own) and found_table(project) is not None
    found = project if is_in_project else own
    if uri.scheme != "command" and SOURCES.distrusted(uri) is None:
        return found
    if os.path.lexists(own) or is_in_project:
        msg = f"this source does not count in {found}, and no other file is read beside it."
        hint = f"Name another: --config PATH, and set {CONFIG_VARIABLE} for your programs."
        raise ConfigurationError(msg, hint=hint)
    path = user_file(environ)
    if path is None:
        msg = "this source belongs into your user configuration, and your home is not known."
        raise ConfigurationError(msg, hint="Set HOME, or name a file: --config PATH.")
    return path


def _tables(setup: Setup, policies: object) -> dict[str, dict[str, object]]:
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
    commands: dict[str, object] = {}
    if uri.scheme != "command":
        _try(setup.source)
    else:
        if not setup.argv:
            msg = "a source of 'command' needs the program that prints the credentials."
            raise ConfigurationError(msg, hint="Name it, such as: --program 'pass show binance'.")
        commands = {uri.location: {"argv": [*setup.argv]}}
    config = {"profiles": {setup.profile: profile}, "commands": commands, "policies": policies}
    plan_for(None, profile=setup.profile, config=config)
    tables: dict[str, dict[str, object]] = {f"profiles {setup.profile}": profile}
    return tables | {f"commands {name}": {"argv": [*setup.argv]} for name in commands}


def _try(source: str) -> None:
    """Open the provider of a source; it reads nothing.

    Raises:
        ConfigurationError: the source names no secret of its store.
    """
    uri = SourceURI.parse(source)
    if uri.scheme in {"vault", "openbao"} and uri.option("address") is None:
        head, _, field = source.partition("#")  # the address may be set where the program runs
        more = f"{'&' if '?' in head else '?'}address=https://localhost"
        uri = SourceURI.parse(f"{head}{more}{'#' if field else ''}{field}")
    with suppress(ProviderNotInstalledError, ProviderUnavailableError):
        provider_for(uri).close()


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
