"""Pub/Sub's subscriber service on this machine: Google's own messages over gRPC.

As the real one does: a pull is held until there is a message or the client gives up; what is not
acknowledged comes again, here as soon as `redeliver` is called.
"""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import grpc
from google import pubsub_v1 as api

SERVICE = "google.pubsub.v1.Subscriber"
SUBSCRIPTION = "projects/my-project/subscriptions/bot"
SECRET = "projects/123456789/secrets/binance"


class PubSubServer:
    """One subscription. `faults` are the (status, text) of the next answers, by method."""

    def __init__(self, credentials: grpc.ServerCredentials | None = None, port: int = 0) -> None:
        self._changed = threading.Condition()  # guards all below
        self._waiting: list[api.ReceivedMessage] = []
        self._given: dict[str, api.ReceivedMessage] = {}
        self._ids = itertools.count()
        self._stopped = False
        self.faults: dict[str, list[tuple[grpc.StatusCode, str]]] = {"Pull": [], "Acknowledge": []}
        self.requests: Counter[str] = Counter()
        self.authorizations: list[str | None] = []
        self.holds = True  # False: an empty subscription is answered at once
        self._server = grpc.server(ThreadPoolExecutor(8))
        self._server.add_generic_rpc_handlers((_handlers(self),))
        add = self._server.add_insecure_port
        if credentials is not None:
            add = lambda address: self._server.add_secure_port(address, credentials)  # noqa: E731  # two ways, one call
        self.port = add(f"127.0.0.1:{port}")
        self._server.start()

    def close(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        self._server.stop(None).wait()

    def publish(self, data: bytes = b"", **attributes: str) -> None:
        with self._changed:
            message = api.PubsubMessage(data=data, attributes=attributes)
            ack_id = f"ack-{next(self._ids)}"
            self._waiting.append(api.ReceivedMessage(ack_id=ack_id, message=message))
            self._changed.notify_all()

    def redeliver(self) -> None:
        """Give again what was pulled and not acknowledged."""
        with self._changed:
            self._waiting += self._given.values()
            self._given = {}
            self._changed.notify_all()

    @property
    def left(self) -> int:
        """How many messages are not acknowledged."""
        with self._changed:
            return len(self._waiting) + len(self._given)

    def await_request(self, method: str, count: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self.requests[method] >= count, 10)

    def begin(self, method: str, context) -> None:
        with self._changed:
            self.requests[method] += 1
            head = dict(context.invocation_metadata())
            self.authorizations.append(head.get("authorization"))
            fault = self.faults[method].pop(0) if self.faults[method] else None
            self._changed.notify_all()
        if fault is not None:
            context.abort(*fault)

    def pull(self, request, context):
        self.begin("Pull", context)
        assert request.subscription == SUBSCRIPTION
        assert not request.return_immediately

        def is_settled() -> bool:
            return bool(self._waiting) or self._stopped or not context.is_active()

        context.add_callback(self._wake)
        with self._changed:
            if self.holds:
                self._changed.wait_for(is_settled, 10)
            if not context.is_active():
                return api.PullResponse()
            pulled = self._waiting[: request.max_messages]
            del self._waiting[: len(pulled)]
            self._given |= {one.ack_id: one for one in pulled}
            return api.PullResponse(received_messages=pulled)

    def acknowledge(self, request, context):
        from google.protobuf import empty_pb2

        self.begin("Acknowledge", context)
        with self._changed:
            for ack_id in request.ack_ids:
                self._given.pop(ack_id, None)
        return empty_pb2.Empty()

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()


def _handlers(server: PubSubServer):
    return grpc.method_handlers_generic_handler(
        SERVICE,
        {
            "Pull": grpc.unary_unary_rpc_method_handler(
                server.pull,
                request_deserializer=api.PullRequest.deserialize,
                response_serializer=api.PullResponse.serialize,
            ),
            "Acknowledge": grpc.unary_unary_rpc_method_handler(
                server.acknowledge,
                request_deserializer=api.AcknowledgeRequest.deserialize,
                response_serializer=lambda empty: empty.SerializeToString(),
            ),
        },
    )
