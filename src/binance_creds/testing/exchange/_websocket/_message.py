"""What a WebSocket API message asks for, and how it is answered.

Source: binance-spot-api-docs a5e0bc3d, web-socket-api.md (Request format, Response format).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, NamedTuple

from binance_creds.testing.exchange._errors import ExchangeError, mandatory

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Message", "answer_of", "error_of", "read"]

_WEIGHT: Final = {
    "rateLimitType": "REQUEST_WEIGHT",
    "interval": "MINUTE",
    "intervalNum": 1,
    "limit": 6000,
    "count": 2,
}


class Message(NamedTuple):
    """A request: its id, its method, and its parameters as the text that is signed.

    `signature` and `apiKey` are among `params`.
    """

    id: object
    method: str
    params: Mapping[str, str]

    @property
    def payload(self) -> bytes:
        """What the signature is over: sorted by name, not encoded."""
        signed = sorted((n, v) for n, v in self.params.items() if n != "signature")
        return "&".join(f"{name}={value}" for name, value in signed).encode()


def read(text: str) -> Message:
    """Return the request of a frame.

    Raises:
        ExchangeError: -1135 no JSON object; -1102 without a method.
    """
    try:
        as_sent: object = json.loads(text)
        exact: object = json.loads(text, parse_int=str, parse_float=str)
    except ValueError:
        as_sent = exact = None
    if not (isinstance(as_sent, dict) and isinstance(exact, dict)) or not isinstance(
        exact.get("params", {}), dict
    ):
        raise ExchangeError(400, -1135, "Invalid JSON Request")
    if not isinstance(exact.get("method"), str):
        raise mandatory("method")
    params = {name: _text(value) for name, value in exact.get("params", {}).items()}
    return Message(as_sent.get("id"), exact["method"], params)


def answer_of(request_id: object, result: object) -> dict[str, object]:
    """Return the answer to a request that succeeded."""
    return {"id": request_id, "status": 200, "result": result, "rateLimits": [_WEIGHT]}


def error_of(request_id: object, error: ExchangeError) -> dict[str, object]:
    """Return the answer to a request that was refused."""
    return {
        "id": request_id,
        "status": error.status,
        "error": error.told(),
        "rateLimits": [_WEIGHT],
    }


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
