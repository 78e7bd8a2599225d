"""`ExchangeFacts`: what the exchange says of a pair, as far as its holder needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["ExchangeFacts"]


class ExchangeFacts(NamedTuple):
    """What a check with the exchange adds to what the source says; nothing here is secret.

    Attributes:
        created_at: when the key was made there, UTC, if it says.
        trading_ends_at: when the key's right to trade ends, UTC, if it says.
        rotation_days: age at which the policy wants the key replaced, in days.
        notes: what the policy recommends, for `explain()`.
    """

    created_at: datetime | None = None
    trading_ends_at: datetime | None = None
    rotation_days: int | None = None
    notes: tuple[str, ...] = ()
