"""Clients of httpx that sign each request where it gets its connection."""

from __future__ import annotations

from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any, Final

import httpx

from binance_creds.adapters._httpx._trace import DRY
from binance_creds.adapters._httpx._transport import SigningTransport, Way
from binance_creds.adapters._wire._attachment import Attachment
from binance_creds.adapters._wire._signer import DEFAULT_RECV_WINDOW_MS
from binance_creds.adapters._wire._targets import refuse_login
from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from binance_creds._credentials_handle import CredentialsHandle
    from binance_creds.exchange import Security

__all__ = ["async_client", "attach", "client"]

_OURS: Final = ("hosts", "clock", "retry_rejected", "recv_window_ms", "security")
_ADDRESS: Final = "https://127.0.0.1/api/v3/account"  # of the dry request, which goes nowhere


def client(credentials: CredentialsHandle, **options: Any) -> httpx.Client:
    """Return an `httpx.Client` that signs each request where it gets its connection.

    Args:
        credentials: credentials, or a handle that has them.
        options: of `attach`: `hosts`, `clock`, `retry_rejected`, `recv_window_ms` and `security`;
            and of `httpx.Client`, such as `limits` and `timeout`.
    """
    ours = {name: options.pop(name) for name in _OURS if name in options}
    made = httpx.Client(**options)
    attach(made, credentials, **ours)
    return made


def async_client(credentials: CredentialsHandle, **options: Any) -> httpx.AsyncClient:
    """Return an `httpx.AsyncClient` that signs each request where it gets its connection.

    Args:
        credentials: credentials, or a handle that has them.
        options: of `attach`: `hosts`, `clock`, `retry_rejected`, `recv_window_ms` and `security`;
            and of `httpx.AsyncClient`, such as `limits` and `timeout`.
    """
    ours = {name: options.pop(name) for name in _OURS if name in options}
    made = httpx.AsyncClient(**options)
    attach(made, credentials, **ours)
    return made


def attach(
    client: httpx.Client | httpx.AsyncClient,
    credentials: CredentialsHandle,
    *,
    hosts: Collection[str] = (),
    clock: Callable[[], float] | None = None,
    retry_rejected: bool = False,
    recv_window_ms: int = DEFAULT_RECV_WINDOW_MS,
    security: Security | None = None,
) -> Callable[[], None]:
    """Let a client of your own sign each request where it gets its connection.

    That is after every wait, for a connection of the pool, too, and after your event hooks. One
    snapshot of the credentials a request, so a rotation never mixes key and signature. Threads and
    tasks may share the client. Your requests, `response.request`, exceptions and logs have neither
    key nor signature; a redirect is followed without them; a request to this machine goes through
    no proxy.

    Args:
        client: of httpx, or of a class built on it.
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
        ConfigurationError: it is no client of httpx, signs already, has a login (`auth`) and no
            `hosts` for it, or sends in another way; nothing has changed then.
    """
    kind: Any = type(client)
    if not issubclass(kind, httpx.Client | httpx.AsyncClient):
        msg = f"this is no client of httpx, but {kind.__module__}.{kind.__qualname__}."
        raise ConfigurationError(msg, hint="Pass an httpx.Client or an httpx.AsyncClient.")
    direct = client._transport  # noqa: SLF001  # httpx has no public way to change it
    if isinstance(direct, SigningTransport):
        msg = "this client signs already."
        raise ConfigurationError(msg, hint="Detach it first.")
    refuse_login(client.auth, hosts)
    way = Way(
        credentials,
        hosts=hosts,
        clock=clock,
        retry_rejected=retry_rejected,
        recv_window_ms=recv_window_ms,
        security=security,
    )
    mounts = {
        pattern: None if mounted is None else SigningTransport(way, mounted, direct)
        for pattern, mounted in client._mounts.items()  # noqa: SLF001  # as above
    }
    with Attachment() as attachment:
        attachment.set(client, "_transport", SigningTransport(way, direct, direct))
        attachment.set(client, "_mounts", mounts)
        _prove(client, way)
    return attachment.detach


def _prove(client: httpx.Client | httpx.AsyncClient, way: Way) -> None:
    """Send a dry request, which is stopped where it would be signed, before anything connects."""
    with way.signer.proving() as proof, suppress(Exception):
        send: Any = client._send_single_request  # noqa: SLF001  # past hooks and auth
        sent = send(client.build_request("GET", _ADDRESS, extensions={DRY: True}))
        if isinstance(client, httpx.AsyncClient):
            with closing(sent):
                sent.send(None)  # a step is enough: it is stopped before it waits for anything
    if not proof.is_reached:
        msg = "a request of this client does not come where it would be signed."
        raise ConfigurationError(msg, hint="Known are httpx 0.27 and 0.28 with httpcore 1.")
