"""Nothing of a pair is shown by a check, whatever it meets: canaries at DEBUG of every logger."""

from __future__ import annotations

import logging
import traceback

import pytest
from listener import Listener
from support import build, caught, token

from binance_creds import CredentialsError, KeyType
from binance_creds.exchange import ExchangeCheck
from binance_creds.testing import assert_no_leak, watch_for_leaks

FAULTS = {
    "none": lambda exchange: None,
    "limit": lambda exchange: exchange.throttle(),
    "fault": lambda exchange: exchange.fail(),
    "no answer": lambda exchange: exchange.drop(),
    "a page": lambda exchange: exchange.reply("<html></html>"),
    "echo": lambda exchange: exchange.reply('{"code": -2015, "msg": "request ip: 1"}', status=401),
}


def secrets_of(issued) -> list[str]:
    body = "".join(issued.private_key_pem.splitlines()[1:-1])
    return [text for text in (issued.api_key, issued.api_secret, body) if text]


@pytest.mark.parametrize("kind", KeyType)
@pytest.mark.parametrize("order", FAULTS.values(), ids=FAULTS)
def test_logs_errors_and_findings_are_clean(order, kind, exchange, check) -> None:
    """Those of httpx and httpcore too: signature, key and secret."""
    issued = exchange.issue(kind, ip_list=("10.0.0.1",) if kind is KeyType.RSA else ())
    creds = build(**issued.fields())
    for canary in secrets_of(issued):
        order(exchange)
        with watch_for_leaks(canary):
            try:
                shown = check.examine(creds)
            except CredentialsError as error:
                shown = error
        assert_no_leak(canary, shown, check)


@pytest.mark.parametrize("kind", KeyType)
def test_no_signed_address_is_logged(kind, exchange, check, issue, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    check.examine(issue(kind))
    assert "http" in caplog.text  # httpcore has logged
    assert "signature" not in caplog.text
    assert "timestamp" not in caplog.text
    assert "apikey" not in caplog.text.lower()


def test_an_error_brings_no_frame_of_the_client(exchange, check, issue) -> None:
    """Their locals hold the request."""
    exchange.drop()
    error = caught(check.examine, issue())
    assert error.__cause__ is error.__context__ is None
    frames = traceback.extract_tb(error.__traceback__)
    assert not [frame for frame in frames if "httpx" in frame.filename or "httpcore" in frame.name]


def test_a_foreign_secret_stays_out_of_the_refusal(exchange, check) -> None:
    issued, secret = exchange.issue(), token()
    creds = build(api_key=issued.api_key, api_secret=secret)
    error = caught(check.examine, creds)
    assert_no_leak(secret, error)
    assert_no_leak(issued.api_key, error)


def test_no_proxy_gets_what_is_for_this_machine(exchange, check, issue, monkeypatch) -> None:
    proxy = Listener()
    proxy.be_proxy(monkeypatch)
    assert check.examine(issue())
    proxy.close()
    assert proxy.heard == []


@pytest.mark.parametrize("is_named", [True, False])
def test_a_proxy_of_the_environment_is_asked_for_other_machines(
    is_named, issue, monkeypatch
) -> None:
    """As any client of httpx does; it sees the name of the host alone."""
    proxy = Listener()
    proxy.be_proxy(monkeypatch)
    if not is_named:
        for name in ("https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY"):
            monkeypatch.delenv(name)
        monkeypatch.setenv("all_proxy", f"127.0.0.1:{proxy.port}")
        monkeypatch.setenv("ALL_PROXY", f"127.0.0.1:{proxy.port}")
    creds = issue()
    error = caught(ExchangeCheck(base_url="https://exchange.invalid").examine, creds)
    proxy.close()
    assert "cannot be reached" in error.message
    assert proxy.heard[0].startswith(b"CONNECT exchange.invalid:443")
    assert creds.api_key.reveal().encode() not in b"".join(proxy.heard)


def test_a_host_that_the_environment_excludes_is_asked_without_a_proxy(issue, monkeypatch) -> None:
    proxy = Listener()
    proxy.be_proxy(monkeypatch)
    monkeypatch.setenv("no_proxy", "exchange.invalid")
    monkeypatch.setenv("NO_PROXY", "exchange.invalid")
    assert caught(ExchangeCheck(base_url="https://exchange.invalid").examine, issue())
    proxy.close()
    assert proxy.heard == []


def test_a_proxy_of_an_unknown_kind_is_no_verdict(issue, monkeypatch) -> None:
    for name in ("https_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "gopher://user:word@proxy.lan")
    error = caught(ExchangeCheck(base_url="https://exchange.invalid").examine, issue())
    assert "cannot be reached (ValueError)" in error.message
    assert "word" not in str(error)
