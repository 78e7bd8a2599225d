"""`client` and `attach` of aiohttp."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from aiohttp import ClientSession

from binance_creds.adapters._aiohttp._session import attach_session, prove
from binance_creds.adapters._aiohttp._transport import AiohttpTransport
from binance_creds.adapters._wire._attachment import Attachment
from binance_creds.adapters._wire._handle import snapshot_of
from binance_creds.adapters._wire._rejected import Rejected
from binance_creds.adapters._wire._sessions._link import Link
from binance_creds.adapters._wire._sessions._session import ApiSession
from binance_creds.adapters._wire._signer import DEFAULT_RECV_WINDOW_MS, WireSigner
from binance_creds.adapters._wire._streams._user_events import UserEvents, place_of
from binance_creds.adapters._wire._targets import refuse_login

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from binance_creds._credentials_handle import CredentialsHandle
    from binance_creds.exchange import Security

__all__ = ["attach", "client", "user_events"]


def client(
    credentials: CredentialsHandle,
    *,
    hosts: Collection[str] = (),
    clock: Callable[[], float] | None = None,
    retry_rejected: bool = False,
    recv_window_ms: int = DEFAULT_RECV_WINDOW_MS,
    security: Security | None = None,
    **options: Any,
) -> ClientSession:
    """Return an `aiohttp.ClientSession` that signs each request once it has got a connection.

    Close it as any session: `async with client(credentials) as session`.

    Args:
        credentials: credentials, or a handle that has them.
        hosts: as of `attach`, like `clock`, `retry_rejected`, `recv_window_ms` and `security`.
        clock: see above.
        retry_rejected: see above.
        recv_window_ms: see above.
        security: see above.
        options: of `aiohttp.ClientSession`, such as `base_url` or `connector`.
    """
    signer = WireSigner(credentials, hosts=hosts, clock=clock, recv_window_ms=recv_window_ms)
    refuse_login(options.get("auth"), hosts)
    session = ClientSession(**options)
    _attach(session, signer, security=security, retry=retry_rejected)
    return session


def attach(
    session: ClientSession,
    credentials: CredentialsHandle,
    *,
    hosts: Collection[str] = (),
    clock: Callable[[], float] | None = None,
    retry_rejected: bool = False,
    recv_window_ms: int = DEFAULT_RECV_WINDOW_MS,
    security: Security | None = None,
) -> Callable[[], None]:
    """Let a session of your own sign each request once it has got a connection.

    That is after every wait, for a connection of the pool, too, and anew where aiohttp or a
    middleware repeats a request. One snapshot of the credentials a request, so a rotation never
    mixes key and signature. What you pass, `response.request_info`, `response.url`, exceptions and
    traces have neither key nor signature; a redirect is followed without them; a request to this
    machine goes through no proxy.

    Args:
        session: of aiohttp, or of a class built on it.
        credentials: credentials, or a handle that has them.
        hosts: hosts that may get the key besides those of the environment and loopback.
        clock: seconds since the epoch; add your offset to the exchange's time here.
        retry_rejected: sign and send once more what a live handle has a better pair for.
        recv_window_ms: how long a request stays valid that does not say so itself, 1 to 60000 ms.
        security: what each of its endpoints needs; by default a table of paths tells public,
            key-only and signed ones apart.

    Returns:
        A function that takes it out again; a second call does nothing.

    Raises:
        ConfigurationError: it is no session of a known version of aiohttp, signs already, or has a
            login (`auth`) and no `hosts` for it; nothing has changed then.
    """
    refuse_login(getattr(session, "auth", None), hosts)  # it may be no session
    signer = WireSigner(credentials, hosts=hosts, clock=clock, recv_window_ms=recv_window_ms)
    return _attach(session, signer, security=security, retry=retry_rejected)


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
        options: of `aiohttp.ClientSession`.

    Raises:
        ConfigurationError: an address is missing, or not one of the environment.
    """
    signer = WireSigner(credentials, hosts=hosts, clock=clock, recv_window_ms=recv_window_ms)
    environment = snapshot_of(credentials).environment
    place = place_of(product, environment, url=url, rest_url=rest_url)
    return UserEvents(signer, place, AiohttpTransport(options), reconcile)


def _attach(
    session: ClientSession, signer: WireSigner, *, security: Security | None, retry: bool
) -> Callable[[], None]:
    rejected = Rejected(signer, retry=retry)

    def link_for(url: str) -> Link:
        return Link(ApiSession(signer, url), rejected)

    with Attachment() as attachment:
        attach_session(
            attachment,
            session,
            partial(signer.asign, security=security),
            link_for=link_for,
            rejected=rejected,
        )
        prove(signer, session, "this session")
    return attachment.detach
