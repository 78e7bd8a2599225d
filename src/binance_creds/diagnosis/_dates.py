"""Which dates of a key are near or past, as a live handle would tell of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from binance_creds.live.decide._aging import Aging
from binance_creds.live.decide._messages import Moment, Tell
from binance_creds.live.run._event_log import message_of
from binance_creds.live.run._same_key import dates_of

if TYPE_CHECKING:
    from binance_creds import Credentials

__all__ = ["warnings_of"]


def warnings_of(credentials: Credentials, now: float) -> tuple[str, ...]:
    """Return what is due now, or soon: the rotation of the key, the end of its right to trade.

    Args:
        credentials: with what the exchange said of them, if it was asked.
        now: seconds since the epoch.
    """
    dates = dates_of(credentials)
    aging = Aging(0.0, dates)
    told = aging.tick(Moment(aging.due_at, wall=now), dates)
    return tuple(message_of(one.kind, credentials) for one in told if isinstance(one, Tell))
