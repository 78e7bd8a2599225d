"""From a path as it was written to the one that is read: absolute, and with `~` replaced."""

from __future__ import annotations

import os

from binance_creds._late import re
from binance_creds._typing import TYPE_CHECKING
from binance_creds._uri import SourceURI, looks_pasted
from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from typing import Final

__all__ = [
    "ON_THIS_MACHINE",
    "SYSTEMD",
    "absolute",
    "beside",
    "is_evident",
    "is_systemd",
    "located",
    "unexpanded",
]

SYSTEMD: Final = "$CREDENTIALS_DIRECTORY"  # systemd.exec(5), LoadCredential=
# Windows asks the host of \\HOST\SHARE\PATH for the file, and logs in to it.
ON_THIS_MACHINE: Final = r"(?![\\/]{2}).*"
_UNEXPANDED: Final = r"\$\{?[A-Za-z_]\w*\}?|%[A-Za-z_]\w*%"
# Names in a path that another program would replace or take away, if no file is called so.
_FORMS: Final = {
    r".*[*?{}<>]": "nothing replaces *, ? or brackets in a path",
    r"~$": "nothing replaces ~ within a path",
    r"""[\s"']|.*[\s"']$""": "the path is written with quotes or white space around it",
    r"localhost$": "the path is written with a host before it",
    r"(dotenv|env|file):": "the path is written with a scheme before it",
}
_OF_WINDOWS: Final = r"\\|^[A-Za-z]:$"
_ROOTS: Final = frozenset(
    {"Users", "dev", "etc", "home", "mnt", "opt", "proc", "root", "run", "srv", "tmp", "usr", "var"}
)
# At the beginning: a slash, `~`, `./`, a drive, or a variable in capitals.
_EVIDENT: Final = (
    r"(/|~|\.\.?/|[A-Za-z]:[\\/]|\$\{?[A-Z_]{1,40}\}?/|%[A-Z_]{1,40}%[\\/])[^\n]{0,300}"
)


def located(uri: SourceURI, directory: str) -> SourceURI:
    """Return a source of `dotenv:` or `file:` with its absolute path.

    Raises:
        ConfigurationError: it begins at the home folder of a user whom nobody knows.
    """
    path = uri.location
    if uri.scheme == "file" and (not path or is_systemd(path)):
        return uri
    _refuse_lost_slash(uri, directory)
    path = absolute(path or ".env", directory, source=uri.redacted)
    return uri if path == uri.location else uri.with_location(path)


def _refuse_lost_slash(uri: SourceURI, directory: str) -> None:
    """Refuse `file://run/secrets/x` where `/run/secrets/x` is meant: it would count as absent."""
    path = uri.location
    if path.partition("/")[0] not in _ROOTS or os.path.lexists(os.path.join(directory, path)):
        return
    if os.path.lexists(f"/{path}"):
        msg = f"the path is relative: there is no {os.path.join(directory, path)}, but /{path}."
        raise ConfigurationError(msg, source=uri.redacted, hint=f"Write {uri.scheme}:/{path}.")


def is_systemd(path: str) -> bool:
    """Return whether a path begins at the folder that systemd gives a service."""
    return path == SYSTEMD or path.startswith(f"{SYSTEMD}/")


def absolute(path: str, directory: str, *, source: str | None = None) -> str:
    """Return a path with `~` replaced, begun at a directory if it is relative.

    Raises:
        ConfigurationError: `~` stands for the home folder of a user whom nobody knows.
    """
    path = os.path.expanduser(path)
    if path.startswith("~"):
        msg = "the path begins with '~', and there is no such user or home folder."
        raise ConfigurationError(msg, source=source, hint="Write the absolute path.")
    return os.path.join(directory, path)


def beside(path: str, folder: str, *, source: str) -> str:
    r"""Return a path that a line of a file names; refuse `\\HOST\SHARE\key` in one that is here.

    Args:
        path: as the line says; the file may have come with a repository.
        folder: of the file.
        source: redacted, for errors.

    Raises:
        ConfigurationError: it is on another machine, and the file is not.
    """
    if re.match(ON_THIS_MACHINE, path) or not re.match(ON_THIS_MACHINE, folder):
        return path
    msg = (
        "a `..._FILE` line names a file on another machine. Windows logs in there to read it, and"
        " where a login is sent is not for a file to decide."
    )
    hint = "Copy the file to this machine, or set the variable in the environment."
    raise ConfigurationError(msg, source=source, hint=hint)


def unexpanded(path: str, shown: str) -> str | None:
    """Return what nobody makes of a path here, as a part of a sentence, or `None`.

    Args:
        path: that no file has.
        shown: what of it may be shown.
    """
    if re.search(_UNEXPANDED, path):
        found = re.search(_UNEXPANDED, shown)
        return f"nothing replaces {found[0] if found else 'a variable'} in a path"
    name = os.path.basename(path)
    if os.sep == "/" and re.search(_OF_WINDOWS, name):
        return "backslashes and drives separate no folders on this system"
    return next((said for form, said in _FORMS.items() if re.match(form, name)), None)


def is_evident(path: str) -> bool:
    """Return whether a text is evidently a path; another may be a key in the wrong variable."""
    return bool(re.fullmatch(_EVIDENT, path)) and not looks_pasted(path)
