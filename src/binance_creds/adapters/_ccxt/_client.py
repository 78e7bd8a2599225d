"""`client` and `attach` of ccxt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

from binance_creds._enums import Environment
from binance_creds.adapters._ccxt._pro import ProExchange, release
from binance_creds.adapters._ccxt._proof import prove
from binance_creds.adapters._ccxt._rest import AsyncExchange, SyncExchange, joined
from binance_creds.adapters._ccxt._streams import Streams
from binance_creds.adapters._ccxt._way import Way
from binance_creds.adapters._wire._attachment import Attachment
from binance_creds.adapters._wire._handle import check_class, snapshot_of
from binance_creds.adapters._wire._rejected import Rejected
from binance_creds.adapters._wire._request import PLACEHOLDER_KEY, PLACEHOLDER_SECRET
from binance_creds.adapters._wire._signer import WireSigner
from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from binance_creds._credentials_handle import CredentialsHandle

__all__ = ["attach", "client"]

Client = TypeVar("Client")

_NEEDED: Final = ("fetch", "handle_errors", "sign", "privateGetAccount", "sapiGetAccountStatus")


def client(
    kind: Callable[..., Client],
    credentials: CredentialsHandle,
    *,
    hosts: Collection[str] = (),
    clock: Callable[[], float] | None = None,
    retry_rejected: bool = False,
    reconcile: Callable[[], object] | None = None,
    **options: Any,
) -> Client:
    """Return an exchange of ccxt that signs with the credentials of the moment.

    Without `urls` of your own it trades in the environment of the credentials: production, the
    testnet (ccxt's sandbox mode) or demo trading.

    Args:
        kind: the class, such as `ccxt.binance`, `ccxt.async_support.binanceusdm` or
            `ccxt.pro.binance`.
        credentials: credentials, or a handle that has them.
        hosts: as of `attach`, like `clock`, `retry_rejected` and `reconcile`.
        clock: see above.
        retry_rejected: see above.
        reconcile: see above.
        options: of the class, such as `enableRateLimit`, `timeout` or `options`; keys among them
            are not used.

    Raises:
        ConfigurationError: see `attach`.
    """
    given = {"apiKey": PLACEHOLDER_KEY, "secret": PLACEHOLDER_SECRET}
    check_class(kind, "ccxt", "ccxt.binance")
    exchange: Any = kind({**options, **given})
    if "urls" not in options:
        _choose(exchange, snapshot_of(credentials).environment)
    attach(
        exchange,
        credentials,
        hosts=hosts,
        clock=clock,
        retry_rejected=retry_rejected,
        reconcile=reconcile,
    )
    return exchange  # type: ignore[no-any-return]  # of the class that was given


def attach(
    exchange: Any,
    credentials: CredentialsHandle,
    *,
    hosts: Collection[str] = (),
    clock: Callable[[], float] | None = None,
    retry_rejected: bool = False,
    reconcile: Callable[[], object] | None = None,
) -> Callable[[], None]:
    """Let a Binance exchange of ccxt that you have built sign where its requests leave.

    ccxt itself signs with placeholders: its logs, exceptions and attributes have no key. One
    snapshot of the credentials a request, taken once it has a connection, so a rotation never
    mixes key and signature. A refused key (-2015) raises ccxt's `AuthenticationError`, where ccxt
    raises `DDoSProtection` once a request has succeeded.

    Args:
        exchange: of `ccxt`, `ccxt.async_support` or `ccxt.pro`, of a class of your own as well.
        credentials: credentials, or a handle that has them.
        hosts: hosts that may get the key besides those of the environment and loopback.
        clock: seconds since the epoch; add your offset to the exchange's time here.
        retry_rejected: sign and send once more what a live handle has a better pair for.
        reconcile: called, and awaited where it is a coroutine function, in the exchange's event
            loop after a user data stream has been opened anew.

    Returns:
        A function that takes it out again; a second call does nothing.

    Raises:
        ConfigurationError: it is no Binance exchange of a known version of ccxt, signs already, or
            trades in another environment than that of the credentials; nothing has changed then.
    """
    _check(exchange)
    signer = WireSigner(credentials, hosts=hosts, clock=clock)
    way = Way(signer, Rejected(signer, retry=retry_rejected))
    kind: Any = type(exchange)
    front = SyncExchange if exchange.synchronous else AsyncExchange
    if hasattr(exchange, "sign_params"):  # of ccxt.pro
        front, way.streams = ProExchange, Streams(exchange, credentials, way.rejected, reconcile)
    with Attachment() as attachment:
        attachment.call_on_undo(way.end)
        if way.streams is not None:
            attachment.call_on_undo(way.streams.follow())
            attachment.call_on_undo(release, exchange)
        attachment.set(exchange, "apiKey", PLACEHOLDER_KEY)
        attachment.set(exchange, "secret", PLACEHOLDER_SECRET)
        attachment.set(exchange, "_binance_creds", way)
        attachment.set(exchange, "__class__", joined(front, kind))
        prove(exchange, way)
    return attachment.detach


def _choose(exchange: Any, environment: Environment) -> None:
    """Set the mode of an exchange that is new."""
    if environment is Environment.TESTNET and not exchange.isSandboxModeEnabled:
        exchange.set_sandbox_mode(True)
    elif environment is Environment.DEMO and not exchange.options.get("enableDemoTrading"):
        exchange.enable_demo_trading(True)  # noqa: FBT003  # of ccxt


def _check(exchange: Any) -> None:
    kind = type(exchange)
    if isinstance(exchange, (SyncExchange, AsyncExchange)):
        msg = "this exchange signs already."
        raise ConfigurationError(msg, hint="Detach it first.")
    if getattr(exchange, "clients", None):
        msg = "this exchange has WebSocket connections."
        raise ConfigurationError(msg, hint="Attach before you open any.")
    if not all(hasattr(kind, name) for name in _NEEDED):
        msg = f"this is no Binance exchange of ccxt, but {kind.__module__}.{kind.__qualname__}."
        raise ConfigurationError(msg, hint="Known are binance and its siblings of ccxt 4.5.")
