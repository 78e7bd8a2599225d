"""A client of Secret Manager over REST or gRPC, open for the requests of one call."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Protocol

import google.cloud.secretmanager_v1 as secretmanager  # `from` would hide that it is absent
from google.auth.credentials import Credentials
from google.cloud.secretmanager_v1.services.secret_manager_service import transports

from binance_creds._loopback import bypass_proxies
from binance_creds.providers.google._endpoint import channel_of
from binance_creds.providers.google._errors import refuse_foreign
from binance_creds.providers.remote._call import ATTEMPT_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from binance_creds._time._deadline import Deadline
    from binance_creds.providers.google._login import GoogleLogin
    from binance_creds.providers.google._secret_name import Place

__all__ = ["Ask", "asking", "client_of"]

_CHANNEL: Final = (  # gRPC shares connections of the process between channels, unless told not to
    ("grpc.use_local_subchannel_pool", 1),
)


class Ask(Protocol):
    """Make one request of the API, within the deadline of the call."""

    def __call__(
        self, method: str, /, *, most_seconds: float = ATTEMPT_SECONDS, **request: object
    ) -> Any: ...


@contextmanager
def asking(place: Place, login: GoogleLogin | None, deadline: Deadline) -> Iterator[Ask]:
    """Give what asks the API; the connection ends with the block."""
    headers = login.headers(deadline) if login else {}
    client = client_of(place, login.universe if login else "")

    def ask(method: str, /, *, most_seconds: float = ATTEMPT_SECONDS, **request: object) -> Any:
        return getattr(client, method)(
            request=request,
            retry=None,  # the SDK's own knows no Retry-After
            timeout=min(most_seconds, deadline.remaining_seconds),
            metadata=tuple(headers.items()),
        )

    try:
        yield ask
    finally:
        client.transport.close()


def client_of(place: Place, universe: str) -> Any:
    """Return a client without credentials: they are in the headers."""
    region = f".{place.location}.rep" if place.location else ""
    host = place.endpoint.host or f"secretmanager{region}.{universe}"
    is_plain = place.endpoint.is_plain
    transport: Any
    if place.is_rest:
        nobody: Any = _Nobody  # its base is not typed
        transport = transports.SecretManagerServiceRestTransport(
            host=host, credentials=nobody(), url_scheme="http" if is_plain else "https"
        )
        session = transport._session  # noqa: SLF001  # it takes none of ours
        bypass_proxies(session)
        session.hooks["response"].append(refuse_foreign)
    else:
        transport = transports.SecretManagerServiceGrpcTransport(
            host=host, channel=channel_of(host, is_plain=is_plain, options=_CHANNEL)
        )
    return secretmanager.SecretManagerServiceClient(transport=transport)


class _Nobody(Credentials):
    """Say nothing: the token is in the headers already."""

    def before_request(self, request: object, method: str, url: str, headers: object) -> None:
        """Add nothing."""

    def refresh(self, request: object) -> None:
        """Leave a 401 as it is; it is translated, and the login is made anew."""
