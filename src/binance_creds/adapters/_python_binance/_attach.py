"""`attach`: what a user has built takes its key and signatures from credentials."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from binance_creds.adapters._python_binance._attached import attach_client
from binance_creds.adapters._python_binance._building import async_client
from binance_creds.adapters._python_binance._managers import attach_manager
from binance_creds.adapters._python_binance._package import (
    AsyncClient,
    Client,
    ThreadedWebsocketManager,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from binance_creds._credentials_handle import CredentialsHandle

__all__ = ["attach"]


def attach(
    existing: Client | AsyncClient | ThreadedWebsocketManager,
    credentials: CredentialsHandle,
    *,
    hosts: Collection[str] = (),
    clock: Callable[[], float] | None = None,
    retry_rejected: bool = False,
    reconcile: Callable[[], object] | None = None,
) -> Callable[[], None]:
    """Let a client of your own take its key and its signatures from credentials.

    Its key and secret give way to placeholders; `detach` puts them back. Each request is signed
    where it gets its connection, each message of the WebSocket API when it is sent, with header and
    signature of one snapshot. Copies of the client, and a `session` that it gets later, sign, too.

    Args:
        existing: a `Client` or `AsyncClient`, or of a class built on one; or a
            `ThreadedWebsocketManager` that has not started. User sockets that are opened
            afterwards follow rotations.
        credentials: credentials, or a handle that has them; sealed ones are fine.
        hosts: hosts that may get the key besides those of the environment and loopback.
        clock: seconds since the epoch; by default with the client's own `timestamp_offset`.
        retry_rejected: sign and send once more what a live handle has a better pair for.
        reconcile: called, and awaited if it is a coroutine function, after a user data stream has
            changed its connection or was interrupted; ask the exchange for orders there.

    Returns:
        A function that restores what was there before; a second call does nothing.

    Raises:
        ConfigurationError: it is no client of a known version, has a key for another environment,
            or is attached already; nothing has changed then.
    """
    options: dict[str, Any] = {
        "hosts": hosts,
        "clock": clock,
        "retry_rejected": retry_rejected,
        "reconcile": reconcile,
    }
    if isinstance(existing, ThreadedWebsocketManager):
        return attach_manager(existing, partial(async_client, credentials, **options))
    return attach_client(existing, credentials, **options)
