"""What two pairs have in common, and how old one is."""

from __future__ import annotations

from binance_creds._credentials import exchange_facts_of
from binance_creds._typing import TYPE_CHECKING
from binance_creds.live.decide._aging import NO_DATES, Dates
from binance_creds.live.decide._pairs import Traits

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Final

    from binance_creds._credentials import Credentials

__all__ = ["TRAITS", "TRAITS_IF_ASKED", "dates_of", "same_material"]

_NEVER: Final = float("inf")


def same_material(one: Credentials, other: Credentials) -> bool:
    """Return whether two pairs are of one key."""
    return (
        one is other
        or (one.api_key == other.api_key
            and one.environment is other.environment
            and _signs_alike(one, other))
    )  # fmt: skip


def shares_half(one: Credentials, other: Credentials) -> bool:
    """Return whether two pairs have the API key in common or what signs, and not both."""
    return _signs_alike(one, other) is not (one.api_key == other.api_key)


def renews(old: Credentials, new: Credentials) -> bool:
    """Return whether a pair of the same material has another version, date or origin."""
    return _said_of(old) != _said_of(new)


def dates_of(pair: Credentials) -> Dates:
    """Return what is known of the time of a key."""
    if pair.rotate_by is None and pair.trading_ends_at is None:
        return NO_DATES
    dates = pair.created_at, pair.rotate_by, pair.trading_ends_at
    return Dates(*map(_seconds, dates))


def _has_proof(pair: Credentials) -> bool:
    return exchange_facts_of(pair) is not None


def _seconds(date: datetime | None) -> float:
    return _NEVER if date is None else date.timestamp()


def _said_of(pair: Credentials) -> tuple[object, ...]:
    return pair.version, pair.origin, pair.created_at, pair.rotate_by, pair.trading_ends_at


def _signs_alike(one: Credentials, other: Credentials) -> bool:
    if one.api_secret is not None and other.api_secret is not None:
        return one.api_secret == other.api_secret
    if one.key_type is not other.key_type:
        return False
    from binance_creds.signers._fingerprint import identity_of  # noqa: PLC0415  # loads OpenSSL

    return identity_of(one.signer) == identity_of(other.signer)


TRAITS: Final = Traits(same_material, shares_half, renews, dates=dates_of)
TRAITS_IF_ASKED: Final = TRAITS._replace(has_proof=_has_proof)  # where the exchange is asked
