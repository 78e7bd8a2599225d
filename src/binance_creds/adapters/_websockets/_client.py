"""`client`, `async_client` and `attach` of `websockets`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from websockets.asyncio.client import ClientConnection as AsyncConnection
from websockets.asyncio.client import connect as connect_async
from websockets.sync.client import ClientConnection as SyncConnection
from websockets.sync.client import connect as connect_sync

from binance_creds.adapters._websockets._connection import (
    AsyncSigning,
    SyncSigning,
    direct,
    signing_class,
    url_of,
)
from binance_creds.adapters._websockets._transport import WebsocketsTransport
from binance_creds.adapters._wire._attachment import Attachment
from binance_creds.adapters._wire._handle import snapshot_of
from binance_creds.adapters._wire._rejected import Rejected
from binance_creds.adapters._wire._sessions._link import Link
from binance_creds.adapters._wire._sessions._session import ApiSession
from binance_creds.adapters._wire._signer import DEFAULT_RECV_WINDOW_MS, WireSigner
from binance_creds.adapters._wire._streams._user_events import UserEvents, place_of, spot_url
from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from binance_creds._credentials_handle import CredentialsHandle

__all__ = ["async_client", "attach", "client", "user_events"]

_DRY: Final = json.dumps({"id": "dry", "method": "account.status", "params": {}})


def async_client(
    credentials: CredentialsHandle,
    url: str | None = None,
    *,
    hosts: Collection[str] = (),
    clock: Callable[[], float] | None = None,
    retry_rejected: bool = False,
    recv_window_ms: int = DEFAULT_RECV_WINDOW_MS,
    **options: Any,
) -> connect_async:
    """Return what `websockets.connect` does: await it, or use it in `async with` or `async for`.

    The connection signs what you send, as `attach` says.

    Args:
        credentials: credentials, or a handle that has them.
        url: of a WebSocket API; that of spot in the credentials' environment by default.
        hosts: as of `attach`, like `clock`, `retry_rejected` and `recv_window_ms`.
        clock: see above.
        retry_rejected: see above.
        recv_window_ms: see above.
        options: of `websockets.connect`.
    """
    signer = WireSigner(credentials, hosts=hosts, clock=clock, recv_window_ms=recv_window_ms)
    url = url or spot_url(snapshot_of(credentials).environment)
    signer.check(url)
    base = options.pop("create_connection", None) or AsyncConnection
    kind = _signing(base, AsyncSigning, signer, retry=retry_rejected)
    return connect_async(url, create_connection=kind, **direct(url), **options)


def client(
    credentials: CredentialsHandle,
    url: str | None = None,
    *,
    hosts: Collection[str] = (),
    clock: Callable[[], float] | None = None,
    retry_rejected: bool = False,
    recv_window_ms: int = DEFAULT_RECV_WINDOW_MS,
    **options: Any,
) -> SyncConnection:
    """Return what `websockets.sync.client.connect` does: a connection to use in `with`. Blocks.

    Arguments are those of `async_client`; the options of the other `connect`.
    """
    signer = WireSigner(credentials, hosts=hosts, clock=clock, recv_window_ms=recv_window_ms)
    url = url or spot_url(snapshot_of(credentials).environment)
    signer.check(url)
    base = options.pop("create_connection", None) or SyncConnection
    kind = _signing(base, SyncSigning, signer, retry=retry_rejected)
    opened: SyncConnection = connect_sync(url, create_connection=kind, **direct(url), **options)
    return opened


def attach(
    connection: AsyncConnection | SyncConnection,
    credentials: CredentialsHandle,
    *,
    hosts: Collection[str] = (),
    clock: Callable[[], float] | None = None,
    retry_rejected: bool = False,
    recv_window_ms: int = DEFAULT_RECV_WINDOW_MS,
) -> Callable[[], None]:
    """Let an open connection of your own sign each message that needs it.

    A message is JSON with `id`, `method` and `params`, without key and signature; one snapshot
    signs it when it is sent. Messages that need neither, and everything else, leave as they are. A
    session that you have logged on (`session.logon`) is logged on again after each rotation, or
    out where the new key is not Ed25519; you do not see the answers to that. The debug log of
    `websockets` does not show what was signed.

    Args:
        connection: of `websockets.asyncio.client` or `websockets.sync.client`.
        credentials: credentials, or a handle that has them.
        hosts: hosts that may get the key besides those of the environment and loopback.
        clock: seconds since the epoch; add your offset to the exchange's time here.
        retry_rejected: sign and send once more what a live handle has a better pair for.
        recv_window_ms: how long a message stays valid that does not say so itself, 1 to 60000 ms.

    Returns:
        A function that takes it out again; a second call does nothing.

    Raises:
        ConfigurationError: it is no such connection, signs already, or leads where the key must
            not go; nothing has changed then.
    """
    signer = WireSigner(credentials, hosts=hosts, clock=clock, recv_window_ms=recv_window_ms)
    methods = _methods_for(connection)
    signer.check(url_of(connection))
    link = Link(
        ApiSession(signer, url_of(connection)),
        Rejected(signer, retry=retry_rejected),
    )
    with Attachment() as attachment:
        attachment.set(connection, "_link", link)
        attachment.call_on_undo(link.end)
        attachment.set(connection, "__class__", signing_class(type(connection), methods))
        _prove(connection, signer)
    return attachment.detach


def user_events(
    credentials: CredentialsHandle,
    *,
    product: str = "spot",
    url: str | None = None,
    rest_url: str | None = None,
    reconcile: Callable[[], object] | None = None,
    hosts: Collection[str] = (),
    clock: Callable[[], float] | None = None,
    recv_window_ms: int = DEFAULT_RECV_WINDOW_MS,
    **options: Any,
) -> UserEvents:
    """Return the user events of an account, for `async for` or for `for`: each once, without a gap.

    After a rotation a second connection subscribes with the new key before the first one ends. A
    stream that the exchange or the network ends is opened again; a refusal that no waiting mends
    is raised.

    Args:
        credentials: credentials, or a handle that has them.
        product: `spot`, `margin` (by listen token), `um` or `cm` (futures, by listen key).
        url: of the WebSocket API, or of the futures streams without `/ws`; that of the
            environment by default.
        rest_url: where listen keys and tokens are given out, such as `https://fapi.binance.com`.
        reconcile: called when another stream has taken over: ask for open orders and balances
            there, since events may have been missed if the one before it was cut. May be awaitable.
        hosts: hosts that may get the key besides those of the environment and loopback.
        clock: seconds since the epoch; add your offset to the exchange's time here.
        recv_window_ms: how long a request stays valid, 1 to 60000 ms.
        options: of `websockets.connect`.

    Raises:
        ConfigurationError: an address is missing, or not one of the environment.
    """
    signer = WireSigner(credentials, hosts=hosts, clock=clock, recv_window_ms=recv_window_ms)
    environment = snapshot_of(credentials).environment
    place = place_of(product, environment, url=url, rest_url=rest_url)
    return UserEvents(signer, place, WebsocketsTransport(options), reconcile)


def _signing(base: Any, methods: type, signer: WireSigner, *, retry: bool) -> Any:
    rejected = Rejected(signer, retry=retry)

    def start(self: Any, *args: Any, **options: Any) -> None:
        base.__init__(self, *args, **options)
        self._link = Link(ApiSession(signer, url_of(self)), rejected)

    return signing_class(base, methods, __init__=start)


def _methods_for(connection: object) -> type[AsyncSigning | SyncSigning]:
    if hasattr(connection, "_link"):
        msg = "this connection signs already."
        raise ConfigurationError(msg, hint="Detach the adapter that it has, first.")
    if isinstance(connection, AsyncConnection):
        return AsyncSigning
    if isinstance(connection, SyncConnection):
        return SyncSigning
    msg = "this is no client connection of `websockets.asyncio` or `websockets.sync`."
    raise ConfigurationError(msg, hint="websockets 13 to 17 are known; the `legacy` one is not.")


def _prove(connection: Any, signer: WireSigner) -> None:
    """Send a dry message that ends where it would be signed."""
    with signer.proving() as proof:
        dry = connection.send(_DRY)
        if dry is not None:  # of asyncio
            try:
                dry.send(None)
            finally:
                dry.close()
    if not proof.is_reached:
        msg = "this connection does not send its messages as `websockets` does."
        raise ConfigurationError(msg, hint="websockets 13 to 17 are known.")
