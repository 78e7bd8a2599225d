"""What is known of a pair besides the key itself, and where; nothing here is secret."""

from __future__ import annotations

from binance_creds._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import Final, NoReturn

    from binance_creds._enums import Environment
    from binance_creds.errors import Attempt

__all__ = [
    "MISNAMED",
    "NOTHING_FURTHER",
    "OF_ONE_PAIR",
    "ExchangeFacts",
    "Facts",
    "FurtherFacts",
    "point_elsewhere",
]


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


MISNAMED: Final = {
    "key": "api_key",
    "apiKey": "api_key",
    "secret": "api_secret",
    "secret_key": "api_secret",
    "private_key": "private_key_pem",
    "testnet": "environment",
}
"""What credentials are asked for in the words of their sources, and what it is called."""

_OF_A_PAIR: Final = ("api_key", "api_secret", "private_key_pem", "key_type", "environment",
                     "fingerprint", "origin", "version", "rotate_by")  # fmt: skip
OF_ONE_PAIR: Final = {
    name: f"take one snapshot, `creds = live.current`, and read `creds.{MISNAMED.get(name, name)}`"
    for name in (*_OF_A_PAIR, *MISNAMED)
}
"""What a live handle is asked for and one pair has: two readings may be of two pairs."""


class _Elsewhere:
    """A name that people try, and that is none here: the error says what to write.

    A descriptor for each: a `__getattr__` would slow every other attribute down.
    """

    __slots__ = ("_hint", "_name")

    def __init__(self, name: str, hint: str) -> None:
        self._name = name
        self._hint = hint

    def __get__(self, instance: object, owner: type) -> NoReturn:
        msg = f"{owner.__name__!r} object has no attribute {self._name!r}: {self._hint}"
        raise AttributeError(msg)


def point_elsewhere(kind: type, hints: Mapping[str, str]) -> None:
    """Let names that a class does not have say what to write; `hasattr` is false of them."""
    for name, hint in hints.items():
        setattr(kind, name, _Elsewhere(name, hint))
