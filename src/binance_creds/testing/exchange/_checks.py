"""The checks of a signed request, in the order and with the answers that Binance documents.

Source: binance-spot-api-docs a5e0bc3d, rest-api.md (Request security, Timing security) and
errors.md.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from binance_creds.exchange._findings import Market
from binance_creds.testing.exchange._errors import ExchangeError, illegal, mandatory, refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from binance_creds._enums import Environment
    from binance_creds.testing.exchange._incoming import Incoming
    from binance_creds.testing.exchange._keys import KeyRing, RegisteredKey

__all__ = ["check_key", "check_signature", "check_timing", "is_of_market"]

_MARKETS: Final = {
    "api": (Market.SPOT, Market.MARGIN),
    "sapi": (Market.SPOT, Market.MARGIN),
    "fapi": (Market.FUTURES,),
    "dapi": (Market.COIN_FUTURES,),
    "eapi": (Market.OPTIONS,),
    "papi": (Market.PORTFOLIO_MARGIN,),
}
_LARGEST_RECV_WINDOW_MS: Final = 60_000
_DEFAULT_RECV_WINDOW_MS: Final = 5000
_AHEAD_MS: Final = 1000
_MICROSECONDS_FROM: Final = 10**14  # milliseconds reach it in the year 5138
_TIMESTAMP: Final = re.compile(r"^[0-9]{1,20}$")
_RECV_WINDOW: Final = re.compile(r"^[0-9]{1,20}(\.[0-9]{1,3})?$")
_WELL_FORMED_KEY: Final = re.compile(r"[A-Za-z0-9]{64}")
# What may stand unencoded in a payload: reserved characters that clients leave in place included.
_ENCODED: Final = re.compile(rb"[A-Za-z0-9\-._~!$&'()*+,;=:@/?%]*")
_PRINTABLE: Final = re.compile(rb"[!-~]*")


def check_key(incoming: Incoming, keys: KeyRing, environment: Environment) -> RegisteredKey:
    """Return the key of a request.

    Raises:
        ExchangeError: -2014 malformed or missing, -2008 unknown here, -2015 revoked or not from
            this address.
    """
    if incoming.api_key is None or not _WELL_FORMED_KEY.fullmatch(incoming.api_key):
        raise ExchangeError(401, -2014, "API-key format invalid.")
    key = keys.find(incoming.api_key)
    if key is None or key.environment is not environment or not is_of_market(key, incoming.path):
        raise ExchangeError(401, -2008, "Invalid Api-Key ID.")
    if key.is_revoked or (key.ip_list and incoming.address not in key.ip_list):
        raise refused()
    return key


def is_of_market(key: RegisteredKey, path: str) -> bool:
    """Return whether a key is known where a path leads; wallet and margin are with spot.

    A WebSocket session's own methods, such as `session.logon`, lead to no market.
    """
    family = path.removeprefix("/").partition("/")[0]
    return any(each in key.markets for each in _MARKETS.get(family, Market))


def check_timing(params: Mapping[str, str], now_ms: int) -> None:
    """Check timestamp and recvWindow against the exchange's clock.

    Raises:
        ExchangeError: -1102 missing; -1100 not a number, -1105 an empty window; -1131 window too
            large; -1021 too old or too far ahead.
    """
    timestamp = _timestamp_ms(params)
    window = _window_ms(params)
    if timestamp >= now_ms + _AHEAD_MS:
        message = "Timestamp for this request was 1000ms ahead of the server's time."
        raise ExchangeError(400, -1021, message)
    if now_ms - timestamp > window:
        message = "Timestamp for this request is outside of the recvWindow."
        raise ExchangeError(400, -1021, message)


def check_signature(incoming: Incoming, signed_by: str | None) -> None:
    """Compare the key that made the signature with the key that the request names.

    Raises:
        ExchangeError: -1102 missing; -1022 wrong, or the payload was not percent-encoded.
    """
    if not incoming.signature:
        raise mandatory("signature")
    if not _is_encoded(incoming) or signed_by != incoming.api_key:
        raise ExchangeError(400, -1022, "Signature for this request is not valid.")


def _is_encoded(incoming: Incoming) -> bool:
    """Return whether a payload is encoded as its family demands; futures only demand ASCII."""
    if incoming.transport == "ws":
        return True
    is_futures = incoming.path.startswith(("/fapi", "/dapi"))
    legal = _PRINTABLE if is_futures else _ENCODED
    return legal.fullmatch(incoming.payload) is not None


def _timestamp_ms(params: Mapping[str, str]) -> float:
    text = params.get("timestamp", "")
    if not text:
        raise mandatory("timestamp")
    if not _TIMESTAMP.fullmatch(text):
        raise illegal("timestamp", _TIMESTAMP.pattern)
    return int(text) if int(text) < _MICROSECONDS_FROM else int(text) / 1000


def _window_ms(params: Mapping[str, str]) -> float:
    text = params.get("recvWindow")
    if text is None:
        return _DEFAULT_RECV_WINDOW_MS
    if not text:
        raise ExchangeError(400, -1105, "Parameter 'recvWindow' was empty.")
    if not _RECV_WINDOW.fullmatch(text):
        raise illegal("recvWindow", _RECV_WINDOW.pattern)
    if float(text) > _LARGEST_RECV_WINDOW_MS:
        raise ExchangeError(400, -1131, "'recvWindow' must be less than 60000.")
    return float(text)
