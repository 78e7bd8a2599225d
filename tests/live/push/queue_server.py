"""A queue of Azure Storage on this machine, over HTTPS: what a listener needs of its REST API.

Tokens are those of a `FakeAzure`; a key is taken as it is, because Azurite checks that one.
"""

from __future__ import annotations

import contextlib
import itertools
import ssl
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

from serving import end

ACCOUNT = "botaccount"
QUEUE = "key-vault-events"
DATE = "Sat, 21 Nov 2026 08:00:00 GMT"
AUDIENCES = {"https://storage.azure.com", "https://storage.azure.com/"}


class QueueServer:
    """One queue. `faults` are the (status, code, headers, body) of the next answers, by method."""

    def __init__(self, azure, port: int = 0) -> None:
        self.azure = azure
        self.messages: dict[str, str] = {}  # by id
        self.hidden: set[str] = set()
        self._ids = itertools.count()
        self.faults: dict[str, list[tuple[int, str, dict[str, str], str]]] = {
            "GET": [],
            "DELETE": [],
        }
        self.requests: Counter[str] = Counter()
        self.delays = threading.Event()  # while set, nothing is answered
        self.stopped = threading.Event()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        azure.certificate.configure_cert(context)
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.queue = self
        self._server.context = context
        self.port = self._server.server_port
        self.account = f"https://localhost:{self.port}/{ACCOUNT}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self.stopped.set()
        end(self._server)

    def put(self, text: str) -> None:
        self.messages[f"id-{next(self._ids)}"] = text

    def take(self) -> list[tuple[str, str]]:
        found = [(key, text) for key, text in self.messages.items() if key not in self.hidden][:32]
        self.hidden |= {key for key, _ in found}
        return found


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def finish_request(self, request, client_address):
        with contextlib.suppress(OSError):  # a client that does not trust us, or went away
            request.settimeout(20)
            with self.context.wrap_socket(request, server_side=True) as stream:
                self.RequestHandlerClass(stream, client_address, self)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet

    def log_message(self, *args):
        """Say nothing."""

    def do_GET(self):
        self._answer("GET")

    def do_DELETE(self):
        self._answer("DELETE")

    def _answer(self, method: str) -> None:
        queue = self.server.queue
        queue.requests[method] += 1
        if queue.delays.is_set():
            queue.stopped.wait(20)
        if queue.stopped.is_set():
            self.close_connection = True
            return
        split = urlsplit(self.path)
        if queue.faults[method]:
            status, code, headers, body = queue.faults[method].pop(0)
            self._send(status, body, {"x-ms-error-code": code} if code else {}, headers)
        elif not self._is_known():
            where = f"https://login.test:{queue.azure.port}/common/oauth2/authorize"
            challenge = f"Bearer authorization_uri={where} resource_id=https://storage.azure.com"
            self._refuse(401, "NoAuthenticationInformation", {"WWW-Authenticate": challenge})
        elif not split.path.startswith(f"/{ACCOUNT}/{QUEUE}/messages"):
            self._refuse(404, "QueueNotFound")
        elif method == "GET":
            self._give(parse_qs(split.query))
        elif queue.messages.pop(split.path.rpartition("/")[2], None) is None:
            self._refuse(404, "MessageNotFound")
        else:
            self._send(204, "")

    def _is_known(self) -> bool:
        kind, _, what = self.headers.get("Authorization", "").partition(" ")
        if kind == "SharedKey":
            return what.startswith(f"{ACCOUNT}:")
        claims = self.server.queue.azure.tokens.get(what)
        return claims is not None and claims["aud"] in AUDIENCES

    def _give(self, query) -> None:
        assert query["numofmessages"] == ["32"]
        items = "".join(
            f"<QueueMessage><MessageId>{key}</MessageId><InsertionTime>{DATE}</InsertionTime>"
            f"<ExpirationTime>{DATE}</ExpirationTime><PopReceipt>receipt</PopReceipt>"
            f"<TimeNextVisible>{DATE}</TimeNextVisible><DequeueCount>1</DequeueCount>"
            f"<MessageText>{escape(text)}</MessageText></QueueMessage>"
            for key, text in self.server.queue.take()
        )
        self._send(200, f"<QueueMessagesList>{items}</QueueMessagesList>")

    def _refuse(self, status: int, code: str, headers: dict[str, str] | None = None) -> None:
        body = f"<Error><Code>{code}</Code><Message>refused</Message></Error>"
        self._send(status, body, {"x-ms-error-code": code}, headers or {})

    def _send(self, status: int, body: str, *heads: dict[str, str]) -> None:
        data = f'<?xml version="1.0" encoding="utf-8"?>{body}'.encode() if body else b""
        if body.startswith("!"):  # not XML
            data = body.encode()
        self.send_response(status)
        head = {"Content-Type": "application/xml", "x-ms-version": "2025-01-05"}
        for one in heads:
            head |= one
        for name, value in head.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
