"""Requests to the local exchange, signed without this library."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from urllib.parse import quote

import requests
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from waiting import PATIENCE

from binance_creds import KeyType

ACCOUNT, ORDER = "/api/v3/account", "/api/v3/order"


def send(
    exchange,
    key,
    query="",
    *,
    method="GET",
    path=ACCOUNT,
    body="",
    at=None,
    signature=None,
    header=None,
):
    """Sign, send, and return the status and the answer."""
    query = "&".join(
        filter(None, (query, f"timestamp={at if at is not None else int(time.time() * 1000)}"))
    )
    if at == "":
        query = query.replace("timestamp=", "").strip("&")
    given = made(key, query + body) if signature is None else signature
    query += f"&signature={given}" if given else ""
    headers = {} if header == "" else {"X-MBX-APIKEY": header or key.api_key}
    answer = requests.request(
        method,
        f"{exchange.url}{path}?{query}",
        data=body.encode(),
        headers=headers,
        timeout=PATIENCE,
    )
    return answer.status_code, answer.json()


def made(key, payload: str) -> str:
    """Return the signature as it stands in a URL."""
    if key.key_type is KeyType.HMAC:
        return hmac.new(key.api_secret.encode(), payload.encode(), hashlib.sha256).hexdigest()
    private = serialization.load_pem_private_key(key.private_key_pem.encode(), None)
    rsa = (padding.PKCS1v15(), hashes.SHA256()) if key.key_type is KeyType.RSA else ()
    return quote(base64.b64encode(private.sign(payload.encode(), *rsa)).decode(), safe="")
