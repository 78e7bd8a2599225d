"""`UserEvents`: the events of an account, to iterate over, awaited or not."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Final

from binance_creds._enums import Environment
from binance_creds._threads._spawn import no_thread, spawn
from binance_creds.adapters._wire._rejected import Rejected
from binance_creds.adapters._wire._streams._follower import Follower
from binance_creds.adapters._wire._streams._subscriptions import Place, opener
from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping

    from binance_creds.adapters._wire._signer import WireSigner
    from binance_creds.adapters._wire._streams._subscriptions import Transport

__all__ = ["UserEvents", "place_of", "spot_url"]

# binance-spot-api-docs a5e0bc3d, web-socket-api.md, also of testnet and demo mode; docs.binance.us;
# developers.binance.com, derivatives, General Info.
_SPOT: Final = {
    Environment.LIVE: "wss://ws-api.binance.com/ws-api/v3",
    Environment.TESTNET: "wss://ws-api.testnet.binance.vision/ws-api/v3",
    Environment.DEMO: "wss://demo-ws-api.binance.com/ws-api/v3",
    Environment.US: "wss://ws-api.binance.us/ws-api/v3",
}
_OTHERS: Final = {
    ("margin", Environment.LIVE): (_SPOT[Environment.LIVE], "https://api.binance.com"),
    ("um", Environment.LIVE): ("wss://fstream.binance.com", "https://fapi.binance.com"),
    ("cm", Environment.LIVE): ("wss://dstream.binance.com", "https://dapi.binance.com"),
    ("um", Environment.TESTNET): (
        "wss://fstream.binancefuture.com",
        "https://testnet.binancefuture.com",
    ),
    ("cm", Environment.TESTNET): (
        "wss://dstream.binancefuture.com",
        "https://testnet.binancefuture.com",
    ),
}
_PRODUCTS: Final = ("spot", "margin", "um", "cm")


def spot_url(environment: Environment) -> str:
    """Return the address of the WebSocket API of spot."""
    return _SPOT[environment]


def place_of(
    product: str, environment: Environment, *, url: str | None, rest_url: str | None
) -> Place:
    """Return where the streams of a product are.

    Raises:
        ConfigurationError: there is no such product, or no address is known.
    """
    if product not in _PRODUCTS:
        msg = f"the product {product!r} is not known."
        raise ConfigurationError(msg, hint=f"Use one of {', '.join(_PRODUCTS)}.")
    if product == "spot":
        return Place(product, url or _SPOT[environment], "")
    known = _OTHERS.get((product, environment), ("", ""))
    stream, rest = url or known[0], rest_url or known[1]
    if not stream or not rest:
        msg = f"no address of user data streams of {product!r} is known for {environment.value!r}."
        raise ConfigurationError(msg, hint="Pass url= and rest_url=.")
    return Place(product, stream.rstrip("/"), rest.rstrip("/"))


class UserEvents:
    """The events of an account, each once: use it in `async for`, or in `for`.

    Each loop has a stream of its own. A rotation opens the next stream before it ends the old one.
    A stream that ends is opened again, with longer and longer pauses; where no waiting helps, the
    loop ends with an error, never without one.
    """

    def __init__(
        self,
        signer: WireSigner,
        place: Place,
        transport: Transport,
        reconcile: Callable[[], object] | None,
    ) -> None:
        self._signer: Final = signer
        self._open: Final = opener(signer, place, transport)
        self._reconcile: Final = reconcile

    def __aiter__(self) -> AsyncIterator[Mapping[str, Any]]:
        return self._follower().events()

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        """Give the events from a thread that follows them. Blocks until the next one."""
        pump = _Pump(self)
        if not spawn(pump.run, "user events"):
            raise no_thread()
        try:
            while not isinstance(item := pump.items.get(), BaseException):
                yield item
            raise item
        finally:
            pump.stop()

    def _follower(self) -> Follower:
        credentials = self._signer.credentials
        rejected = Rejected(self._signer, retry=True)
        return Follower(self._open, credentials, rejected=rejected, reconcile=self._reconcile)


class _Pump:
    """Take events in a loop of a thread's own, and put them where another takes them."""

    def __init__(self, source: UserEvents) -> None:
        self.items: SimpleQueue[Mapping[str, Any] | BaseException] = SimpleQueue()
        self._source = source
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._is_stopped = False

    def run(self) -> None:
        try:
            asyncio.run(self._pumped())
        except BaseException as error:  # noqa: BLE001  # raised where the events are taken
            self.items.put(error)

    def stop(self) -> None:
        """End it, also where it has not begun."""
        self._is_stopped = True
        loop, task = self._loop, self._task
        if loop is not None and task is not None:  # pragma: no branch  # a race
            with suppress(RuntimeError):  # it has ended by itself
                loop.call_soon_threadsafe(task.cancel)

    async def _pumped(self) -> None:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        if self._is_stopped:  # pragma: no cover  # a race
            return
        events = self._source.__aiter__()
        try:
            async for event in events:
                self.items.put(event)
        finally:
            await events.aclose()  # type: ignore[attr-defined]  # it is a generator
