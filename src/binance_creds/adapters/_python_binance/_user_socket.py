"""A user socket of python-binance that goes on through rotations and interruptions."""

from __future__ import annotations

import asyncio
import threading
import weakref
from typing import TYPE_CHECKING, Any, Final

from binance_creds.adapters._python_binance._clients import joined
from binance_creds.adapters._python_binance._opening import open_stream
from binance_creds.adapters._python_binance._package import (
    BinanceWebsocketUnableToConnect,
    KeepAliveWebsocket,
    WSListenerState,
    streams,
)
from binance_creds.adapters._wire._streams._follower import Follower
from binance_creds.adapters._wire._streams._reader import StreamOverError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from binance_creds.adapters._wire._attachment import Attachment
    from binance_creds.adapters._wire._streams._reader import Subscription

__all__ = ["FollowingSocket", "follow_user_streams"]

OPEN_SECONDS: Final = 30.0  # for the first stream
_MODULE: Final[Any] = streams
_INTERRUPTED: Final = {
    "e": "error",
    "type": "UserStreamInterrupted",
    "m": "The user data stream was interrupted, and is opened again. Events may be missing: ask"
    " for open orders and balances.",
}


class _Watched:
    """A stream that tells when it ends without having been asked to."""

    def __init__(self, stream: Subscription, queue: asyncio.Queue[Any]) -> None:
        self.used = stream.used
        self.renew_seconds = stream.renew_seconds
        self.keep = stream.keep
        self.close = stream.close
        self._stream = stream
        self._queue = queue
        self._is_ending = False

    async def receive(self) -> Mapping[str, Any]:
        try:
            return await self._stream.receive()
        except (StreamOverError, OSError):
            if not self._is_ending:
                self._queue.put_nowait(dict(_INTERRUPTED))
            raise

    async def end(self) -> None:
        self._is_ending = True
        await self._stream.end()


class FollowingSocket:
    """Listen to a stream on a connection of its own, and move to the next one without a gap.

    It reads from its queue only. Each item is an event, or the error that ended it for good.
    """

    TIMEOUT: float
    ws_state: WSListenerState
    _client: Any
    _exit_coro: Any
    _keepalive_type: str
    _path: str | None
    _queue: asyncio.Queue[Any]

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._path = f"{self._keepalive_type}_user_stream"  # by which a threaded manager stops it
        self._task: asyncio.Task[None] | None = None
        self._failure: BaseException | None = None

    async def connect(self) -> None:
        """Return once the first stream is open; then follow."""
        is_open = asyncio.Event()
        self._task = asyncio.create_task(self._follow(is_open))
        self._task.add_done_callback(lambda _: is_open.set())
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                await is_open.wait()
        except TimeoutError:
            msg = f"no user data stream was opened within {OPEN_SECONDS:g} s."
            self._failure = BinanceWebsocketUnableToConnect(msg)
        finally:
            if self.ws_state is not WSListenerState.STREAMING:
                await self._stop()
        if self._failure is not None:
            raise self._failure

    async def recv(self) -> Any:
        """Return the next event, or raise why there are no more."""
        if self._failure is not None and self._queue.empty():
            await asyncio.sleep(self.TIMEOUT)  # or a loop that ignores it would spin
            raise self._failure
        event = await self._queue.get()
        if isinstance(event, BaseException):
            raise event
        return event

    async def _follow(self, is_open: asyncio.Event) -> None:
        wiring, queue = self._client._binance_creds, self._queue  # noqa: SLF001  # its other half

        async def open_() -> Subscription:
            stream = await open_stream(self, wiring, wiring.ws_base_url)
            self.ws_state = WSListenerState.STREAMING
            is_open.set()
            return _Watched(stream, queue)

        follower = Follower(
            open_,
            wiring.signer.credentials,
            rejected=wiring.rejected,
            reconcile=wiring.reconcile,
        )
        events = follower.events()
        try:
            async for event in events:  # pragma: no branch  # it ends with an error alone
                queue.put_nowait(event)
        except Exception as error:  # noqa: BLE001  # raised where the events are taken
            self._failure = error
            queue.put_nowait(error)
        finally:
            await events.aclose()  # type: ignore[attr-defined]  # it is a generator

    async def _stop(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait({task})

    async def __aexit__(self, *_: object) -> None:
        self.ws_state = WSListenerState.EXITING
        await self._stop()
        if self._exit_coro:
            await self._exit_coro(self._path)


class _Sockets:
    """Which class python-binance makes user sockets of, while some client is attached."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # guards what follows
        self._attached: weakref.WeakSet[Any] = weakref.WeakSet()
        self._before: Any = None

    def use(self, wiring: object) -> None:
        with self._lock:
            self._attached.add(wiring)
            if self._before is None:
                self._before = _MODULE.KeepAliveWebsocket
                _MODULE.KeepAliveWebsocket = self._made

    def leave(self, wiring: object) -> None:
        with self._lock:
            self._attached.discard(wiring)
            if not self._attached and self._before is not None:
                _MODULE.KeepAliveWebsocket, self._before = self._before, None

    def _made(self, client: Any, *arguments: Any, **options: Any) -> Any:
        kind = self._before or KeepAliveWebsocket  # whoever imported this before keeps it
        if hasattr(client, "_binance_creds"):
            kind = joined(FollowingSocket, kind)
        return kind(client, *arguments, **options)


_SOCKETS: Final = _Sockets()


def follow_user_streams(attachment: Attachment, wiring: object) -> None:
    """Let a `BinanceSocketManager` make user sockets that follow, for clients that are attached.

    It knows no other place for that than the name of the class in its module.
    """
    _SOCKETS.use(wiring)
    attachment.call_on_undo(_SOCKETS.leave, wiring)
