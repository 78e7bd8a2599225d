"""A client that builds on a session of requests, and signs with placeholders."""

from __future__ import annotations

import time

import pytest
import requests
from requests.adapters import HTTPAdapter
from support import build, caught
from urllib3.util import Retry

from binance_creds import KeyType
from binance_creds.adapters._sessions import attach_session, proving
from binance_creds.adapters._wire._attachment import Attachment
from binance_creds.adapters._wire._request import PLACEHOLDER_KEY
from binance_creds.adapters._wire._signer import WireSigner
from binance_creds.errors import ConfigurationError

ACCOUNT, ORDER = "/api/v3/account", "/api/v3/order/test"


def placeholders(**more) -> dict[str, object]:
    return {**more, "timestamp": int(time.time() * 1000) - 3_600_000, "signature": "0" * 64}


@pytest.fixture(params=list(KeyType))
def session(request, exchange):
    """A session as such a client has it."""
    with requests.Session() as session:
        session.headers["X-MBX-APIKEY"] = PLACEHOLDER_KEY
        signer = WireSigner(build(**exchange.issue(request.param).fields()))
        with Attachment() as attachment:
            attach_session(attachment, session, signer.resign)
            with proving(signer, "the client"):
                session.get("https://127.0.0.1/api/v3/account", params=placeholders())
        yield session


def test_a_signature_is_replaced_where_it_stands(session, exchange) -> None:
    """In the query, and in a body that becomes longer or shorter."""
    order = placeholders(symbol="BTCUSDT", side="BUY", type="MARKET", quantity="1")
    assert session.get(exchange.url + ACCOUNT, params=placeholders(x="é")).status_code == 200
    assert session.post(exchange.url + ORDER, data=order).status_code == 200
    assert session.post(exchange.url + ORDER, params=order).status_code == 200
    assert exchange.rejected() == []


def test_a_request_that_urllib3_repeats_is_signed_anew(session, exchange) -> None:
    """It would be late otherwise; the answer is of the last one."""
    exchange.throttle(2, retry_after_seconds=0)
    again = Retry(2, status_forcelist=[429], backoff_factor=0, allowed_methods=None)
    session.mount("http://", HTTPAdapter(max_retries=again))
    assert session.get(exchange.url + ACCOUNT, params=placeholders()).status_code == 200
    assert [r.code for r in exchange.requests] == [-1003, -1003, 0]


def test_a_public_request_has_no_key(session, recorder) -> None:
    session.get(recorder.url + "/api/v3/ping")
    assert "X-MBX-APIKEY" not in recorder.seen[0].headers


def test_a_request_with_another_key_is_refused(session, exchange) -> None:
    error = caught(session.get, exchange.url + ACCOUNT, headers={"X-MBX-APIKEY": "mine"})
    assert isinstance(error, ConfigurationError)
    assert exchange.requests == []


def test_a_stream_is_refused(session, exchange) -> None:
    """urllib3 1.26 sends it in a way of its own."""
    error = caught(session.post, exchange.url + ORDER, data=iter([b"a=1"]))
    assert "streamed body" in str(error)
    assert exchange.requests == []
