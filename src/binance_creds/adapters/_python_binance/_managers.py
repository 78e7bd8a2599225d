"""`BinanceSocketManager` and `ThreadedWebsocketManager` for clients that are attached."""

from __future__ import annotations

import asyncio
import inspect
from functools import partial
from typing import TYPE_CHECKING, Any

from binance_creds._enums import Environment
from binance_creds.adapters._python_binance._addresses import moved
from binance_creds.adapters._python_binance._building import async_client
from binance_creds.adapters._python_binance._clients import joined
from binance_creds.adapters._python_binance._package import (
    AsyncClient,
    BinanceSocketManager,
    ThreadedWebsocketManager,
)
from binance_creds.adapters._wire._attachment import Attachment
from binance_creds.adapters._wire._handle import snapshot_of
from binance_creds.adapters._wire._request import PLACEHOLDER_KEY, PLACEHOLDER_SECRET
from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection

    from binance_creds._credentials_handle import CredentialsHandle

__all__ = ["attach_manager", "socket_manager", "threaded_websocket_manager"]

_KEYS = {"api_key": PLACEHOLDER_KEY, "api_secret": PLACEHOLDER_SECRET}


def socket_manager(client: AsyncClient, **options: Any) -> BinanceSocketManager:
    """Return a `binance.BinanceSocketManager` whose streams are where its client's are.

    One that you build yourself has user sockets that follow rotations, too; only where the client
    has a `base_url` of its own, its market streams come from Binance's own hosts then.

    Args:
        client: of `async_client`, or attached.
        options: of `binance.BinanceSocketManager`, such as `max_queue_size`.

    Raises:
        ConfigurationError: it is no client.
    """
    kind: Any = type(client)
    if not issubclass(kind, AsyncClient):
        msg = f"socket_manager takes an AsyncClient of python-binance, not {kind.__name__}."
        raise ConfigurationError(msg, hint="Build one: await async_client(credentials).")
    manager = BinanceSocketManager(client, **options)
    wiring: Any = getattr(client, "_binance_creds", None)
    _move(manager, wiring.ws_base_url if wiring is not None else None)
    return manager


def _move(manager: Any, ws_base_url: str | None) -> None:
    if ws_base_url is None:
        return
    for name in dir(manager):
        if name.endswith("STREAM_URL") or name.startswith(("STREAM_", "FSTREAM_", "DSTREAM_")):
            setattr(manager, name, moved(getattr(manager, name), ws_base_url))


def threaded_websocket_manager(
    credentials: CredentialsHandle,
    *,
    base_url: str | None = None,
    ws_base_url: str | None = None,
    hosts: Collection[str] = (),
    clock: Callable[[], float] | None = None,
    retry_rejected: bool = False,
    reconcile: Callable[[], object] | None = None,
    **options: Any,
) -> ThreadedWebsocketManager:
    """Return a `binance.ThreadedWebsocketManager` for any kind of key.

    Its client is one of `async_client`, whose arguments these are. `reconcile` is called in the
    manager's thread. A stream that cannot be opened, or has ended for good, gives its callback a
    message with `"e": "error"`.

    Args:
        credentials: see above.
        base_url: see above.
        ws_base_url: see above.
        hosts: see above.
        clock: see above.
        retry_rejected: see above.
        reconcile: see above.
        options: of `binance.ThreadedWebsocketManager`, such as `max_queue_size`.
    """
    is_testnet = snapshot_of(credentials).environment is Environment.TESTNET
    manager = ThreadedWebsocketManager(**{"testnet": is_testnet, **options})
    attach_manager(
        manager,
        partial(
            async_client,
            credentials,
            base_url=base_url,
            ws_base_url=ws_base_url,
            hosts=hosts,
            clock=clock,
            retry_rejected=retry_rejected,
            reconcile=reconcile,
        ),
    )
    return manager


def attach_manager(
    manager: Any, build: Callable[..., Awaitable[AsyncClient]]
) -> Callable[[], None]:
    """Let a manager that has not started build its client in another way; return what undoes it.

    Raises:
        ConfigurationError: it has a client already.
    """
    if manager.is_alive() or manager._client is not None:  # noqa: SLF001  # it has no other way
        msg = "this manager has started, and its streams have a key of their own."
        raise ConfigurationError(msg, hint="Attach it before start().")
    with Attachment() as attachment:
        params = {**manager._client_params, **_KEYS}  # noqa: SLF001  # as above
        attachment.set(manager, "_client_params", params)
        attachment.set(manager, "_binance_creds_build", build)
        kind: Any = type(manager)
        attachment.set(manager, "__class__", joined(_FollowingManager, kind))
    return attachment.detach


class _FollowingManager:
    """Build a client that is attached, and let nothing end in silence."""

    _binance_creds_build: Callable[..., Awaitable[AsyncClient]]
    _bsm: Any
    _client: Any
    _client_params: dict[str, Any]
    _failure: Exception | None = None
    _log: Any
    _loop: asyncio.AbstractEventLoop
    _running: bool
    _socket_running: dict[str, bool]
    stop: Callable[[], None]

    async def socket_listener(self) -> None:
        """Do what python-binance does, with another client."""
        given = {name: value for name, value in self._client_params.items() if name not in _KEYS}
        try:
            self._client = await self._binance_creds_build(loop=self._loop, **given)
            await self._before_socket_listener_start()
        except Exception as error:  # noqa: BLE001  # raised where a stream is started
            self._failure = error
            self._log.error(f"Failed to create client: {type(error).__name__}")
            self.stop()
        while self._running or self._socket_running:  # noqa: ASYNC110  # as python-binance waits
            await asyncio.sleep(0.2)

    async def _before_socket_listener_start(self) -> None:
        await super()._before_socket_listener_start()  # type: ignore[misc]  # of python-binance
        _move(self._bsm, self._client._binance_creds.ws_base_url)  # noqa: SLF001  # as above

    def _start_async_socket(self, *arguments: Any, **options: Any) -> Any:
        if self._failure is not None:
            raise self._failure
        return super()._start_async_socket(*arguments, **options)  # type: ignore[misc]  # as above

    async def start_listener(self, socket: Any, path: str, callback: Any) -> None:
        """Hand on what a socket receives, and tell its callback if it cannot be opened."""
        try:
            await super().start_listener(socket, path, callback)  # type: ignore[misc]  # as above
        except Exception as error:  # noqa: BLE001  # whatever it ended with
            self._socket_running.pop(path, None)
            told = callback({"e": "error", "type": type(error).__name__, "m": str(error)})
            if inspect.isawaitable(told):
                await told
