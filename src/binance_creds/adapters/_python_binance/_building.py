"""`client` and `async_client` of python-binance."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from binance_creds._enums import Environment
from binance_creds.adapters._python_binance._addresses import check_addresses, move
from binance_creds.adapters._python_binance._attached import attach_client
from binance_creds.adapters._python_binance._package import AsyncClient, Client
from binance_creds.adapters._wire._handle import snapshot_of
from binance_creds.adapters._wire._request import PLACEHOLDER_KEY, PLACEHOLDER_SECRET
from binance_creds.adapters._wire._targets import trusted_hosts
from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from binance_creds._credentials_handle import CredentialsHandle

__all__ = ["async_client", "client", "options_for"]

_OURS: Final = ("api_key", "api_secret", "private_key", "private_key_pass")
_MICROSECONDS: Final = 10**14  # a time of the exchange that is larger is in microseconds


def client(
    credentials: CredentialsHandle,
    *,
    base_url: str | None = None,
    ws_base_url: str | None = None,
    hosts: Collection[str] = (),
    clock: Callable[[], float] | None = None,
    retry_rejected: bool = False,
    ping: bool = True,
    **options: Any,
) -> Client:
    """Return a `binance.Client` that signs with these credentials. Pings, as the original does.

    Args:
        credentials: credentials, or a handle that has them; sealed ones are fine.
        base_url: instead of the environment's addresses. A host of Binance's own, such as
            `https://api1.binance.com`, takes over spot and margin; any other, such as
            `http://127.0.0.1:8080`, everything, futures and WebSocket API too.
        ws_base_url: where WebSockets go, if that is not `base_url`.
        hosts: as of `attach`, like `clock` and `retry_rejected`.
        clock: see above.
        retry_rejected: see above.
        ping: whether to ask the exchange for a sign of life at once.
        options: of `binance.Client`, such as `requests_params`; `testnet`, `demo` and the `tld` of
            Binance.US follow the credentials' environment.

    Raises:
        ConfigurationError: an option contradicts the credentials, or this version of
            python-binance has another shape.
    """
    environment = snapshot_of(credentials).environment
    check_addresses(environment, trusted_hosts(hosts), base_url, ws_base_url)
    created = Client(**options_for(credentials, options), ping=False)
    move(created, base_url, ws_base_url)
    attach_client(created, credentials, hosts=hosts, clock=clock, retry_rejected=retry_rejected)
    if ping:
        created.ping()
    return created


async def async_client(
    credentials: CredentialsHandle,
    *,
    base_url: str | None = None,
    ws_base_url: str | None = None,
    hosts: Collection[str] = (),
    clock: Callable[[], float] | None = None,
    retry_rejected: bool = False,
    reconcile: Callable[[], object] | None = None,
    **options: Any,
) -> AsyncClient:
    """Return a `binance.AsyncClient` that signs with these credentials.

    Pings and measures the clock's offset, as `AsyncClient.create` does. Arguments and errors are
    those of `client`, and `reconcile` of `attach`. Close it with `await client.close_connection()`.
    """
    environment = snapshot_of(credentials).environment
    check_addresses(environment, trusted_hosts(hosts), base_url, ws_base_url)
    created = AsyncClient(**options_for(credentials, options))
    try:
        attach_client(
            created,
            credentials,
            hosts=hosts,
            clock=clock,
            retry_rejected=retry_rejected,
            reconcile=reconcile,
            ws_base_url=move(created, base_url, ws_base_url),
        )
        await created.ping()
        created.timestamp_offset = await _offset_ms(created)
    except BaseException:
        await created.close_connection()  # type: ignore[no-untyped-call]  # of python-binance
        raise
    return created


async def _offset_ms(created: AsyncClient) -> int:
    """Return how far the exchange's clock is ahead of this machine's."""
    answer = await created.get_server_time()
    now: int = answer["serverTime"]
    return (now // 1000 if now > _MICROSECONDS else now) - int(time.time() * 1000)


def options_for(credentials: CredentialsHandle, options: dict[str, Any]) -> dict[str, Any]:
    """Return the options of a client, with placeholders and what follows from the environment.

    Raises:
        ConfigurationError: one of them contradicts the credentials.
    """
    environment = snapshot_of(credentials).environment
    clash = [name for name in _OURS if options.get(name) is not None]
    if clash:
        msg = f"{clash[0]} comes from the credentials."
        raise ConfigurationError(msg, hint="Leave it out.")
    wanted: dict[str, Any] = {
        "testnet": environment is Environment.TESTNET,
        "demo": environment is Environment.DEMO,
    }
    if environment is Environment.US:
        wanted["tld"] = "us"
    for name, value in wanted.items():
        if options.get(name, value) != value:
            msg = f"{name}={options[name]!r} contradicts the credentials of {environment.value}."
            raise ConfigurationError(msg, hint="Load the credentials of that environment.")
    keys = {"api_key": PLACEHOLDER_KEY, "api_secret": PLACEHOLDER_SECRET}
    return {**options, **wanted, **keys}
