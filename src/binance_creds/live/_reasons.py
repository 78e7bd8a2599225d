"""What a rejection says, in words for the log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from binance_creds.exchange import Meaning

if TYPE_CHECKING:
    from binance_creds.exchange import Rejection

__all__ = ["reason_of", "reason_of_another"]

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
