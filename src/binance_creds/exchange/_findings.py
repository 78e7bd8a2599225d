"""`Findings`: what the exchange says of one pair, and the names of permissions.

Source: developers.binance.com, Wallet, Get API Key Permission (`apiRestrictions`), read on
2026-11-26. All of its fields are optional and new ones may appear, so an answer is read for what it
has: a field that is missing proves nothing.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from binance_creds._enums import Environment, KeyType

__all__ = [
    "PERMISSION_FIELDS",
    "Findings",
    "Market",
    "Restrictions",
    "is_about_a_key",
    "milliseconds",
    "restrictions_of",
]


class Market(Enum):
    """What is traded: it decides which host is asked, and by which endpoint a pair is proven."""

    SPOT = "spot"
    MARGIN = "margin"
    FUTURES = "futures"
    COIN_FUTURES = "coin-futures"
    OPTIONS = "options"
    PORTFOLIO_MARGIN = "portfolio-margin"


PERMISSION_FIELDS: Final = {
    "reading": "enableReading",
    "spot-and-margin-trading": "enableSpotAndMarginTrading",
    "margin": "enableMargin",
    "futures": "enableFutures",
    "withdrawals": "enableWithdrawals",
    "internal-transfer": "enableInternalTransfer",
    "universal-transfer": "permitsUniversalTransfer",
    "vanilla-options": "enableVanillaOptions",
    "portfolio-margin-trading": "enablePortfolioMarginTrading",
    "fix-api-trade": "enableFixApiTrade",
    "fix-read-only": "enableFixReadOnly",
}
_NAMES: Final = {field: name for name, field in PERMISSION_FIELDS.items()}
_IP_RESTRICTED: Final = "ipRestrict"
_OF_A_KEY: Final = ("enable", "permits", _IP_RESTRICTED)  # how its fields begin, new ones too
_CREATED: Final = "createTime"
_TRADING_ENDS: Final = "tradingAuthorityExpirationTime"
_DIGITS: Final = re.compile("[0-9]{1,15}")
_BOOLEANS: Final = {"true": True, "false": False}  # as text, some answers had them
_LAST_MS: Final = 253_402_300_800_000  # the year 10000, which no `datetime` reaches


class Findings(NamedTuple):
    """What the exchange said of one pair; nothing here is secret.

    Attributes:
        market: where the pair was proven.
        environment: where the pair was proven.
        permissions: names of what the key may do, such as `reading`; one that is new at the
            exchange has the exchange's own name; `None` if nobody said, as on testnets.
        is_ip_restricted: whether the key has a list of addresses; `None` if nobody said.
        created_at: when the key was made, UTC, or `None`.
        trading_ends_at: when the key's right to trade ends, UTC, or `None`.
        clock_offset_seconds: the exchange's time minus this machine's, as it was last measured;
            `None` if there was no need to.
        key_type: the kind of key.
        denied_permissions: names of what the key may not do. A name that is in neither set is
            unknown.
    """

    market: Market
    environment: Environment
    permissions: frozenset[str] | None
    is_ip_restricted: bool | None
    created_at: datetime | None
    trading_ends_at: datetime | None
    clock_offset_seconds: float | None
    key_type: KeyType
    denied_permissions: frozenset[str] = frozenset()


class Restrictions(NamedTuple):
    """The fields of `Findings` that an answer of `apiRestrictions` gives, under the same names."""

    permissions: frozenset[str] | None = None
    is_ip_restricted: bool | None = None
    created_at: datetime | None = None
    trading_ends_at: datetime | None = None
    denied_permissions: frozenset[str] = frozenset()


def is_about_a_key(answer: Mapping[str, object]) -> bool:
    """Return whether an answer says anything of what a key may do, or from where."""
    return any(
        field.startswith(_OF_A_KEY) and _boolean(value) is not None
        for field, value in answer.items()
    )


def restrictions_of(answer: Mapping[str, object]) -> Restrictions:
    """Return what an answer says; it may lack any field, and have others."""
    said = dict(_permissions(answer))
    return Restrictions(
        permissions=frozenset(name for name, is_on in said.items() if is_on) if said else None,
        is_ip_restricted=_boolean(answer.get(_IP_RESTRICTED)),
        created_at=_moment(answer.get(_CREATED)),
        trading_ends_at=_moment(answer.get(_TRADING_ENDS)),
        denied_permissions=frozenset(name for name, is_on in said.items() if not is_on),
    )


def _permissions(answer: Mapping[str, object]) -> Iterator[tuple[str, bool]]:
    for field, value in answer.items():
        is_on = _boolean(value)
        if is_on is not None and field != _IP_RESTRICTED:
            yield _NAMES.get(field, field), is_on


def _boolean(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    return _BOOLEANS.get(value.lower()) if isinstance(value, str) else None


def milliseconds(value: object) -> int | None:
    """Return milliseconds since the epoch, also from text; `None` if it is no time, as zero is."""
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < _LAST_MS:
        return None
    return value


def _moment(value: object) -> datetime | None:
    said = milliseconds(value)
    if said is None:
        return None
    from datetime import UTC, datetime  # noqa: PLC0415  # 2 ms that adapters do not need

    return datetime.fromtimestamp(said / 1000, UTC)
