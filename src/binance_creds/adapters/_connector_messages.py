"""The messages of one WebSocket API client of binance-connector, on their way out and in."""

from __future__ import annotations

import json
from collections import OrderedDict
from traceback import clear_frames
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from binance_creds._credentials import Credentials
    from binance_creds.adapters._wire._rejected import Rejected
    from binance_creds.adapters._wire._signer import WireSigner

__all__ = ["Messages"]

_TEXT: Final = 1  # the opcode of RFC 6455, section 5.2
_REMEMBERED: Final = 1000  # messages without an answer


class _Sent(NamedTuple):
    payload: str
    used: Credentials
    is_repeated: bool


class Messages:
    """Sign what a connection sends, and report what it answers.

    Args:
        manager: has the connection as `ws`, and calls `on_message`.
        signer: signs.
        rejected: is told of what the exchange accepted and refused.
    """

    def __init__(self, manager: Any, signer: WireSigner, rejected: Rejected) -> None:
        self._url: str = manager.stream_url
        self._send: Callable[..., Any] = manager.ws.send
        self._on_message: Callable[..., Any] | None = manager.on_message
        self._signer = signer
        self._rejected = rejected
        self._sent: OrderedDict[Any, _Sent] = OrderedDict()  # each step is one call: no lock

    def send(self, payload: Any, opcode: int = _TEXT) -> Any:
        """Send a frame, a message of the API signed; the connection's user calls this."""
        if opcode != _TEXT:
            return self._send(payload, opcode)
        return self._sign_and_send(payload, is_repeated=False)

    def _sign_and_send(self, payload: str, *, is_repeated: bool) -> Any:
        message = json.loads(payload)
        if not isinstance(message.get("params"), dict):  # such as SUBSCRIBE, or time
            return self._send(payload, _TEXT)
        try:
            return self._send_signed(message, payload, is_repeated)
        except BaseException as error:
            clear_frames(error.__traceback__)  # they had the key
            raise

    def _send_signed(self, message: dict[str, Any], payload: str, is_repeated: bool) -> Any:
        signed, used = self._signer.sign_message(message, self._url)
        if used is not None:
            self._remember(message.get("id"), _Sent(payload, used, is_repeated))
        return self._send(json.dumps(signed), _TEXT)

    def _remember(self, id_: Any, sent: _Sent) -> None:
        self._sent[id_] = sent
        if len(self._sent) > _REMEMBERED:
            self._sent.popitem(last=False)

    def hear(self, manager: Any, text: str) -> None:
        """Take a message from the exchange, and pass it on; the manager calls this."""
        if not (self._sent and self._is_repeated(json.loads(text))) and self._on_message:
            self._on_message(manager, text)

    def _is_repeated(self, answer: Any) -> bool:
        """Return whether an answer is a refusal after which its message was sent once more."""
        sent = self._sent.pop(answer.get("id"), None) if isinstance(answer, dict) else None
        if sent is None:
            return False
        if "error" not in answer:
            self._rejected.accepted(sent.used)
            return False
        if not self._rejected.again(answer, sent.used) or sent.is_repeated:
            return False
        self._sign_and_send(sent.payload, is_repeated=True)
        return True
