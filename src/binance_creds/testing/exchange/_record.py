"""What the local exchange remembers of each request, and what tests ask of it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from binance_creds.testing.exchange._incoming import Transport

__all__ = ["RecordedRequest", "Recorder", "is_order"]

_ORDERS: Final = ("/order", "/order/cancelReplace")


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """What a request asked for, whose key it named, whose key signed it, and the answer.

    Attributes:
        method: the HTTP method; `WS` for a WebSocket method without a REST twin.
        path: without the query; a WebSocket method has that of its REST twin, such as
            `/api/v3/order` for `order.place`.
        api_key: the key that it named in its header, its parameters, or its session; `None` for
            none.
        code: the exchange's error code; 0 for success, also where the answer was lost; -1001 where
            the connection ended before the request was carried out.
        signed_by: the API key whose secret or private key made the signature; `None` without a
            signature or where no known key fits.
        params: of query and body together, without the signature.
        account: the owner of the key that it named; `None` for an unknown key.
        transport: `rest` or `ws`.
        time_ms: Unix time at which it was answered, in milliseconds.
        is_placed: whether it placed an order, also where the answer was lost.
    """

    method: str
    path: str
    api_key: str | None
    code: int
    signed_by: str | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    account: str | None = None
    transport: Transport = "rest"
    time_ms: int = 0
    is_placed: bool = False

    @property
    def client_order_id(self) -> str | None:
        """The client's own id of the order that it places, queries or cancels."""
        return self.params.get("origClientOrderId") or self.params.get("newClientOrderId")

    @property
    def is_order(self) -> bool:
        """Whether it asks for an order to be placed."""
        return is_order(self.method, self.path)


def is_order(method: str, path: str) -> bool:
    """Return whether an endpoint places an order."""
    return method == "POST" and path.endswith(_ORDERS)


class Recorder:
    """Keep the requests of an exchange. Threads may share it."""

    def __init__(self) -> None:
        super().__init__()
        self._record_lock: Final = threading.Lock()  # guards _recorded
        self._recorded: list[RecordedRequest] = []

    @property
    def requests(self) -> list[RecordedRequest]:
        """Every request so far, in the order of their answers."""
        with self._record_lock:
            return list(self._recorded)

    def accepted(self, api_key: str) -> int:
        """Return how many requests with a key succeeded."""
        return sum(r.api_key == api_key and not r.code for r in self.requests)

    def rejected(self) -> list[RecordedRequest]:
        """Return the requests that were refused."""
        return [request for request in self.requests if request.code]

    def mixed(self) -> list[RecordedRequest]:
        """Return the requests that named one key and were signed with another."""
        return [r for r in self.requests if r.signed_by not in {None, r.api_key}]

    def doubled(self) -> list[RecordedRequest]:
        """Return the requests for an order under a client order id that was placed before.

        Over REST and WebSocket together, for each account; the first of each is not among them.
        """
        placed: set[tuple[str | None, str]] = set()
        again = []
        for request in filter(lambda r: r.is_order and r.client_order_id, self.requests):
            name = request.account, request.client_order_id or ""
            if name in placed:
                again.append(request)
            elif request.is_placed:
                placed.add(name)
        return again

    def _record(self, request: RecordedRequest) -> None:
        with self._record_lock:
            self._recorded.append(request)
