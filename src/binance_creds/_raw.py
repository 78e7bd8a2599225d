"""What a provider returns: fields wrapped in `Secret`, with version and origin.

Where a source has no versions, the version is a digest of the content under a key of this process.
A plain hash would let anyone who sees it search for the secret; this one means nothing outside the
process, and there only "the same" or "another".
"""

from __future__ import annotations

import os
from _blake2 import blake2b  # what hashlib.blake2b is, without OpenSSL, which hashlib loads
from types import MappingProxyType

from binance_creds._secret import plain_bytes
from binance_creds._typing import TYPE_CHECKING, NamedTuple, final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime
    from typing import Final

    from binance_creds._secret import Secret

__all__ = [
    "FIELDS",
    "SIGNING_FIELDS",
    "VALUE",
    "Fields",
    "RawSecret",
    "Unchanged",
    "answer",
    "content_version",
    "is_content_version",
    "keyed_digest",
]

FIELDS: Final = (
    "api_key",
    "api_secret",
    "private_key",
    "passphrase",
    "signer",
    "environment",
    "created",
    "rotation_days",
)
"""The names of the fields of one credential."""

SIGNING_FIELDS: Final = ("api_key", "api_secret", "private_key", "signer")
"""Those of which a pair has the first and one of the others."""

VALUE: Final = "value"
"""The field of a secret that is one opaque text, such as a file that holds only the API key."""

_START: Final = "content-"
_KEYED: Final = blake2b(key=os.urandom(32), digest_size=8)
# The last block is in clear inside the hash, and `hexdigest` copies that to the stack.
_FLUSH: Final = bytes(512)


class Fields(dict[str, "Secret"]):
    """Fields by name, and what lay beside them.

    Attributes:
        near: a part of a sentence about names that were probably meant for a missing field.
        unread: a part of a sentence about names that seem to say something of the environment, and
            are not read.
        twins: returns for the value of an environment the names of another pair that is called
            so, as a part of a sentence, or nothing.
    """

    __slots__ = ("near", "twins", "unread")

    def __init__(self, fields: Mapping[str, Secret], *, near: str = "") -> None:
        super().__init__(fields)
        self.near = near
        self.unread = ""
        self.twins: Callable[[str], str] | None = None


class Unchanged(NamedTuple):
    """Tell that the source still holds the version that the caller knows.

    `next_rotation_at` is when the store will rotate it, timezone-aware, if it says so.
    """

    version: str
    next_rotation_at: datetime | None = None


@final
class RawSecret:
    """What a provider read, before it is parsed.

    Attributes:
        fields: canonical names (`FIELDS`, or `VALUE` alone) to secrets; read-only.
        origin: the redacted source; for a keychain also the backend that answered.
        version: the store's name of this version, or a keyed digest of the content; `None` where
            the source has neither. Never derived from the secret in a way that can be searched.
        created_at: when this version was written, timezone-aware, where the store tells.
        near: a part of a sentence about names in the source that were probably meant for a field
            that is missing; or nothing.
        unread: the same about names that seem to say something of the environment, and are not
            read.
        twins: as of `Fields`, where the source has names.
    """

    __slots__ = ("created_at", "fields", "near", "origin", "twins", "unread", "version")

    def __init__(
        self,
        fields: Mapping[str, Secret],
        *,
        origin: str,
        version: str | None = None,
        created_at: datetime | None = None,
    ) -> None:
        self.origin: Final = origin
        self.version: Final = version  # both before what may fail: `repr` needs them
        self.fields: Final[Mapping[str, Secret]] = MappingProxyType(dict(fields))
        self.created_at: Final = created_at
        self.near: Final = fields.near if isinstance(fields, Fields) else ""
        self.unread: Final = fields.unread if isinstance(fields, Fields) else ""
        self.twins: Final = fields.twins if isinstance(fields, Fields) else None

    def __repr__(self) -> str:
        return f"RawSecret(origin={self.origin!r}, version={self.version!r})"


def answer(
    fields: Mapping[str, Secret], origin: str, known_version: str | None
) -> RawSecret | Unchanged:
    """Return what a provider answers whose source has no versions.

    Args:
        fields: what it has read.
        origin: the redacted source.
        known_version: what the caller holds.
    """
    version = content_version(fields)
    if version == known_version:
        return Unchanged(version)
    return RawSecret(fields, origin=origin, version=version)


def content_version(fields: Mapping[str, Secret]) -> str:
    """Return `content-` and 16 hex digits, equal for equal fields within this process."""
    names = sorted(fields)
    values = [plain_bytes(fields[name]) for name in names]
    return f"{_START}{keyed_digest([','.join(names).encode(), *values])}"


def is_content_version(version: str) -> bool:
    """Return whether a version is such a digest."""
    return version.startswith(_START)


def keyed_digest(parts: Iterable[bytes | bytearray | memoryview]) -> str:
    """Return 16 hex digits, equal for equal parts within this process."""
    digest = _KEYED.copy()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    digest.update(_FLUSH)
    return digest.hexdigest()
