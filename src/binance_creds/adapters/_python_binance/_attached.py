"""What `attach` changes in a client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from binance_creds.adapters._aiohttp._session import prove
from binance_creds.adapters._python_binance._clients import PLACEHOLDERS, SigningClient, joined
from binance_creds.adapters._python_binance._package import KNOWN, AsyncClient, Client
from binance_creds.adapters._python_binance._user_socket import follow_user_streams
from binance_creds.adapters._python_binance._wiring import ClientWiring
from binance_creds.adapters._sessions import proving
from binance_creds.adapters._wire._attachment import Attachment
from binance_creds.adapters._wire._rejected import Rejected
from binance_creds.adapters._wire._signer import WireSigner
from binance_creds.errors import ConfigurationError
from binance_creds.exchange._clock import offset_clock

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from binance_creds._credentials_handle import CredentialsHandle

__all__ = ["attach_client"]

# What a client must have for the signing to be reached.
_PARTS: Final = (
    "_create_api_uri", "_generate_signature", "_get_request_kwargs", "_request", "_sign_ws_params",
    "session", "timestamp_offset", "ws_api", "ws_future", *PLACEHOLDERS,
)  # fmt: skip


def attach_client(
    existing: Client | AsyncClient,
    credentials: CredentialsHandle,
    *,
    hosts: Collection[str] = (),
    clock: Callable[[], float] | None = None,
    retry_rejected: bool = False,
    reconcile: Callable[[], object] | None = None,
    ws_base_url: str | None = None,
) -> Callable[[], None]:
    """Attach a client; see `attach`."""
    _check_shape(existing)
    own = offset_clock(lambda: existing.timestamp_offset / 1000)
    signer = WireSigner(credentials, hosts=hosts, clock=clock or own)
    with Attachment() as attachment:
        wiring = ClientWiring(
            signer,
            Rejected(signer, retry=retry_rejected),
            retry=retry_rejected,
            reconcile=reconcile,
            attachment=attachment,
            ws_base_url=ws_base_url,
        )
        _change(existing, wiring)
        _prove(existing, signer)
    return attachment.detach


def _change(client: Any, wiring: ClientWiring) -> None:
    attachment = wiring.attachment
    attachment.call_on_undo(wiring.end)
    for name, value in PLACEHOLDERS.items():
        attachment.set(client, name, value)
    for part in (client.session, client.ws_api, client.ws_future):
        wiring.take(part)
    attachment.set(client, "_binance_creds", wiring)
    kind: Any = type(client)
    attachment.set(client, "__class__", joined(SigningClient, kind))
    if isinstance(client, AsyncClient):
        follow_user_streams(attachment, wiring)


def _prove(client: Any, signer: WireSigner) -> None:
    """Send a dry request that ends where it would be signed, before any connection."""
    signer.check(client._create_api_uri("account", signed=True))  # noqa: SLF001  # no other way
    if isinstance(client, AsyncClient):
        prove(signer, client.session, "this client")
        return
    with proving(signer, "this client"):
        client._get("account", signed=True, data={})  # noqa: SLF001  # as above


def _check_shape(client: Any) -> None:
    if not isinstance(client, Client | AsyncClient):
        msg = f"this is no client of python-binance, but {type(client).__qualname__}."
        raise ConfigurationError(msg, hint="Pass a Client or an AsyncClient.")
    if hasattr(client, "_binance_creds"):
        msg = "this client takes its key from credentials already."
        raise ConfigurationError(msg, hint="Detach it first.")
    missing = [name for name in _PARTS if not hasattr(client, name)]
    if missing:
        msg = f"this client of python-binance has no {', '.join(missing)}."
        raise ConfigurationError(msg, hint=KNOWN)
