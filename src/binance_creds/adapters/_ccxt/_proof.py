"""Prove that a request of an exchange comes where it is signed. Nothing connects."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

from binance_creds.adapters._aiohttp._session import unconnected_session
from binance_creds.adapters._sessions import proving
from binance_creds.errors import ConfigurationError, CredentialsError

if TYPE_CHECKING:
    from binance_creds.adapters._ccxt._way import Way

__all__ = ["prove"]

_NAME: Final = "this exchange"


def prove(exchange: Any, way: Way) -> None:
    """Send a dry request through an exchange that has been attached.

    Raises:
        ConfigurationError: it does not come to the signer, or would go to another environment.
    """
    dry = object.__new__(type(exchange))
    dry.__dict__.update(exchange.__dict__, enableRateLimit=False, verbose=False)
    try:
        if exchange.synchronous:
            with proving(way.signer, _NAME):
                dry.privateGetAccount()
        else:
            _prove_async(dry, way)
    finally:
        dry.session = dry.socks_proxy_sessions = None  # closed with the object otherwise


def _prove_async(dry: Any, way: Way) -> None:
    # In a thread with a loop of its own: the caller's may run, or not be there yet.
    with way.signer.proving() as proof, ThreadPoolExecutor(1) as thread:
        try:
            thread.submit(copy_context().run, asyncio.run, _send(dry)).result()
        except CredentialsError:
            raise
        except Exception:  # noqa: BLE001, S110  # whatever another version does there
            pass
    if not proof.is_reached:
        msg = f"a request of {_NAME} does not come where it would be signed."
        raise ConfigurationError(msg, hint="Known are ccxt 4.5.12 to 4.5.90.")


async def _send(dry: Any) -> None:
    dry.asyncio_loop = asyncio.get_running_loop()
    dry.throttler = SimpleNamespace()
    dry.own_session, dry.session = False, unconnected_session()
    dry.ssl_context = dry.verify = False
    try:
        await dry.privateGetAccount()
    finally:
        dry.session.detach()
