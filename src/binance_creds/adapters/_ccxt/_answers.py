"""The answers to requests on a WebSocket connection of ccxt, and what becomes of refused ones."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from binance_creds.adapters._ccxt._socket import Sent
from binance_creds.adapters._wire._sessions._standing import is_nameless, lacks_session
from binance_creds.adapters._wire._streams._refused import RefusedError
from binance_creds.errors import CredentialsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from binance_creds.adapters._ccxt._socket import Socket
    from binance_creds.adapters._wire._background import Background
    from binance_creds.adapters._wire._rejected import Rejected

__all__ = ["Answers"]


class Answers:
    """Give each request its answer, unless it is sent once more; used from one event loop.

    Args:
        exchange: returns that of ccxt, or `None` where it is gone.
        rejected: is told of what the exchange refuses.
        background: runs what waits.
    """

    def __init__(
        self, exchange: Callable[[], Any], rejected: Rejected, background: Background
    ) -> None:
        self._exchange: Final = exchange
        self._rejected: Final = rejected
        self._background: Final = background

    @staticmethod
    def is_one(client: Socket, message: Mapping[str, Any]) -> bool:
        """Return whether a message answers a request."""
        return "id" in message and (str(message["id"]) in client.waiting or is_nameless(message))

    def heard(self, client: Socket, message: Mapping[str, Any]) -> bool:
        """Take an answer; return whether ccxt is to have it."""
        standing, name = client.logon.standing, message["id"]
        used = standing.logged_on
        refused = standing.heard(message)
        if name is None:
            client.nameless = message
        for each in refused:
            if each != name:
                self._answered(client, each, {**client.nameless, "id": each})
        if name is not None:
            return self._answered(client, name, message)
        if not refused:
            self._background.run(self.report(RefusedError(message, used)))
        return False  # ccxt would fail all that waits

    async def report(self, refusal: RefusedError) -> bool:
        """Report a rejection; return whether to send the request once more."""
        with suppress(CredentialsError):  # of a handle that is closed
            return await self._rejected.aagain(refusal.answer, refusal.used)
        return False

    def _answered(self, client: Socket, name: object, message: Mapping[str, Any]) -> bool:
        sent = client.waiting.pop(str(name))
        client.has_answered.set()
        if sent.reply is not None:
            if not sent.reply.done():
                sent.reply.set_result(message)
            return False
        if sent.used is None:
            return True
        if "error" not in message:
            self._rejected.accepted(sent.used)
            return True
        self._background.run(self._refused(client, sent, message))
        return False

    async def _refused(self, client: Any, sent: Sent, message: Mapping[str, Any]) -> None:
        """Report a rejection; send the request once more where the handle says so.

        One that went without a signature to a session that had ended is always sent once more.
        """
        again = None
        if sent.by_session and lacks_session(message) and not sent.was_lost:
            again = Sent(sent.message, is_second=sent.is_second, was_lost=True)
        elif await self.report(RefusedError(message, sent.used)) and not sent.is_second:
            again = Sent(sent.message, is_second=True, was_lost=sent.was_lost)
        if again is not None:
            with suppress(CredentialsError, ConnectionError):
                await (client.successor or client).send_request(again)
                return
        exchange = self._exchange()
        if exchange is not None:
            exchange.tell(client, message)
