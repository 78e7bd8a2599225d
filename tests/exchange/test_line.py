"""Where a check sends its requests, and what it makes of a connection that is none."""

from __future__ import annotations

import gzip
import socket
import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import trustme
from support import build, caught, new_key

from binance_creds import Environment, ProviderNotInstalledError
from binance_creds._enums import environment_of_host
from binance_creds._time._deadline import Deadline
from binance_creds.exchange import ExchangeCheck, Market
from binance_creds.exchange._evidence import gathered
from binance_creds.exchange._line import Answer, Line
from binance_creds.exchange._markets import Place, endpoint_of, places_of
from binance_creds.exchange._memo import Pauses
from binance_creds.testing import FakeClock, FakeExchange

PORTFOLIO = "enablePortfolioMarginTrading"


def places():
    """Give every place where a pair can be proven."""
    for environment in Environment:
        for market, place in places_of(list(Market), environment):
            yield environment, market, place


def test_every_host_serves_the_environment_that_is_asked() -> None:
    """A key is never sent to another one."""
    found = list(places())
    assert len(found) == 13
    for environment, _, place in found:
        for address in filter(None, (place.address, place.spot_address, place.futures_address)):
            scheme, _, host = address.partition("://")
            assert (scheme, environment_of_host(host)) == ("https", environment)


@pytest.mark.parametrize("environment", Environment)
def test_where_each_market_has_keys_of_its_own_all_are_asked(environment) -> None:
    """If it is not known which one a pair is for."""
    markets = [market for market, _ in places_of((), environment)]
    has_several = environment in {Environment.TESTNET, Environment.DEMO}
    expected = [Market.SPOT, Market.FUTURES, Market.COIN_FUTURES] if has_several else [Market.SPOT]
    assert markets == expected


def test_a_market_that_an_environment_lacks_is_left_out() -> None:
    found = places_of([Market.OPTIONS, Market.FUTURES], Environment.TESTNET)
    assert [market for market, _ in found] == [Market.FUTURES]


def test_only_the_live_exchange_tells_permissions() -> None:
    assert {e for e, _, place in places() if place.has_restrictions} == {Environment.LIVE}


def test_only_futures_of_the_live_exchange_tells_an_address() -> None:
    """There one key is of every market."""
    told = {(e, place.futures_address) for e, _, place in places() if place.futures_address}
    assert told == {(Environment.LIVE, "https://fapi.binance.com")}


def test_every_live_market_has_a_proof_of_its_own() -> None:
    assert len({endpoint_of(market).path for market in Market}) == len(Market)


@pytest.mark.parametrize(
    ("market", "permission", "is_of_spot"),
    [(Market.FUTURES, "enableFutures", False), (Market.PORTFOLIO_MARGIN, PORTFOLIO, True)],
)
def test_each_host_is_asked_for_what_it_has(market, permission, is_of_spot) -> None:
    """The spot host has the permissions, and the time of those that have none of their own."""
    with (
        FakeExchange(clock_offset_ms=60_000) as there,
        FakeExchange(clock_offset_ms=60_000) as spot,
    ):
        issued = there.issue(permissions={permission: True})
        spot.keys.register_hmac(issued.api_key, issued.api_secret)
        place = Place(there.url, spot.url, None, has_restrictions=True)
        with Line(Deadline(30), Pauses()) as line:
            found = gathered(build(**issued.fields()), market, place, line, 0.0)
        assert found.proof.is_served
        assert found.restrictions.is_served
    proof = endpoint_of(market)
    asked = [(exchange is spot, r.path) for exchange in (there, spot) for r in exchange.requests]
    assert sorted(asked) == sorted([
        (False, proof.path), (is_of_spot, proof.time_path), (False, proof.path),
        (True, "/sapi/v1/account/apiRestrictions"),
    ])  # fmt: skip


def test_a_certificate_that_is_not_trusted_is_told() -> None:
    """The check neither proves nor refuses: somebody may be in between."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    server = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.handle_error = lambda *_: None
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    check = ExchangeCheck(base_url=f"https://127.0.0.1:{server.server_port}")
    error = caught(check.examine, build(**new_key().fields()))
    server.shutdown()
    thread.join()
    server.server_close()
    assert "its certificate was not accepted" in error.message


class OfATrader(BaseHTTPRequestHandler):
    """Answer with an account, and with no permissions."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"balances": []}')

    def log_message(self, *_) -> None:
        pass


def test_an_authority_of_the_environment_is_trusted(tmp_path, monkeypatch) -> None:
    """As any client of httpx does: of a company that looks into its traffic."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    server = HTTPServer(("127.0.0.1", 0), OfATrader)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    check = ExchangeCheck(base_url=f"https://127.0.0.1:{server.server_port}")
    found = check.examine(build(**new_key().fields()))
    server.shutdown()
    thread.join()
    server.server_close()
    assert (found.market, found.permissions) == (Market.SPOT, None)


def test_nothing_is_asked_once_the_time_is_up(exchange) -> None:
    clock = FakeClock()
    deadline = Deadline(1, clock=clock)
    clock.advance(2)
    with Line(deadline, Pauses()) as line:
        assert "in time" in line.open(exchange.url, "/api/v3/time").silence
    assert exchange.requests == []


def test_a_server_that_says_nothing_is_left_at_the_deadline() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        Line(Deadline(0.05), Pauses()) as line,
    ):
        answer = line.open(f"http://127.0.0.1:{server.getsockname()[1]}", "/")
    assert "in time" in answer.silence


def answered(deadline: Deadline, send) -> Answer:
    """Return the answer of a server that sends a header, and what else it is told to."""

    class Server(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            send(self)

        def log_message(self, *_) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=server.handle_request)
    thread.start()
    with Line(deadline, Pauses()) as line:
        answer = line.open(f"http://127.0.0.1:{server.server_port}", "/")
    thread.join()
    server.server_close()
    return answer


def test_a_body_that_takes_too_long_is_left() -> None:
    """It comes within each timeout of the client, and after the deadline of all."""
    clock = FakeClock()

    def send(server) -> None:
        server.send_header("Content-Length", "12")
        server.end_headers()
        clock.advance(2)
        server.wfile.write(b'{"uid": 123}')

    assert answered(Deadline(1, clock=clock), send).silence


@pytest.mark.parametrize(
    "body",
    [
        b"\0garbage",
        gzip.compress(b"<html>", mtime=0),
        gzip.compress(b"{" + b" " * 50_000_000, mtime=0),
    ],
)
def test_what_is_compressed_is_no_answer_for_that(body) -> None:
    def send(server) -> None:
        server.send_header("Content-Encoding", "gzip")
        server.send_header("Content-Length", str(len(body)))
        server.end_headers()
        server.wfile.write(body)

    assert "no JSON object" in answered(Deadline(), send).silence


def test_an_answer_shows_no_body() -> None:
    assert "word" not in repr(Answer(None, {"msg": "word"}))


def test_without_httpx_it_says_what_to_install(monkeypatch) -> None:
    """When a check is made, not in the middle of a load."""
    monkeypatch.setitem(sys.modules, "httpx", None)
    error = caught(ExchangeCheck)
    assert isinstance(error, ProviderNotInstalledError)
    assert error.hint == "Run: pip install 'binance-creds[exchange]'"


@pytest.mark.parametrize("market", Market)
def test_a_base_url_serves_every_market(market) -> None:
    ((found, place),) = places_of([market], Environment.LIVE, "https://proxy.lan/binance")
    assert found is market
    assert {place.address, place.spot_address, place.futures_address} == {
        "https://proxy.lan/binance"
    }
    assert place.host == "proxy.lan"
