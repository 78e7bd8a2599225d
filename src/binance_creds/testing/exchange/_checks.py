"""The checks of a signed request, in the order and with the answers that Binance documents.

Source: binance-spot-api-docs a5e0bc3d, rest-api.md (Request security, Timing security) and
errors.md.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import parse_qsl, unquote

if TYPE_CHECKING:
    from binance_creds._enums import Environment
    from binance_creds.testing.exchange._keys import KeyRing, RegisteredKey

__all__ = ["ExchangeError", "Incoming", "check_key", "check_signature", "check_timing"]

_LARGEST_RECV_WINDOW_MS: Final = 60_000
_DEFAULT_RECV_WINDOW_MS: Final = 5000
_AHEAD_MS: Final = 1000
_WELL_FORMED_KEY: Final = re.compile(r"[A-Za-z0-9]{64}")
# What may stand unencoded in a payload: reserved characters that clients leave in place included.
_ENCODED: Final = re.compile(rb"[A-Za-z0-9\-._~!$&'()*+,;=:@/?%]*")


class ExchangeError(Exception):
    """An answer of the exchange that is not 200."""

    def __init__(self, status: int, code: int, message: str, *, retry_after: int = 0) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.retry_after = retry_after


class Incoming(NamedTuple):
    """A request as it came over the wire."""

    method: str
    path: str
    query: str
    body: bytes
    api_key: str | None
    address: str

    @property
    def params(self) -> dict[str, str]:
        """Query and body parameters together, decoded."""
        text = "&".join(filter(None, (self.query, self.body.decode("utf-8", "replace"))))
        return dict(parse_qsl(text, keep_blank_values=True))


def check_key(incoming: Incoming, keys: KeyRing, environment: Environment) -> RegisteredKey:
    """Return the key of a request.

    Raises:
        ExchangeError: -2014 malformed or missing, -2008 unknown here, -2015 revoked or not from
            this address.
    """
    if incoming.api_key is None or not _WELL_FORMED_KEY.fullmatch(incoming.api_key):
        raise ExchangeError(401, -2014, "API-key format invalid.")
    key = keys.find(incoming.api_key)
    if key is None or key.environment is not environment:
        raise ExchangeError(401, -2008, "Invalid Api-Key ID.")
    if key.is_revoked or (key.ip_list and incoming.address not in key.ip_list):
        raise refused()
    return key


def refused() -> ExchangeError:
    """Return the ambiguous refusal: key deleted, address not listed, or permission missing."""
    return ExchangeError(401, -2015, "Invalid API-key, IP, or permissions for action.")


def check_timing(params: dict[str, str], *, offset_ms: int = 0) -> None:
    """Check timestamp and recvWindow.

    Raises:
        ExchangeError: -1102 missing, -1131 window too large, -1021 too old or too far ahead.
    """
    if not params.get("timestamp", "").isdecimal():
        raise mandatory("timestamp")
    window = int(params.get("recvWindow", _DEFAULT_RECV_WINDOW_MS))
    if window > _LARGEST_RECV_WINDOW_MS:
        raise ExchangeError(400, -1131, "'recvWindow' must be less than 60000.")
    timestamp = int(params["timestamp"])
    now = int(time.time() * 1000) + offset_ms
    if timestamp >= now + _AHEAD_MS:
        message = "Timestamp for this request was 1000ms ahead of the server's time."
        raise ExchangeError(400, -1021, message)
    if now - timestamp > window:
        message = "Timestamp for this request is outside of the recvWindow."
        raise ExchangeError(400, -1021, message)


def check_signature(incoming: Incoming, key: RegisteredKey) -> None:
    """Recompute the signature over query and body as they were sent.

    Raises:
        ExchangeError: -1102 missing; -1022 wrong, or the payload was not percent-encoded.
    """
    query, from_query = _without_signature(incoming.query)
    body, from_body = _without_signature(incoming.body.decode("latin-1"))
    signature = from_query or from_body
    if not signature:
        raise mandatory("signature")
    payload = query.encode("latin-1") + body.encode("latin-1")
    if not _ENCODED.fullmatch(payload) or not key.verifies(payload, unquote(signature)):
        raise ExchangeError(400, -1022, "Signature for this request is not valid.")


def mandatory(name: str) -> ExchangeError:
    """Return the refusal of a request without a mandatory parameter."""
    message = f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed."
    return ExchangeError(400, -1102, message)


def _without_signature(text: str) -> tuple[str, str]:
    parts = text.split("&") if text else []
    rest = [part for part in parts if not part.startswith("signature=")]
    found = [part.partition("=")[2] for part in parts if part.startswith("signature=")]
    return "&".join(rest), found[0] if found else ""
