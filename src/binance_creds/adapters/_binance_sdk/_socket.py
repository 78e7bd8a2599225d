"""What the SDK takes for one connection: it stays, while those of the exchange below it change.

So the SDK keeps its pool, callbacks, handles and the requests that it waits for through every
rotation. Messages are signed where they leave, events keep the number that the SDK knows.
"""

from __future__ import annotations

import asyncio
import json
import logging
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from aiohttp import ClientError, WSMessage, WSMsgType

from binance_creds.adapters._binance_sdk._line import Line
from binance_creds.adapters._binance_sdk._link import ENDS
from binance_creds.adapters._binance_sdk._renewal import Renewal
from binance_creds.adapters._binance_sdk._sent import SIGNED_SUBSCRIBE, SUBSCRIBE, Sent
from binance_creds.adapters._wire._streams._refused import RefusedError
from binance_creds.exchange._endpoints import Security

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from typing import Self

    from binance_creds.adapters._wire._wiring import Wiring

__all__ = ["Socket"]

_LOG: Final = logging.getLogger("binance_creds.adapters")
_CLOSED: Final = WSMessage(WSMsgType.CLOSED, None, None)


class Socket:
    """Stand in for aiohttp's connection; used from one event loop.

    Args:
        dial: connects to the exchange.
        url: where to.
        wiring: of the client.
        mark: tells the SDK whether this connection is logged on.
    """

    def __init__(
        self,
        dial: Callable[[], Awaitable[Any]],
        url: str,
        wiring: Wiring,
        mark: Callable[..., None],
    ) -> None:
        self.loop: Final = asyncio.get_running_loop()
        self._wiring: Final = wiring
        self._line: Final = Line(dial, url, wiring, self.wake)
        self._line.mark = partial(mark, self)
        self._renewal: Final = Renewal(self._line, wiring)

    async def open(self) -> Self:
        """Connect."""
        self._line.current = await self._line.connect()
        self._wiring.add(self)
        return self

    def wake(self) -> None:
        """Follow the credentials, if they have changed."""
        self._renewal.wake()

    async def log_on(self, request: Mapping[str, Any]) -> bool:
        """Log on as an earlier connection of the client was; return whether its streams go on."""
        line = self._line
        line.logon = request
        try:
            line.mark(is_logged_on=await self._renewal.log_on(line.current))
        except (RefusedError, ClientError, OSError, TimeoutError):
            _LOG.exception("A WebSocket session was not logged on again.")
            return False
        return True

    async def send_str(self, data: str, compress: int | None = None) -> None:
        """Send a message, signed."""
        line, message, security = self._line, json.loads(data), None
        if message.get("method") == SUBSCRIBE and line.logon and line.current.logged_on is None:
            message, security = {**message, "method": SIGNED_SUBSCRIBE}, Security.SIGNED
        await line.current.send(Sent(message), security=security, compress=compress)

    async def receive(self, timeout: float | None = None) -> Any:  # noqa: ASYNC109  # aiohttp's name
        """Return what arrived next on any connection."""
        arrived = self._line.arrived
        if self._line.is_closed and arrived.empty():
            return _CLOSED
        async with asyncio.timeout(timeout):
            return await arrived.get()

    async def close(self, **options: Any) -> bool:
        """Close every connection."""
        self._wiring.remove(self)
        was_open = await self._line.close(**options)
        self._line.arrived.put_nowait(_CLOSED)
        return was_open

    def __getattr__(self, name: str) -> Any:
        return getattr(self._line.current.raw, name)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        message = await self.receive()
        if message.type in ENDS and message.type is not WSMsgType.ERROR:
            raise StopAsyncIteration
        return message
