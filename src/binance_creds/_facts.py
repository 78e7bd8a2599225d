"""What is known of a pair besides the key itself; nothing here is secret."""

from __future__ import annotations

from binance_creds._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Final

    from binance_creds._enums import Environment
    from binance_creds.errors import Attempt

__all__ = ["NOTHING_FURTHER", "ExchangeFacts", "Facts", "FurtherFacts"]


class ExchangeFacts(NamedTuple):
    """What a check with the exchange adds to what the source says.

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


class FurtherFacts(NamedTuple):
    """What most pairs say nothing of, so that they share one object.

    Attributes:
        created_at: when the key or this version was made, UTC, if known.
        rotation_days: age at which the key should be replaced, in days, if set.
        attempts: the sources that were tried before and did not have them.
        notes: see `Explanation.notes`.
        has_usual_form: whether API key and HMAC secret are 64 letters and digits each.
        exchange: what the exchange said; `None` if it was not asked, or did not answer.
        signed_by: see `Credentials.signed_by`.
    """

    created_at: datetime | None = None
    rotation_days: int | None = None
    attempts: tuple[Attempt, ...] = ()
    notes: tuple[str, ...] = ()
    has_usual_form: bool = True
    exchange: ExchangeFacts | None = None
    signed_by: str | None = None


NOTHING_FURTHER: Final = FurtherFacts()


class Facts(NamedTuple):
    """What is known of credentials without asking the exchange, and what it said.

    Attributes:
        environment: which Binance environment the key belongs to.
        origin: the redacted source.
        loaded_at_seconds: when they were read, since the epoch.
        version: the store's name of this version, or a keyed digest; `None` if it has none.
        further: what else is known.
    """

    environment: Environment
    origin: str
    loaded_at_seconds: float
    version: str | None = None
    further: FurtherFacts = NOTHING_FURTHER
