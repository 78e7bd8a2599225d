"""Rotations that a local exchange judges, over real sockets, while a bot goes on trading."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from urllib.request import Request, urlopen

import pytest
from live_support import Told, inside
from support import caught
from waiting import wait_for

from binance_creds import Environment, RefreshPolicy, load_credentials
from binance_creds.adapters.plain import sign_request
from binance_creds.errors import CredentialsError, VerificationError
from binance_creds.exchange import ExchangeCheck, Market, Policy
from binance_creds.live import Kind, Proof
from binance_creds.testing import FakeExchange

pytestmark = pytest.mark.unmeasured

HERE, ELSEWHERE = ("127.0.0.1",), ("192.0.2.1",)
OLD = datetime.now(UTC) - timedelta(days=200)
TURNS = (200, 502, 200, 0, 200, 200, 429, 200, 503)  # of HTTP; 0 ends the connection
POLICIES = {
    Market.SPOT: "spot-trading",
    Market.FUTURES: Policy(
        required={"reading", "futures"}, markets=(Market.FUTURES,), ip_restriction="required"
    ),
}


class Bot:
    """A handle on a store, a local exchange that judges its pairs, and orders."""

    def __init__(self, store, exchange, market) -> None:
        self.store, self.exchange, self.told = store, exchange, Told()
        self.rights = {"enableFutures": market is Market.FUTURES}
        self.rotate()
        self.live = load_credentials(
            "held:a",
            live=True,
            refresh=RefreshPolicy(poll="10s", max_stale="365d", ttl="300d"),
            verify=ExchangeCheck(POLICIES[market], base_url=exchange.url),
        )
        self.live.on_event(self.told)

    def rotate(self, *, secret: str | None = None, says: str | None = None, **options) -> str:
        """Write a new key into the store; a good one unless options say otherwise."""
        rights = self.rights | options.pop("permissions", {})
        key = self.exchange.issue(**{"ip_list": HERE, "permissions": rights} | options)
        fields = key.fields() | ({"api_secret": secret} if secret else {})
        self.store.put("a", fields | ({"environment": says} if says else {}))
        return key.api_key

    def trade(self) -> str:
        """Place an order; return the key that signed it."""
        order = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01"}
        path = "/fapi/v1/order" if self.rights["enableFutures"] else "/api/v3/order"
        used = self.live.current
        signed = sign_request(used, "POST", self.exchange.url + path, order)
        request = Request(signed.url, signed.body, dict(signed.headers), method="POST")
        with urlopen(request, timeout=30) as answer:
            assert 200 == answer.status
        return used.api_key.reveal()

    def look_again(self, clock) -> None:
        """Let the next look be due, and wait until it has ended."""
        machine = inside(self.live).machine
        looks = machine.serial
        clock.advance(100)
        wait_for(lambda: machine.serial > looks and not machine.is_fetching)


@pytest.fixture
def exchange():
    with FakeExchange() as running:
        yield running


@pytest.fixture
def bot_of(store, clock, exchange):
    bots = []
    clock.set_wall(time.time())  # as of the keys that are issued

    def make(market=Market.SPOT) -> Bot:
        bots.append(Bot(store, exchange, market))
        return bots[-1]

    yield make
    for bot in bots:
        bot.live.close()


@pytest.mark.parametrize(
    ("market", "options", "sentence"),
    [
        (Market.SPOT, {"permissions": {"enableWithdrawals": True}}, "forbids withdrawals"),
        (Market.SPOT, {"permissions": {"permitsUniversalTransfer": True}},
         "forbids universal-transfer"),
        (Market.SPOT, {"ip_list": ()}, "requires an IP restriction"),
        (Market.SPOT, {"created_at": OLD}, "takes keys of at most 90 days"),
        (Market.SPOT, {"permissions": {"enableFutures": True}}, "forbids futures"),
        (Market.FUTURES, {"permissions": {"enableFutures": False}}, "requires futures"),
        (Market.SPOT, {"secret": "x0" * 32}, "secret and API key do not fit"),
        (Market.SPOT, {"environment": Environment.TESTNET}, "does not know this API key"),
        (Market.SPOT, {"says": "testnet"}, "the new pair is for testnet, the current for live"),
    ],
)  # fmt: skip
def test_a_rotation_to_a_wrong_key_is_refused_and_the_old_pair_goes_on_trading(
    bot_of, market, options, sentence
) -> None:
    """With the sentence that says what is wrong, and to a good one it is not."""
    bot = bot_of(market)
    first = bot.trade()
    bot.rotate(**options)
    error = caught(bot.live.refresh)
    assert isinstance(error, VerificationError)
    assert error.is_certain
    assert sentence in error.message
    bot.told.wait_kind(Kind.FAILED)
    assert sentence in bot.told.values[0].message
    assert (first, "rejected") == (bot.trade(), bot.live.status().error)
    good = bot.rotate()
    assert good == bot.live.refresh().api_key.reveal() == bot.trade()


def test_what_is_mended_at_the_exchange_is_taken_without_another_write(bot_of, exchange) -> None:
    """Its owner need not touch the store."""
    bot = bot_of()
    new = bot.rotate(permissions={"enableWithdrawals": True})
    assert isinstance(caught(bot.live.refresh), VerificationError)
    exchange.keys.change(new, permissions={"enableWithdrawals": False})
    assert new == bot.live.refresh().api_key.reveal()


def test_a_right_that_is_taken_away_or_added_later_is_told_and_trading_goes_on(
    bot_of, exchange, clock
) -> None:
    """Within a day."""
    bot = bot_of()
    key = bot.trade()
    for changes, sentence in (
        ({"permissions": {"enableWithdrawals": True}}, "forbids withdrawals"),
        (
            {"permissions": {"enableWithdrawals": False}, "ip_list": ()},
            "requires an IP restriction",
        ),
    ):
        exchange.keys.change(key, **changes)
        clock.advance(86_400)
        wait_for(lambda s=sentence: s in (bot.live.status().proof_problem or ""))
        assert key == bot.trade()
    assert Proof.REFUSED is bot.live.status().proof
    bot.told.wait_kind(Kind.REFUSED, 2)
    exchange.keys.change(key, ip_list=HERE)
    assert bot.live.verify() is bot.live.current
    bot.told.wait_kind(Kind.PROVEN)


def test_a_flapping_exchange_makes_no_good_pair_refused_and_no_rotation_lost(
    bot_of, exchange, clock
) -> None:
    """A hundred times: errors, drops, limits, pages of a firewall, and lists that take a moment."""
    bot = bot_of()
    for number in range(100):
        new = bot.rotate(ip_list=ELSEWHERE if number % 5 == 0 else HERE)
        if number % 5 == 1:
            exchange.reply("<html>Access denied</html>")
        with exchange.flap(*TURNS[number % 9 :], *TURNS[: number % 9]):
            error = caught_or_none(bot.live.refresh)
            assert not (isinstance(error, VerificationError) and error.is_certain)
            exchange.keys.change(new, ip_list=HERE)
            while bot.live.current.api_key.reveal() != new:
                bot.look_again(clock)
    assert new == bot.trade()
    bot.told.wait_kind(Kind.ROTATED, 100)
    assert 100 == bot.told.kinds.count(Kind.ROTATED)
    assert {"undecided", None} == {one.code for one in bot.told.values}
    undecided = [one.message for one in bot.told.values if one.kind is Kind.UNDECIDED]
    for said in ("-2015", "502", "503", "429", "RemoteProtocolError", "no JSON"):
        assert any(said in message for message in undecided), said


def caught_or_none(call) -> CredentialsError | None:
    try:
        call()
    except CredentialsError as error:
        return error
    return None
