"""Connections of `websockets` that sign what they send.

Each is of a class that is made of the user's own, so that nothing else changes. Written against
websockets 13 to 17.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager, nullcontext
from inspect import signature
from typing import TYPE_CHECKING, Any, Final

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from binance_creds._loopback import is_loopback_url

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from binance_creds.adapters._wire._sessions._link import Link
    from binance_creds.adapters._wire._sessions._messages import Outbound

__all__ = ["AsyncSigning", "SyncSigning", "direct", "quiet", "signing_class", "url_of"]

_HAS_PROXY: Final = "proxy" in signature(connect.__init__).parameters  # since websockets 15


class AsyncSigning:
    """Sign each message that needs it, for a connection of asyncio."""

    _base: Any
    _link: Link

    async def send(self, message: Any, *args: Any, **options: Any) -> None:
        """Send a message, signed where its method needs that."""
        plan = self._link.session.plan(message) if isinstance(message, str | bytes) else None
        if plan is None:
            await self._base.send(self, message, *args, **options)
            return
        if self._link.session.wants_logon:
            self._link.on_rotation(self._renew)
        for outbound in plan:
            await self._send(outbound)

    async def recv(self, *args: Any, **options: Any) -> Any:
        """Receive the next message that is the caller's."""
        ready = self._link.ready
        while not ready:
            data = await self._base.recv(self, *args, **options)
            ready += await self._link.ahear(data, self._send)
            await self._link.acatch_up(self._send)
        return ready.popleft()

    async def recv_streaming(self, *args: Any, **options: Any) -> AsyncIterator[Any]:
        """Receive a message in one piece: none can be judged by less."""
        yield await self.recv(*args, **options)

    async def _send(self, outbound: Outbound) -> None:
        with self._link.session.sending(outbound) as session:
            text, used = await session.asigned(outbound)
            with quiet(self) if used is not None else nullcontext():
                await self._base.send(self, text)

    async def _renew(self, _: object) -> None:
        try:
            for outbound in self._link.session.renewal():
                await self._send(outbound)
        except ConnectionClosed:
            self._link.end()


class SyncSigning:
    """Sign each message that needs it, for a connection that blocks."""

    _base: Any
    _link: Link

    def send(self, message: Any, *args: Any, **options: Any) -> None:
        """Send a message, signed where its method needs that."""
        plan = self._link.session.plan(message) if isinstance(message, str | bytes) else None
        if plan is None:
            self._base.send(self, message, *args, **options)
            return
        if self._link.session.wants_logon:
            self._link.on_rotation(self._renew)
        for outbound in plan:
            self._send(outbound)

    def recv(self, *args: Any, **options: Any) -> Any:
        """Receive the next message that is the caller's."""
        ready = self._link.ready
        while not ready:
            data = self._base.recv(self, *args, **options)
            ready += self._link.hear(data, self._send)
            self._link.catch_up(self._send)
        return ready.popleft()

    def recv_streaming(self, *args: Any, **options: Any) -> Iterator[Any]:
        """Receive a message in one piece: none can be judged by less."""
        yield self.recv(*args, **options)

    def _send(self, outbound: Outbound) -> None:
        with self._link.session.sending(outbound) as session:
            text, used = session.signed(outbound)
            with quiet(self) if used is not None else nullcontext():
                self._base.send(self, text)

    def _renew(self, _: object) -> None:
        try:
            for outbound in self._link.session.renewal():
                self._send(outbound)
        except ConnectionClosed:
            self._link.end()


def signing_class(base: Any, methods: type, **more: Any) -> Any:
    """Return a class of connections that sign, made of another and these methods.

    They are copied instead of inherited: so the class of an open connection can be changed to it.
    """
    own = {name: value for name, value in vars(methods).items() if callable(value)}
    members = {**own, **more, "_base": base, "__module__": base.__module__}
    return type(base.__name__, (base,), members)


def url_of(connection: Any) -> str:
    """Return where a connection leads to, also after a redirect."""
    protocol = connection.protocol
    uri = getattr(protocol, "uri", None) or protocol.wsuri  # the second is before websockets 15
    host = f"[{uri.host}]" if ":" in uri.host else uri.host
    return f"{'wss' if uri.secure else 'ws'}://{host}:{uri.port}{uri.path}"


@contextmanager
def quiet(connection: Any) -> Iterator[None]:
    """Keep a frame with the key out of the debug log of `websockets`."""
    protocol = connection.protocol
    protocol.debug = False
    try:
        yield
    finally:
        protocol.debug = protocol.logger.isEnabledFor(logging.DEBUG)


def direct(url: str) -> dict[str, Any]:
    """Return the option that keeps a connection to this machine off every proxy."""
    return {"proxy": None} if _HAS_PROXY and is_loopback_url(url) else {}
