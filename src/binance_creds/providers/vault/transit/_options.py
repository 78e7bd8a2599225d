"""What the URI of a key says: its mount, its name, and the version that signs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from binance_creds._uri import SourceURI

__all__ = ["TransitPlace", "pinned_version", "place_of"]

# What Transit takes as the name of a key. The parts of a mount lead down: a client resolves `.` and
# `..` before it asks.
_NAME: Final = r"\w(([\w.-]+)?\w)?"
_MOUNT: Final = r"[^?#%\\/]*[^?#%\\/.][^?#%\\/]*"


class TransitPlace(NamedTuple):
    """Where a key is: the mount of its engine, and its name in it."""

    mount: str
    name: str


def place_of(uri: SourceURI) -> TransitPlace:
    """Return where the key is.

    Raises:
        ConfigurationError: the location is not a mount and a name.
    """
    mount, _, name = uri.location.strip("/").rpartition("/")
    is_plain = all(re.fullmatch(_MOUNT, part) for part in mount.split("/"))
    if not is_plain or not re.fullmatch(_NAME, name, re.ASCII):
        msg = "the location is a mount and the name of a key, such as vault-transit://transit/bot."
        raise ConfigurationError(msg, source=uri.redacted)
    return TransitPlace(mount, name)


def pinned_version(uri: SourceURI) -> int | None:
    """Return the version of the key that the signer is pinned to.

    Raises:
        ConfigurationError: it is not a number from 1.
    """
    text = uri.option("key_version")
    if text is None:
        return None
    if not re.fullmatch(r"[1-9]\d{0,8}", text, re.ASCII):
        msg = "the option 'key_version' must be a number from 1."
        hint = "Leave it out for the latest version."
        raise ConfigurationError(msg, source=uri.redacted, hint=hint)
    return int(text)
