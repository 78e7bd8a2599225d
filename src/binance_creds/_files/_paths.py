"""From a path as it was written to the one that is read: absolute, and with `~` replaced."""

from __future__ import annotations

import os

from binance_creds._late import re
from binance_creds._typing import TYPE_CHECKING
from binance_creds._uri import SourceURI, looks_pasted
from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from typing import Final

__all__ = ["SYSTEMD", "absolute", "is_evident", "is_systemd", "located", "unexpanded"]

SYSTEMD: Final = "$CREDENTIALS_DIRECTORY"  # systemd.exec(5), LoadCredential=
_UNEXPANDED: Final = r"\$\{?[A-Za-z_]\w*\}?|%[A-Za-z_]\w*%"
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
    path = absolute(path or ".env", directory, source=uri.redacted)
    return uri if path == uri.location else uri.with_location(path)


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


def unexpanded(path: str) -> str | None:
    """Return the variable in a path, which nothing replaces here, or `None`."""
    found = re.search(_UNEXPANDED, path)
    return found[0] if found else None


def is_evident(path: str) -> bool:
    """Return whether a text is evidently a path; another may be a key in the wrong variable."""
    return bool(re.fullmatch(_EVIDENT, path)) and not looks_pasted(path)
