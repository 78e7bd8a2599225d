"""WebSockets of aiohttp whose messages are signed as they are sent."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from binance_creds._credentials import Credentials

    SignMessage = Callable[
        [Mapping[str, Any], str], Awaitable[tuple[dict[str, Any], Credentials | None]]
    ]

__all__ = ["SigningSocket", "signing_socket_class"]


def signing_socket_class(base: Any, sign_message: SignMessage) -> Any:
    """Return a class of WebSockets that sign, by a session's own class."""
    members = {"_base": base, "_sign_message": staticmethod(sign_message)}
    return type(base.__name__, (SigningSocket, base), members)


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


def parsed(text: str) -> dict[str, Any] | None:
    """Return a message of the WebSocket API; `None` for what is none. Numbers stay exact."""
    try:
        message = json.loads(text, parse_float=Decimal)
    except ValueError:
        return None
    is_message = isinstance(message, dict) and isinstance(message.get("params"), dict)
    return message if is_message else None
