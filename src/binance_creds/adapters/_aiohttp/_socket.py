"""WebSockets of aiohttp whose messages are signed as they are sent."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from aiohttp import WSMsgType

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from binance_creds._credentials import Credentials
    from binance_creds.adapters._wire._sessions._link import Link
    from binance_creds.adapters._wire._sessions._messages import Outbound

    SignMessage = Callable[
        [Mapping[str, Any], str], Awaitable[tuple[dict[str, Any], Credentials | None]]
    ]

__all__ = ["following_socket_class", "signing_socket_class"]

_DATA: Final = (WSMsgType.TEXT, WSMsgType.BINARY)


def signing_socket_class(base: Any, sign_message: SignMessage) -> Any:
    """Return a class of WebSockets that sign, by a session's own class."""
    members = {"_base": base, "_sign_message": staticmethod(sign_message)}
    return type(base.__name__, (SigningSocket, base), members)


def following_socket_class(base: Any, link_for: Callable[[str], Link]) -> Any:
    """Return a class of WebSockets that sign whatever needs it, and stay logged on."""
    members = {"_base": base, "_link_for": staticmethod(link_for)}
    return type(base.__name__, (FollowingSocket, base), members)


class SigningSocket:
    """Sign each message of the WebSocket API that has placeholders for key or signature."""

    _base: Any
    _sign_message: SignMessage

    async def send_str(self, data: str, *args: Any, **options: Any) -> None:
        """Send text; `send_json` comes here."""
        if isinstance(data, str):
            data = await self._signed(data)
        await self._base.send_str(self, data, *args, **options)

    async def send_bytes(self, data: Any, *args: Any, **options: Any) -> None:
        """Send bytes; a message that is one signs as text does."""
        if isinstance(data, bytes):
            data = (await self._signed(data.decode("utf-8", "surrogateescape"))).encode(
                "utf-8", "surrogateescape"
            )
        await self._base.send_bytes(self, data, *args, **options)

    async def _signed(self, text: str) -> str:
        if '"apiKey"' not in text:
            return text
        message = parsed(text)
        if message is None:
            return text
        url = str(self._response.url)  # type: ignore[attr-defined]  # of the base
        signed, _ = await self._sign_message(message, url)
        return json.dumps(signed, default=str)


class FollowingSocket:
    """Sign each message of the WebSocket API that needs it; a session stays logged on."""

    _base: Any
    _link_for: Callable[[str], Link]
    _response: Any
    _made_link: Link | None = None

    @property
    def _link(self) -> Link:
        if self._made_link is None:
            self._made_link = self._link_for(str(self._response.url))
        return self._made_link

    async def send_str(self, data: str, *args: Any, **options: Any) -> None:
        """Send text; `send_json` comes here."""
        if not await self._is_sent(data):
            await self._base.send_str(self, data, *args, **options)

    async def send_bytes(self, data: Any, *args: Any, **options: Any) -> None:
        """Send bytes; a message that is to be signed goes as text."""
        if not await self._is_sent(data):
            await self._base.send_bytes(self, data, *args, **options)

    async def receive(self, *args: Any, **options: Any) -> Any:
        """Receive the next message that is the caller's."""
        ready = self._link.ready
        while not ready:
            message = await self._base.receive(self, *args, **options)
            if message.type not in _DATA:
                return message
            for data in await self._link.ahear(message.data, self._send):
                ready.append(message._replace(data=data))
            await self._link.acatch_up(self._send)
        return ready.popleft()

    async def _is_sent(self, data: Any) -> bool:
        plan = self._link.session.plan(data) if isinstance(data, str | bytes) else None
        if self._link.session.wants_logon:
            self._link.on_rotation(self._renew)
        for outbound in plan or ():
            await self._send(outbound)
        return plan is not None

    async def _send(self, outbound: Outbound) -> None:
        with self._link.session.sending(outbound) as session:
            text, _ = await session.asigned(outbound)
            await self._base.send_str(self, text)

    async def _renew(self, _: object) -> None:
        if self.closed:  # type: ignore[attr-defined]  # of the base
            self._link.end()
            return
        for outbound in self._link.session.renewal():
            await self._send(outbound)


def parsed(text: str) -> dict[str, Any] | None:
    """Return a message of the WebSocket API; `None` for what is none. Numbers stay exact."""
    try:
        message = json.loads(text, parse_float=Decimal)
    except ValueError:
        return None
    is_message = isinstance(message, dict) and isinstance(message.get("params"), dict)
    return message if is_message else None
