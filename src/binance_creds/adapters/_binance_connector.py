"""The code behind `binance_connector`; it needs the SDK. Clients are told by their attributes."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import binance

from binance_creds._enums import Environment
from binance_creds._loopback import is_loopback_url
from binance_creds.adapters._connector_messages import Messages
from binance_creds.adapters._sessions import attach_session, proving
from binance_creds.adapters._wire._attachment import Attachment
from binance_creds.adapters._wire._handle import snapshot_of
from binance_creds.adapters._wire._rejected import Rejected
from binance_creds.adapters._wire._request import (
    API_KEY_HEADER,
    PLACEHOLDER_KEY,
    PLACEHOLDER_SECRET,
)
from binance_creds.adapters._wire._signer import WireSigner
from binance_creds.errors import ConfigurationError, ProviderNotInstalledError

if hasattr(binance, "AsyncClient"):  # python-binance installs a package of the same name
    _msg = "the installed package 'binance' is not binance-connector."
    _hint = "Uninstall python-binance; run: pip install 'binance-creds[binance-connector]'"
    raise ProviderNotInstalledError(_msg, hint=_hint)

# After the check of what it is; pyright sees python-binance.
from binance.spot import Spot  # pyright: ignore[reportMissingImports]
from binance.websocket.spot.websocket_api import (  # pyright: ignore[reportMissingImports]
    SpotWebsocketAPIClient,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from binance_creds._credentials_handle import CredentialsHandle

__all__ = ["attach", "client", "websocket_client"]


_REST: Final = ("api_key", "api_secret", "base_url", "send_request", "session", "sign_request")
_WEBSOCKET: Final = ("account", "api_key", "api_secret", "send", "socket_manager")
_GIVEN: Final = ("api_key", "api_secret", "private_key", "private_key_pass")
_KNOWN: Final = "Known are the clients of binance-connector 3.0 to 3.13."
# Source: as of `_enums.py`.
_ADDRESSES: Final = {
    Environment.LIVE: "https://api.binance.com",
    Environment.TESTNET: "https://testnet.binance.vision",
    Environment.DEMO: "https://demo-api.binance.com",
    Environment.US: "https://api.binance.us",
}
_WEBSOCKET_ADDRESSES: Final = {
    Environment.LIVE: "wss://ws-api.binance.com/ws-api/v3",
    Environment.TESTNET: "wss://ws-api.testnet.binance.vision/ws-api/v3",
    Environment.DEMO: "wss://demo-ws-api.binance.com/ws-api/v3",
    Environment.US: "wss://ws-api.binance.us/ws-api/v3",
}


def client(
    credentials: CredentialsHandle,
    *,
    base_url: str | None = None,
    hosts: Collection[str] = (),
    clock: Callable[[], float] | None = None,
    retry_rejected: bool = False,
    **options: Any,
) -> Any:
    """Return a `binance.spot.Spot` that signs each request where it leaves.

    Args:
        credentials: credentials, or a handle that has them.
        base_url: instead of the address of the environment, such as `http://127.0.0.1:8080`.
        hosts: as of `attach`, like `clock` and `retry_rejected`.
        clock: see above.
        retry_rejected: see above.
        options: of `Spot`, such as `timeout` and `show_header`.

    Raises:
        ConfigurationError: an option is one of the credentials, or as of `attach`.
    """
    _check(options)
    address = base_url or _ADDRESSES[snapshot_of(credentials).environment]
    made = Spot(base_url=address.rstrip("/"), **options)
    attach(made, credentials, hosts=hosts, clock=clock, retry_rejected=retry_rejected)
    return made


def websocket_client(
    credentials: CredentialsHandle,
    *,
    stream_url: str | None = None,
    hosts: Collection[str] = (),
    clock: Callable[[], float] | None = None,
    retry_rejected: bool = False,
    **options: Any,
) -> Any:
    """Return a `SpotWebsocketAPIClient` whose messages are signed where they leave. Connects.

    Args:
        credentials: credentials, or a handle that has them; keys of all types.
        stream_url: instead of the address of the environment.
        hosts: as of `attach`, like `clock` and `retry_rejected`.
        clock: see above.
        retry_rejected: see above.
        options: of `SpotWebsocketAPIClient`, such as `on_message`.

    Raises:
        ConfigurationError: an option is one of the credentials, or as of `attach`.
    """
    _check(options)
    url = stream_url or _WEBSOCKET_ADDRESSES[snapshot_of(credentials).environment]
    WireSigner(credentials, hosts=hosts).check(url)  # before it connects there
    if is_loopback_url(url):
        options.pop("proxies", None)
    made = SpotWebsocketAPIClient(stream_url=url, **options)
    try:
        attach(made, credentials, hosts=hosts, clock=clock, retry_rejected=retry_rejected)
    except BaseException:
        made.stop()
        raise
    return made


def attach(
    client: Any,
    credentials: CredentialsHandle,
    *,
    hosts: Collection[str] = (),
    clock: Callable[[], float] | None = None,
    retry_rejected: bool = False,
) -> Callable[[], None]:
    """Let a client of your own sign where a request, or a message, leaves.

    The client holds placeholders instead of its key and secret, and signs with them. What it sends
    is signed anew where it has its connection, with the pair of then: a rotation never mixes key
    and signature. The keys may be of any type, for the WebSocket API, too. Threads may share it.

    Args:
        client: a `Spot`, a `SpotWebsocketAPIClient`, or a client of a class built on one.
        credentials: credentials, or a handle that has them.
        hosts: hosts that may get the key besides those of the environment and loopback.
        clock: seconds since the epoch; add your offset to the exchange's time here.
        retry_rejected: sign and send once more what a live handle has a better pair for.

    Returns:
        A function that takes it out again, and gives the client its own key and secret back; a
        second call does nothing.

    Raises:
        ConfigurationError: the client has another shape or environment, or sends in another way;
            nothing has changed then.
    """
    signer = WireSigner(credentials, hosts=hosts, clock=clock)
    rejected = Rejected(signer, retry=retry_rejected)
    with Attachment() as attachment:
        if all(hasattr(client, name) for name in _REST):
            _attach_rest(attachment, client, signer, rejected)
        elif all(hasattr(client, name) for name in _WEBSOCKET):
            _attach_websocket(attachment, client, signer, rejected)
        else:
            kind = type(client)
            msg = f"{kind.__module__}.{kind.__qualname__} is no client of binance-connector."
            raise ConfigurationError(msg, hint=_KNOWN)
    return attachment.detach


def _attach_rest(
    attachment: Attachment, client: Any, signer: WireSigner, rejected: Rejected
) -> None:
    signer.check(f"{client.base_url}/")
    headers = client.session.headers
    attachment.call_on_undo(headers.__setitem__, API_KEY_HEADER, headers.get(API_KEY_HEADER))
    headers[API_KEY_HEADER] = PLACEHOLDER_KEY
    _give_placeholders(attachment, client)
    attach_session(attachment, client.session, signer.resign, rejected=rejected)
    with proving(signer, "this client"):
        client.sign_request("GET", "/api/v3/account", {})


def _attach_websocket(
    attachment: Attachment, client: Any, signer: WireSigner, rejected: Rejected
) -> None:
    manager = client.socket_manager
    signer.check(manager.stream_url)
    if is_loopback_url(manager.stream_url) and getattr(manager, "_proxy_params", None):
        msg = "this client is connected to this machine through a proxy."
        raise ConfigurationError(msg, hint="Connect it without proxies=.")
    messages = Messages(manager, signer, rejected)
    _give_placeholders(attachment, client)
    attachment.set(manager.ws, "send", messages.send)
    attachment.set(manager, "on_message", messages.hear)
    with signer.proving() as proof, suppress(Exception):
        client.account()
    if not proof.is_reached:
        msg = "a message of this client does not come where it would be signed."
        raise ConfigurationError(msg, hint=_KNOWN)


def _give_placeholders(attachment: Attachment, client: Any) -> None:
    attachment.set(client, "api_key", PLACEHOLDER_KEY)
    attachment.set(client, "api_secret", PLACEHOLDER_SECRET)
    if hasattr(client, "private_key"):
        attachment.set(client, "private_key", None)


def _check(options: dict[str, Any]) -> None:
    for name in _GIVEN:
        if name in options:
            msg = f"{name} comes from the credentials."
            raise ConfigurationError(msg, hint=f"Leave {name} out.")
