"""A client of Secret Manager over REST or gRPC, open for the requests of one call."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

import google.cloud.secretmanager_v1 as secretmanager  # `from` would hide that it is absent
from google.cloud.secretmanager_v1.services.secret_manager_service import transports

from binance_creds.providers.google._errors import SECRETS
from binance_creds.providers.google._transport import transport_of
from binance_creds.providers.remote._call import ATTEMPT_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from binance_creds._time._deadline import Deadline
    from binance_creds.providers.google._login import GoogleLogin
    from binance_creds.providers.google._secret_name import Place

__all__ = ["Ask", "asking", "client_of"]


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
    rest, grpc = (
        transports.SecretManagerServiceRestTransport,
        transports.SecretManagerServiceGrpcTransport,
    )
    transport = transport_of(
        rest if place.is_rest else grpc,
        place.endpoint,
        f"secretmanager{region}.{universe}",
        SECRETS,
        is_rest=place.is_rest,
    )
    return secretmanager.SecretManagerServiceClient(transport=transport)
