"""Talk to the local exchange over WebSockets by hand: `websockets` and `cryptography` alone."""

from __future__ import annotations

import base64
import hashlib
import hmac
import inspect
import json
import time
from contextlib import contextmanager

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from support import caught
from waiting import PATIENCE
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from binance_creds import KeyType

SPOT = "/ws-api/v3"
# Since websockets 15, which would go through a proxy of the environment.
DIRECTLY = {"proxy": None} if "proxy" in inspect.signature(connect).parameters else {}


class Session:
    """Ask over one connection, by hand."""

    def __init__(self, socket) -> None:
        self.socket = socket
        self.id = 0

    def hear(self):
        return json.loads(self.socket.recv(timeout=PATIENCE))

    def tell(self, text):
        self.socket.send(text)
        return self.hear()

    def ask(self, method, **params):
        self.id += 1
        return self.tell(json.dumps({"id": self.id, "method": method, "params": params}))

    def ask_signed(self, key, method, **params):
        return self.ask(method, **signed(key, **params))

    def log_on(self, key):
        return self.ask_signed(key, "session.logon")


@contextmanager
def session(exchange, path=SPOT):
    with connect(f"{exchange.ws_url}{path}", **DIRECTLY) as socket:
        yield Session(socket)


def refusal(exchange, path=SPOT) -> int:
    """Return the HTTP status that a handshake gets."""
    error = caught(lambda: session(exchange, path).__enter__())
    assert isinstance(error, InvalidStatus)
    return error.response.status_code


def now() -> int:
    return int(time.time() * 1000)


def signed(key, **params):
    """Sign as the documentation's own example does."""
    params = {"apiKey": key.api_key, "timestamp": now(), **params}
    payload = "&".join(f"{name}={value}" for name, value in sorted(params.items())).encode()
    return {**params, "signature": signature(key, payload)}


def signature(key, payload: bytes) -> str:
    if key.key_type is KeyType.HMAC:
        return hmac.new(key.api_secret.encode(), payload, hashlib.sha256).hexdigest()
    private = serialization.load_pem_private_key(key.private_key_pem.encode(), None)
    how = (padding.PKCS1v15(), hashes.SHA256()) if isinstance(private, rsa.RSAPrivateKey) else ()
    return base64.b64encode(private.sign(payload, *how)).decode()


def code(answer):
    return answer["status"], answer["error"]["code"]
