"""What the exchange said of a key of your own, kept beside its digests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from binance_creds._typing import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["KeyFacts"]


class KeyFacts(NamedTuple):
    """How bad it is if a key is found; nothing here is secret.

    Attributes:
        fingerprint: of the API key.
        permissions: names of what it may do; `None` if nobody said.
        is_ip_restricted: whether it has a list of addresses; `None` if nobody said.
        trading_ends_at: when its right to trade ends, ISO 8601 in UTC; `None` if it does not, or
            nobody said.
        as_of: when the exchange was asked, ISO 8601 in UTC.
    """

    fingerprint: str
    permissions: tuple[str, ...] | None
    is_ip_restricted: bool | None
    trading_ends_at: str | None
    as_of: str

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> KeyFacts:
        """Return what a row of JSON says; raise `KeyError` or `TypeError` if it is none."""
        permissions = row["permissions"]
        return cls(
            fingerprint=row["fingerprint"],
            permissions=None if permissions is None else tuple(permissions),
            is_ip_restricted=row["is_ip_restricted"],
            trading_ends_at=row["trading_ends_at"],
            as_of=row["as_of"],
        )
