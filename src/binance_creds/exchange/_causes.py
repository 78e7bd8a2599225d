"""Why the exchange may have refused a key: what can be excluded, and what is left to look at."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from binance_creds._credentials import has_usual_form
from binance_creds._enums import Environment, KeyType
from binance_creds.exchange._clock import how_far_off, is_wrong
from binance_creds.exchange._markets import endpoint_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from binance_creds._credentials import Credentials
    from binance_creds.exchange._evidence import Evidence
    from binance_creds.exchange._findings import Market

__all__ = ["causes_of", "declaring", "permission_hint"]

# Binance.Net 1255, ccxt 7851: the keys of the futures testnet, read on 2026-11-26
_OF_FUTURES_TESTNET: Final = re.compile(r"[0-9a-f]{64}")
_OTHERS: Final = {
    Environment.LIVE: "testnet, demo or us",
    Environment.TESTNET: "live or demo",
    Environment.DEMO: "live or testnet",
    Environment.US: "live",
}
_FUTURES: Final = "futures"


def causes_of(evidence: Evidence, used: Credentials, market: Market) -> str:
    """Return what is excluded and what may be the cause, for a hint."""
    excluded = ", ".join(_excluded(evidence, used))
    possible = "; ".join(_possible(evidence, used, market))
    return f"Excluded: {excluded or 'nothing'}. Possible: {possible}. {declaring(used)}"


def declaring(used: Credentials) -> str:
    """Return the line that declares another environment."""
    here = used.environment
    is_default = ", which is also the default" if here is Environment.LIVE else ""
    text = f"The environment of these credentials is {here.value!r}{is_default}."
    if here is Environment.LIVE and _OF_FUTURES_TESTNET.fullmatch(used.api_key.reveal()):
        text += " A key of 64 lower-case hexadecimal digits is usually of the futures testnet."
    if here is Environment.TESTNET:
        text += " The test networks of spot and of futures have keys of their own."
    others = _OTHERS[here]
    first = others.partition(",")[0].partition(" ")[0]
    return (
        f"{text} If the key is of {others}, declare that: BINANCE_ENVIRONMENT={first}, or"
        f' environment = "{first}" in the profile.'
    )


def permission_hint(permission: str) -> str:
    """Return how a key gets a permission."""
    hint = "Enable it for this key in the API management of Binance."
    if permission == _FUTURES:
        hint += (
            " A key that was made before the futures account was opened never gets it: create a new"
            " key."
        )
    return hint


def _excluded(evidence: Evidence, used: Credentials) -> Iterator[str]:
    offset = evidence.offset_seconds
    if offset is not None and not is_wrong(offset):
        yield f"the clock ({abs(offset):.1f} s off)"
    if has_usual_form(used):
        yield "the form of the key"
    if used.key_type is not KeyType.HMAC:
        yield "a swapped key and secret"


def _possible(evidence: Evidence, used: Credentials, market: Market) -> Iterator[str]:
    yield "the key was deleted or has expired"
    address = evidence.address or "of this machine"
    yield f"the address {address} must be allowed on the key's IP list, or is banned"
    needed = endpoint_of(market).permission
    yield f"the permission {needed!r} is missing"
    if needed == _FUTURES:
        yield (
            "the key was made before the futures account was opened and never gets that permission:"
            " create a new key"
        )
    if used.key_type is KeyType.HMAC:
        yield "key and secret are swapped"
    offset = evidence.offset_seconds
    if offset is not None and is_wrong(offset):
        yield f"the clock is {how_far_off(offset)} the exchange's"
    yield "the key is of another environment"
