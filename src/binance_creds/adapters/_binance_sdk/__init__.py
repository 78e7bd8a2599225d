"""The code behind `binance_sdk`; it needs an SDK."""

from __future__ import annotations

from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from binance_common.utils import send_request

from binance_creds.adapters._binance_sdk._parts import address, hide, own_configurations, parts_of
from binance_creds.adapters._binance_sdk._sessions import attach_sockets
from binance_creds.adapters._binance_sdk._signed_streams import attach_signed_streams
from binance_creds.adapters._sessions import attach_session, proving
from binance_creds.adapters._wire._attachment import Attachment
from binance_creds.adapters._wire._handle import check_class, snapshot_of
from binance_creds.adapters._wire._rejected import Rejected
from binance_creds.adapters._wire._signer import WireSigner
from binance_creds.adapters._wire._wiring import Wiring
from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from binance_creds._credentials_handle import CredentialsHandle
    from binance_creds.adapters._binance_sdk._parts import Part

__all__ = ["attach", "client"]

Client = TypeVar("Client")


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
    """Return a client of the SDK that signs with the credentials of the moment.

    Args:
        kind: its class, such as `binance_sdk_spot.Spot`.
        credentials: credentials, or a handle that has them.
        hosts: hosts that may get the key besides those of the environment and loopback.
        clock: seconds since the epoch; add your offset to the server's time here.
        retry_rejected: send a request once more whose key was refused, if there is another.
        reconcile: called, in the event loop, each time that a user data stream has changed its
            connection: the moment to compare your orders with the exchange's.
        options: of the class; configurations without an address go to that of the environment.

    Raises:
        ConfigurationError: the addresses are not of the environment, or the class is unknown.
    """
    check_class(kind, "the SDK", "binance_sdk_spot.Spot")
    built = kind(**own_configurations(options))
    address(built, snapshot_of(credentials).environment)
    attach(
        built,
        credentials,
        hosts=hosts,
        clock=clock,
        retry_rejected=retry_rejected,
        reconcile=reconcile,
    )
    return built


def attach(
    existing: object,
    credentials: CredentialsHandle,
    *,
    hosts: Collection[str] = (),
    clock: Callable[[], float] | None = None,
    retry_rejected: bool = False,
    reconcile: Callable[[], object] | None = None,
) -> Callable[[], None]:
    """Let a client of yours sign with the credentials of the moment; return what undoes it.

    Its own key and secret make room for placeholders until then. Attach before it opens WebSocket
    connections. The arguments are those of `client`.

    Raises:
        ConfigurationError: it is not known how this client sends, or it goes elsewhere.
    """
    signer = WireSigner(credentials, hosts=hosts, clock=clock)
    rejected = Rejected(signer, retry=retry_rejected)
    wiring = Wiring(signer, rejected, retry=retry_rejected, reconcile=reconcile)
    with Attachment() as attachment:
        for part in parts_of(existing):
            hide(attachment, part.api)
            if hasattr(part.api, "_session"):
                _attach_rest(attachment, part, wiring)
            elif getattr(part.api, "signed", False):
                attach_signed_streams(attachment, part.api, signer)
            else:
                attach_sockets(attachment, part.api, wiring)
        attachment.call_on_undo(wiring.end)
        attachment.call_on_undo(wiring.follow())
    return attachment.detach


def _attach_rest(attachment: Attachment, part: Part, wiring: Wiring) -> None:
    session, signer = part.api._session, wiring.signer  # noqa: SLF001  # of the SDK
    attach_session(attachment, session, signer.resign, check=signer.check, rejected=wiring.rejected)
    with suppress(ConfigurationError) if not part.is_chosen else nullcontext():
        signer.check(part.api.configuration.base_path)
        with proving(signer, type(part.api).__name__):
            send_request(session, part.api.configuration, "GET", "/api/v3/account", is_signed=True)
