"""What a provider returns: fields wrapped in `Secret`, with version and origin."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple, final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from binance_creds._secret import Secret

__all__ = ["FIELDS", "VALUE", "RawSecret", "Unchanged"]

FIELDS: Final = (
    "api_key",
    "api_secret",
    "private_key",
    "passphrase",
    "environment",
    "created",
    "rotation_days",
)
"""The names of the fields of one credential."""

VALUE: Final = "value"
"""The field of a secret that is one opaque text, such as a file that holds only the API key."""


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
    """

    __slots__ = ("created_at", "fields", "origin", "version")

    def __init__(
        self,
        fields: Mapping[str, Secret],
        *,
        origin: str,
        version: str | None = None,
        created_at: datetime | None = None,
    ) -> None:
        self.fields: Final[Mapping[str, Secret]] = MappingProxyType(dict(fields))
        self.origin: Final = origin
        self.version: Final = version
        self.created_at: Final = created_at

    def __repr__(self) -> str:
        return f"RawSecret(origin={self.origin!r}, version={self.version!r})"
