"""Transports of Google's APIs, for REST and gRPC: they send no credentials of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from google.auth.credentials import Credentials

from binance_creds._time._retry_after import retry_after_seconds
from binance_creds.providers.google._answers import own_status
from binance_creds.providers.google._endpoint import channel_of
from binance_creds.providers.remote._call import SIGNING_LANES
from binance_creds.providers.remote._sessions import keep_to_its_login

if TYPE_CHECKING:
    from collections.abc import Callable

    from binance_creds.providers.google._endpoint import Endpoint
    from binance_creds.providers.remote._errors import ErrorTable

__all__ = ["transport_of"]

_BAD_REQUEST: Final = 400
_CHANNEL: Final = (  # gRPC shares connections of the process between channels, unless told not to
    ("grpc.use_local_subchannel_pool", 1),
)


def transport_of(
    kind: Any, endpoint: Endpoint, own_host: str, table: ErrorTable, *, is_rest: bool
) -> Any:
    """Return a transport of an API that sends no credentials of its own.

    Args:
        kind: the class of the API's library, for REST or for gRPC.
        endpoint: where the API is asked.
        own_host: Google's, where the endpoint names none.
        table: of the API, for answers of others over REST.
        is_rest: whether the class is that for REST.
    """
    host, is_plain = endpoint.host or own_host, endpoint.is_plain
    if not is_rest:
        return kind(host=host, channel=channel_of(host, is_plain=is_plain, options=_CHANNEL))
    nobody: Any = _Nobody  # its base is not typed
    transport = kind(host=host, credentials=nobody(), url_scheme="http" if is_plain else "https")
    session = transport._session  # noqa: SLF001  # it takes none of ours
    for adapter in session.adapters.values():
        adapter.init_poolmanager(1, SIGNING_LANES)  # one host; a key signs so often at a time
    keep_to_its_login(session)
    session.hooks["response"].append(_refusing_foreign(table))
    return transport


def _refusing_foreign(table: ErrorTable) -> Callable[..., None]:
    """Return a hook of requests: it stops a refusal by REST that is in no words of Google's.

    The 404 of a proxy or gateway, in JSON or not, does not say that the secret is absent. Google's
    library takes any JSON apart as its own, and fails in ways that tell nothing.
    """

    def refuse(response: Any, **_: object) -> None:
        if response.status_code < _BAD_REQUEST or own_status(response) is not None:
            return
        raise table.answered(
            (),
            response.text,
            status=response.status_code,
            is_own=False,
            retry_after_seconds=retry_after_seconds(response.headers.get("Retry-After")),
        )

    return refuse


class _Nobody(Credentials):
    """Say nothing: the token is in the headers already."""

    def before_request(self, request: object, method: str, url: str, headers: object) -> None:
        """Add nothing."""

    def refresh(self, request: object) -> None:
        """Leave a 401 as it is; it is translated, and the login is made anew."""
