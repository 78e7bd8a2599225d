"""What goes wrong between a bot and any of the four stores, and what the bot then sees."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from fault_proxy import bare, hang, refusing_address, reset, status, trickle, truncated
from support import caught, token
from waiting import PATIENCE, timed, wait_for

from binance_creds import load_credentials
from binance_creds.errors import ProviderUnavailableError, ThrottledError
from binance_creds.providers.remote._retries import ATTEMPTS, with_retries
from binance_creds.testing import assert_no_leak, watch_for_leaks

pytestmark = pytest.mark.unmeasured

HTML = status(200, b"<html>Log in to the hotel's network</html>", Content_Type="text/html")
LOGINS = ("AWS_SECRET_ACCESS_KEY", "AZURE_CLIENT_SECRET", "VAULT_TOKEN")
BROKEN = {
    "reset": reset,
    "500": status(500),
    "503": status(503),
    "truncated": truncated,
    "html": HTML,
}


@pytest.fixture
def pair() -> dict[str, str]:
    return {"api_key": token(), "api_secret": token()}


@pytest.fixture
def name(shop, pair) -> str:
    """The name of a secret that holds the pair, and that no other test has."""
    name = f"bot-{token()[:12]}"
    shop.put(name, pair)
    return name


@pytest.fixture
def pauses(machine) -> list[float]:
    """The pauses before further attempts, noted instead of waited for."""
    pauses: list[float] = []
    machine.setitem(with_retries.__kwdefaults__, "sleep", pauses.append)
    return pauses


def refusal(shop, source: str, pair: dict[str, str], seconds: float = PATIENCE) -> BaseException:
    """Return why a load fails, which must name its source and what to do, and show nothing."""
    with watch_for_leaks(pair["api_secret"]):
        error = caught(load_credentials, source, timeout_seconds=seconds)
    assert error.source.startswith(f"{shop.scheme}:")
    assert "=..." in error.source
    assert error.hint
    assert error.retryable
    logins = (shop.environ.get(name) for name in LOGINS)
    for value in filter(None, (*pair.values(), *logins)):
        assert_no_leak(value, error)
    return error


def test_nobody_listens(shop, name, pair) -> None:
    scheme = shop.proxy.url.partition(":")[0]
    error = refusal(shop, shop.source(name, f"{scheme}://{refusing_address()}"), pair)
    assert type(error) is ProviderUnavailableError


@pytest.mark.parametrize("fault", [hang, trickle], ids=["hang", "trickle"])
def test_the_deadline_is_kept(shop, name, pair, fault) -> None:
    with shop.proxy.failing(fault), timed() as took:
        error = refusal(shop, shop.source(name), pair, seconds=1)
    assert took.wall > 0.9
    assert took.fair < 2
    assert type(error) is ProviderUnavailableError


@pytest.mark.parametrize("fault", BROKEN)
def test_an_answer_that_is_none_is_unavailable(shop, name, pair, fault, pauses) -> None:
    """Also a 200 with something else in it: that is a captive portal, and no malformed secret."""
    with shop.proxy.failing(BROKEN[fault]):
        error = refusal(shop, shop.source(name), pair)
    assert type(error) is ProviderUnavailableError
    assert len(pauses) == ATTEMPTS - 1


STRANGERS = {
    "page": {"body": b"<html>Blocked by your network</html>", "Content_Type": "text/html"},
    "gateway": {"body": b'{"message":"Forbidden"}', "Content_Type": "application/json"},
    "list": {"body": b"[]", "Content_Type": "application/json"},
}


@pytest.mark.parametrize("stranger", STRANGERS)
@pytest.mark.parametrize("code", [302, 400, 401, 403, 404, 407, 409])
def test_a_refusal_of_another_is_not_the_stores(shop, name, pair, stranger, code, pauses) -> None:
    """A proxy's 403 does not deny and its 404 is no absence, which would move a chain on."""
    load_credentials(shop.source(name))
    with shop.proxy.failing(status(code, **STRANGERS[stranger])):
        error = caught(load_credentials, shop.source(name), fresh=True)
    assert type(error) is ProviderUnavailableError


def test_an_answer_in_json_of_another_is_unavailable(shop, name, pair, pauses) -> None:
    load_credentials(shop.source(name))
    with shop.proxy.failing(status(200, b'{"status":"ok"}', Content_Type="application/json")):
        error = caught(load_credentials, shop.source(name), fresh=True)
    assert type(error) is ProviderUnavailableError


CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
NOT_IT = "is not from"
# Of the servers behind a wrong port, and of proxies that break.
ODD = {
    "SSH": (bare(b"SSH-2.0-OpenSSH_9.2p1\r\n"), "does not speak the protocol of"),
    "Redis": (bare(b"-ERR unknown command 'GET'\r\n"), "does not speak the protocol of"),
    "HTTP/2": (bare(b"\0\0\x12\4\0\0\0\0\0\0\3\0\0\0d"), "does not speak the protocol of"),
    "no status": (bare(b"HTTP/1.1 fine\r\n\r\n"), "does not speak the protocol of"),
    "closed": (bare(b""), "closed the connection without an answer"),
    "bad chunk": (bare(CHUNKED + b"zz\r\n{}\r\n0\r\n\r\n"), "broke off, or was damaged"),
    "half a chunk": (bare(CHUNKED + b"10\r\n{}"), "broke off, or was damaged"),
    "a long line": (bare(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000 + b"\r\n\r\n"), NOT_IT),
    "many lines": (bare(b"HTTP/1.1 200 OK\r\n" + b"X: 1\r\n" * 101 + b"\r\n"), NOT_IT),
    "deep": (status(200, b"[" * 100_000), NOT_IT),
    "a long number": (status(200, b"9" * 5000), NOT_IT),
    "a circle": (status(302, Location="/"), NOT_IT),
    "another scheme": (status(302, Location="file:///etc/passwd"), NOT_IT),
    "a portal": (status(511, b"<html>Log in", Content_Type="text/html"), NOT_IT),
}


@pytest.mark.parametrize("odd", ODD)
def test_what_answers_in_place_of_the_store_is_named(shop, name, pair, odd, pauses) -> None:
    """And not called silence: who reads that looks for a server that is down."""
    load_credentials(shop.source(name))
    fault, says = ODD[odd]
    with shop.proxy.failing(fault):
        error = caught(load_credentials, shop.source(name), fresh=True)
    assert type(error) is ProviderUnavailableError
    assert says in str(error)


def test_an_answer_that_is_not_compressed_as_it_says_is_damaged(shop, name, pair, pauses) -> None:
    with shop.proxy.failing(status(200, b"plain", Content_Encoding="gzip")):
        error = refusal(shop, shop.source(name), pair)
    assert ("damaged" in str(error)) is (shop.scheme != "aws-sm")  # botocore asks for none


@pytest.mark.parametrize("fault", BROKEN)
def test_one_failure_is_tried_again(shop, name, pair, fault, pauses) -> None:
    if shop.scheme == "azure-kv":  # its first answer is a challenge, of which nothing is read
        load_credentials(shop.source(name))
    with shop.proxy.failing(BROKEN[fault], times=1):
        creds = load_credentials(shop.source(name), fresh=True)
    assert pair["api_secret"] == creds.api_secret.reveal()
    assert len(pauses) == 1


def in_seconds() -> str:
    return "700"


def as_a_date() -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=700), usegmt=True)


@pytest.mark.parametrize("form", [in_seconds, as_a_date])
def test_retry_after_is_waited_for(shop, name, pair, pauses, form) -> None:
    """In both forms of RFC 9110; of a date, the time until it is read is lost."""
    with shop.proxy.failing(status(429, Retry_After=form()), times=1):
        creds = load_credentials(shop.source(name), timeout_seconds=1000)
    assert pair["api_secret"] == creds.api_secret.reveal()
    assert len(pauses) == 1
    assert 700 - PATIENCE < pauses[0] <= 700


def test_a_wait_beyond_the_deadline_is_not_begun(shop, name, pair, pauses) -> None:
    with shop.proxy.failing(status(429, Retry_After="60")):
        error = refusal(shop, shop.source(name), pair, seconds=50)
    assert type(error) is ThrottledError
    assert error.retry_after_seconds == 60
    assert pauses == []


def test_a_throttled_load_without_a_time_is_tried_again(shop, name, pair, pauses) -> None:
    with shop.proxy.failing(status(429)):
        error = refusal(shop, shop.source(name), pair)
    assert type(error) is ThrottledError
    assert error.retry_after_seconds is None
    assert len(pauses) == ATTEMPTS - 1


def ours() -> int:
    """Count threads, but for those that serve the connections of these tests."""
    return sum("process_request_thread" not in thread.name for thread in threading.enumerate())


def test_a_hundred_tries_at_a_server_that_hangs_leave_one_thread(shop, name) -> None:
    before, requests = ours(), len(shop.proxy.requests)
    with shop.proxy.failing(hang):

        def is_asked() -> bool:
            caught(load_credentials, shop.source(name), timeout_seconds=0.05, fresh=True)
            return len(shop.proxy.requests) > requests

        wait_for(is_asked)
        for _ in range(100):
            error = caught(load_credentials, shop.source(name), timeout_seconds=0.01, fresh=True)
            assert type(error) is ProviderUnavailableError
        assert ours() - before <= 1
