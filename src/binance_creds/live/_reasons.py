"""What a rejection says, in words for the log, and how long to wait for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from binance_creds.exchange import Meaning

if TYPE_CHECKING:
    from binance_creds.exchange import Rejection

__all__ = ["passes", "pause_of", "reason_of", "reason_of_another"]

_SWAPPED: Final = "a swapped key and secret look the same"
# By code of errors.md; what else is about credentials is as ambiguous as -2015.
_REASONS: Final = {
    -1022: "the secret does not belong to the key, or what is signed is not what is sent;"
    f" {_SWAPPED}",
    -2014: "the key is malformed: a placeholder, quotes or spaces around it, or a piece is missing",
    -2008: "the exchange does not know the key: it was deleted, or belongs to another environment;"
    f" {_SWAPPED}",
}
_AMBIGUOUS: Final = (
    "the key was deleted at the exchange, this IP address is not on its list, or it lacks the"
    f" permission; {_SWAPPED}"
)
_NEEDS_CODE: Final = (400, 401)  # of HTTP; what they are about is told by the code alone


# rest-api.md, IP Limits, and enums.md: what is counted is counted by the minute, orders also by ten
# seconds, and bans begin at two minutes.
_PAUSE_SECONDS: Final = 60.0
_PAUSE_OF_ORDERS_SECONDS: Final = 10.0
_PAUSE_OF_BANS_SECONDS: Final = 120.0
_ORDERS: Final = -1015
_BAN: Final = 418


def passes(found: Rejection) -> bool:
    """Return whether waiting helps."""
    return found.meaning in {Meaning.LIMIT, Meaning.CLOCK}


def pause_of(found: Rejection) -> float:
    """Return how many seconds to wait: what the exchange asks for, else what its limits suggest."""
    if found.wait_seconds > 0 or found.meaning is not Meaning.LIMIT:
        return found.wait_seconds
    if found.status == _BAN:
        return _PAUSE_OF_BANS_SECONDS
    return _PAUSE_OF_ORDERS_SECONDS if found.code == _ORDERS else _PAUSE_SECONDS


def reason_of(found: Rejection) -> str:
    """Return what a rejection that is about credentials may be due to."""
    return _REASONS.get(found.code or 0, _AMBIGUOUS)


def reason_of_another(found: Rejection) -> str:
    """Return what a rejection that is not about credentials is about."""
    match found.meaning:
        case Meaning.LIMIT:
            return "too many requests, or a firewall: the credentials have no part in it"
        case Meaning.CLOCK:
            return "the clock is off: measure the exchange's time and sign with that"
        case Meaning.ACCOUNT:
            return f"the exchange refuses the account ({found.code}), whatever the key"
        case _ if found.code is None and found.status in _NEEDS_CODE:
            return f"status {found.status} without a code: pass the body of the answer"
        case _:
            return "the rejection is not about credentials"
