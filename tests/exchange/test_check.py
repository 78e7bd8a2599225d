"""A pair is proven by a signed request that reads, over a real socket."""

from __future__ import annotations

import asyncio
import math
import re
import threading
from datetime import UTC, datetime, timedelta

import pytest
from support import build, caught, new_key, raw, token

from binance_creds import Environment, KeyType
from binance_creds._chain._walk import built
from binance_creds._plan import Plan
from binance_creds._time._deadline import Deadline
from binance_creds.adapters.plain import sign_request
from binance_creds.errors import (
    ConfigurationError,
    CredentialsError,
    ProviderUnavailableError,
    ThrottledError,
    VerificationError,
)
from binance_creds.exchange import ExchangeCheck, Findings, Market, Policy
from binance_creds.testing import FakeExchange

ACCOUNT = "/api/v3/account"
RESTRICTIONS = "/sapi/v1/account/apiRestrictions"
PROOF = {
    Market.SPOT: (ACCOUNT, "enableReading"),
    Market.MARGIN: ("/sapi/v1/margin/account", "enableReading"),
    Market.FUTURES: ("/fapi/v3/account", "enableFutures"),
    Market.COIN_FUTURES: ("/dapi/v1/account", "enableFutures"),
    Market.OPTIONS: ("/eapi/v1/marginAccount", "enableVanillaOptions"),
    Market.PORTFOLIO_MARGIN: ("/papi/v1/account", "enablePortfolioMarginTrading"),
}


def policy(*markets: Market, **rules: object) -> Policy:
    return Policy(name="own", markets=markets or (Market.SPOT,), **rules)


def paths(exchange) -> list[str]:
    return [request.path for request in exchange.requests]


# What proves


@pytest.mark.parametrize("kind", KeyType)
@pytest.mark.parametrize("is_sealed", [False, True])
def test_key_and_secret_of_each_kind_are_proven(kind, is_sealed, exchange, check, issue) -> None:
    creds = issue(kind)
    found = check.examine(creds.sealed() if is_sealed else creds)
    assert (found.market, found.environment) == (Market.SPOT, Environment.LIVE)
    assert found.key_type is kind
    assert not exchange.rejected()
    assert exchange.requests[0].signed_by == creds.api_key.reveal()


def test_it_tells_what_the_exchange_says_of_the_key(check, issue) -> None:
    made = datetime(2026, 1, 2, tzinfo=UTC)
    ends = datetime(2099, 1, 2, tzinfo=UTC)
    found = check.examine(
        issue(
            created_at=made,
            trading_ends_at=ends,
            ip_list=("127.0.0.1",),
            permissions={"enableFutures": True},
        )
    )
    assert found.permissions == {"reading", "spot-and-margin-trading", "futures"}
    assert {"withdrawals", "margin"} <= found.denied_permissions
    assert (found.is_ip_restricted, found.created_at, found.trading_ends_at) == (True, made, ends)
    assert found.clock_offset_seconds is None


@pytest.mark.parametrize("market", Market)
def test_the_policy_chooses_the_market(market, exchange, issue) -> None:
    path, permission = PROOF[market]
    check = ExchangeCheck(policy(market), base_url=exchange.url)
    found = check.examine(issue(permissions={permission: True}))
    assert found.market is market
    assert paths(exchange) == [path, RESTRICTIONS]


def test_without_a_policy_only_the_pair_is_proven(exchange, check, issue) -> None:
    """Whatever the key may do."""
    assert check.examine(issue(permissions={"enableWithdrawals": True})).permissions is not None
    assert check.policy is None
    assert check.notes(check.examine(issue())) == ()


def test_on_a_testnet_the_permissions_are_unknown(testnet) -> None:
    """There is no `/sapi`, so it is not asked."""
    check = ExchangeCheck("testnet", base_url=testnet.url)
    found = check.examine(build(**testnet.issue().fields(), environment="testnet"))
    assert (found.permissions, found.is_ip_restricted, found.created_at) == (None, None, None)
    assert paths(testnet) == [ACCOUNT]


def test_a_key_of_another_market_of_a_testnet_is_proven_there(testnet) -> None:
    """Each market of the testnets has keys of its own."""
    issued = testnet.issue(markets=frozenset({Market.FUTURES}), permissions={"enableFutures": True})
    check = ExchangeCheck("testnet", base_url=testnet.url)
    found = check.examine(build(**issued.fields(), environment="testnet"))
    assert found.market is Market.FUTURES
    assert paths(testnet) == [ACCOUNT, "/fapi/v3/account"]


@pytest.mark.parametrize("market", [Market.SPOT, Market.FUTURES, Market.COIN_FUTURES])
def test_without_a_policy_each_market_of_a_testnet_is_asked(market, testnet) -> None:
    issued = testnet.issue(markets=frozenset({market}), permissions={"enableFutures": True})
    creds = build(**issued.fields(), environment="testnet")
    assert ExchangeCheck(base_url=testnet.url).examine(creds).market is market


def test_a_handle_is_asked_for_one_snapshot(exchange, check, issue) -> None:
    """Key and signature are of one pair, whatever happens to the handle meanwhile."""

    class Handle:
        snapshots = 0

        @property
        def current(self):
            self.snapshots += 1
            return issue()

    handle = Handle()
    check.examine(handle)
    assert handle.snapshots == 1
    assert not exchange.mixed()


def test_a_task_asks_without_blocking_its_loop(exchange, check, issue) -> None:
    async def run() -> Findings:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0)

        ticking, creds = asyncio.create_task(tick()), issue()
        found = await check.aexamine(creds)
        ticking.cancel()
        assert ticks > 1
        await check.aexamine(creds)
        assert len(exchange.requests) == 4
        return found

    assert asyncio.run(run()).permissions


def test_in_a_loop_the_blocking_call_warns(check, issue) -> None:
    async def run() -> None:
        with pytest.warns(match="use 'await aexamine"):
            check.examine(issue())

    asyncio.run(run())


# What refuses


def refusal(check, creds) -> VerificationError:
    error = caught(check.examine, creds)
    assert isinstance(error, VerificationError)
    assert error.source == creds.origin
    assert caught(check, creds).reason == error.reason
    return error


@pytest.mark.parametrize(("kind", "word"), [(KeyType.HMAC, "swap"), (KeyType.ED25519, "private")])
def test_a_foreign_secret_is_refused(kind, word, exchange, check) -> None:
    mine, other = exchange.issue(kind), exchange.issue(kind)
    error = refusal(check, build(**(other.fields() | {"api_key": mine.api_key})))
    assert (error.reason, error.is_certain) == ("foreign_secret", True)
    assert word in error.hint


def test_a_key_that_nobody_knows_is_refused(check) -> None:
    """The environment may be another: the line that declares it is told."""
    error = refusal(check, build(**new_key().fields()))
    assert (error.reason, error.is_certain) == ("unknown_key", True)
    assert "BINANCE_ENVIRONMENT=testnet" in error.hint
    assert 'environment = "testnet"' in error.hint


@pytest.mark.parametrize("environment", Environment)
def test_the_line_declares_another_environment(environment, exchange) -> None:
    with FakeExchange(environment) as exchange:
        check = ExchangeCheck(base_url=exchange.url)
        creds = build(**new_key().fields(), environment=environment.value)
        hint = refusal(check, creds).hint
    assert f"is {environment.value!r}" in hint
    assert f"BINANCE_ENVIRONMENT={environment.value}," not in hint
    assert ("is also the default" in hint) is (environment is Environment.LIVE)
    assert ("of futures have keys" in hint) is (environment is Environment.TESTNET)
    assert "hexadecimal" not in hint


def test_the_form_of_a_key_of_the_futures_testnet_is_known(check) -> None:
    error = refusal(check, build(api_key="0a" * 32, api_secret=token()))
    assert "of the futures testnet" in error.hint


def test_a_malformed_key_is_refused(check) -> None:
    with pytest.warns(match="64 letters and digits"):
        creds = build(api_key=token()[:40], api_secret=token())
    assert refusal(check, creds).reason == "malformed_key"


@pytest.mark.parametrize("code", [-1002, -1099, -2017])
def test_a_locked_account_is_refused_for_now(code, exchange, check, issue) -> None:
    exchange.reply(f'{{"code": {code}, "msg": "x"}}', 2, status=400)
    error = refusal(check, issue())
    assert (error.reason, error.is_certain) == ("account", False)


def test_a_broken_policy_refuses_with_its_sentences(exchange, issue) -> None:
    check = ExchangeCheck("spot-trading", base_url=exchange.url)
    error = refusal(check, issue(permissions={"enableWithdrawals": True}))
    assert (error.reason, error.is_certain) == ("policy", True)
    assert "forbids withdrawals" in error.message
    assert "requires an IP restriction" in error.message


def test_what_a_policy_recommends_is_told_apart(exchange, issue) -> None:
    check = ExchangeCheck(policy(required={"reading"}), base_url=exchange.url)
    notes = check.notes(check.examine(issue()))
    assert any("IP restriction" in note for note in notes)


def test_a_policy_needs_an_answer_about_permissions(exchange, issue) -> None:
    """Else a limit would let a key with a right to withdraw through."""
    exchange.fail(2, path=RESTRICTIONS)
    check = ExchangeCheck("spot-trading", base_url=exchange.url)
    creds = issue(permissions={"enableWithdrawals": True})
    assert isinstance(caught(check.examine, creds), ProviderUnavailableError)


OF_NO_KEY = [
    "{}",
    '{"code": "-2015", "msg": "text"}',
    '{"code": 100001003, "msg": "Verification failed", "success": false}',
    '{"code": 0, "data": {"enableWithdrawals": true}}',
    '{"enableReading": null, "ipRestrict": 1, "createTime": 1623840271000}',
]


@pytest.mark.parametrize("body", OF_NO_KEY)
def test_what_says_nothing_of_a_key_is_no_answer_about_permissions(body, exchange, issue) -> None:
    """A key that may withdraw would fit every policy."""
    creds = issue()
    for count, name in enumerate(("required", "forbidden"), 1):
        exchange.reply(body, path=RESTRICTIONS)
        rules = {name: {"withdrawals"}}
        error = caught(ExchangeCheck(policy(**rules), base_url=exchange.url), creds)
        assert type(error) is ProviderUnavailableError
        assert "the answer does not say what the key may do" in error.message
        assert paths(exchange).count(RESTRICTIONS) == count


def test_a_missing_permission_is_not_concluded_from_what_says_nothing_of_a_key(
    exchange, check, issue
) -> None:
    exchange.reply("{}", path=RESTRICTIONS)
    error = caught(check.examine, issue(permissions={"enableReading": False}))
    assert error.reason == "key_address_or_permission"


def test_without_a_policy_a_pair_is_proven_with_permissions_unknown(exchange, check, issue) -> None:
    """They are asked for again at the next check."""
    exchange.fail(path=RESTRICTIONS)
    creds = issue()
    assert check(creds).permissions is None
    assert check(creds).permissions is not None


def test_an_undeclared_test_network_is_noticed(testnet) -> None:
    """It has no `/sapi`: the pair is proven, and the line that declares it is in a note."""
    creds = build(**testnet.issue().fields())
    check = ExchangeCheck(base_url=testnet.url)
    (note,) = check.notes(check(creds))
    assert "BINANCE_ENVIRONMENT=testnet" in note
    check(creds)
    assert paths(testnet) == [ACCOUNT, RESTRICTIONS]


@pytest.mark.parametrize("name", ["testnet", "spot-trading"])
def test_a_policy_cannot_be_checked_on_an_undeclared_test_network(name, testnet) -> None:
    error = refusal(ExchangeCheck(name, base_url=testnet.url), build(**testnet.issue().fields()))
    assert (error.reason, error.is_certain) == ("environment", True)
    assert "BINANCE_ENVIRONMENT=testnet" in error.hint
    assert "A proxy must pass" in error.hint


# -2015: the exchange does not say why


def test_every_cause_that_can_be_excluded_is(exchange, check, issue) -> None:
    """And the address that would have to be allowed is told, which futures know."""
    error = refusal(check, issue(ip_list=("10.0.0.1",)))
    assert (error.reason, error.is_certain) == ("key_address_or_permission", False)
    excluded, _, possible = error.hint.partition("Possible:")
    assert "the clock (" in excluded
    assert "the form of the key" in excluded
    assert "address 127.0.0.1 must be allowed" in possible
    assert "key and secret are swapped" in possible
    assert "'reading' is missing" in possible
    assert "off the exchange's" not in possible
    assert "BINANCE_ENVIRONMENT=testnet" in possible


def test_what_only_an_hmac_pair_can_be_is_excluded_for_others(check, issue) -> None:
    error = refusal(check, issue(KeyType.ED25519, ip_list=("10.0.0.1",)))
    excluded, _, possible = error.hint.partition("Possible:")
    assert "a swapped key and secret" in excluded
    assert "swapped" not in possible


def test_a_clock_that_is_off_is_no_excluded_cause(issue) -> None:
    with FakeExchange(clock_offset_ms=-4000) as exchange:
        check = ExchangeCheck(base_url=exchange.url)
        error = refusal(check, build(**exchange.issue(ip_list=("10.0.0.1",)).fields()))
    assert re.search(r"the clock is [2-6] s ahead of the", error.hint)
    assert "the clock (" not in error.hint


def test_a_clock_that_was_measured_before_is_not_measured_again() -> None:
    with FakeExchange(clock_offset_ms=60_000) as exchange:
        check = ExchangeCheck(base_url=exchange.url)
        exchange.fail(path=RESTRICTIONS)
        exchange.reply(
            '{"code": -1021, "msg": "Timestamp for this request is outside."}', path=ACCOUNT
        )
        creds = build(**exchange.issue(ip_list=("10.0.0.1",)).fields())
        assert re.search(r"the clock is \d\d s behind the", caught(check.examine, creds).hint)
        assert paths(exchange).count("/api/v3/time") == 1


def test_nothing_is_signed_for_a_time_far_ahead() -> None:
    with FakeExchange(clock_offset_ms=3_600_000) as exchange:
        check = ExchangeCheck(base_url=exchange.url)
        creds = build(**exchange.issue(ip_list=("10.0.0.1",)).fields())
        assert re.search(r"the clock is 3\d\d\d s behind the", caught(check.examine, creds).hint)
        stamps = [int(r.params["timestamp"]) for r in exchange.requests if "timestamp" in r.params]
        assert len(stamps) == 3
        assert max(stamps) < exchange.now_ms() - 3_000_000


def test_an_unusual_form_is_not_excluded(exchange, check) -> None:
    exchange.reply('{"code": -2015, "msg": "Invalid API-key"}', status=401)
    creds = build(api_key=token()[:40], api_secret=token())
    hint = caught(check.examine, creds).hint
    assert "the form of the key" not in hint


def test_a_clock_that_was_not_measured_is_no_cause(exchange, check, issue) -> None:
    exchange.fail(path="/api/v3/time")
    hint = caught(check.examine, issue(ip_list=("10.0.0.1",))).hint
    assert "clock" not in hint


def test_an_address_that_nobody_tells_is_that_of_this_machine(testnet) -> None:
    """On a testnet the key is not tried on another market for it."""
    creds = build(**testnet.issue(ip_list=("10.0.0.1",)).fields(), environment="testnet")
    error = refusal(ExchangeCheck(base_url=testnet.url), creds)
    assert "the address of this machine must be allowed" in error.hint


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("request ip: 203.0.113.7", "203.0.113.7"),
        ("request ip: 203.0.113.7.", "203.0.113.7"),
        ("request ip:2001:db8::8a2e:370:7334", "2001:db8::8a2e:370:7334"),
        ("request ip: ::ffff:203.0.113.7, ask again", "::ffff:203.0.113.7"),
        ("request ip: <script>", "of this machine"),
    ],
)
def test_the_address_to_allow_is_the_one_that_the_exchange_saw(
    said, shown, exchange, check, issue
) -> None:
    exchange.reply(f'{{"code": -2015, "msg": "Invalid API-key, IP, {said}"}}', status=401)
    exchange.reply('{"code": -2015, "msg": "Invalid API-key"}', 2, status=401)
    exchange.fail(path="/fapi/v3/account")
    hint = caught(check.examine, issue()).hint
    assert f"the address {shown} must be allowed" in hint


def test_a_revoked_key_may_be_deleted(exchange, check, issue) -> None:
    creds = issue()
    exchange.keys.revoke(creds.api_key.reveal())
    assert "the key was deleted" in refusal(check, creds).hint


def test_a_list_that_takes_a_moment_is_no_verdict_for_ever(exchange, check, issue) -> None:
    creds = issue(ip_list=("10.0.0.1",))
    assert not refusal(check, creds).is_certain
    exchange.keys.change(creds.api_key.reveal(), ip_list=("127.0.0.1",))
    assert check(creds).is_ip_restricted


def test_a_permission_that_is_off_is_named(exchange, issue) -> None:
    """Key, secret, address and clock are excluded then: the permissions could be asked for."""
    check = ExchangeCheck(policy(Market.FUTURES), base_url=exchange.url)
    error = refusal(check, issue())
    assert (error.reason, error.is_certain) == ("permission", True)
    assert "'futures'" in error.message
    assert "create a new key" in error.hint
    assert paths(exchange)[:2] == ["/fapi/v3/account", RESTRICTIONS]
    assert len(set(paths(exchange))) == 2


def test_a_policy_that_requires_the_permission_has_its_own_sentences(exchange, issue) -> None:
    """All of them at once: the exchange said what the key may do although it refused it."""
    check = ExchangeCheck("futures-trading", base_url=exchange.url)
    error = refusal(check, issue(permissions={"enableWithdrawals": True}))
    assert (error.reason, error.is_certain) == ("policy", True)
    assert "requires futures" in error.message
    assert "create a new key" in error.message
    assert "forbids withdrawals" in error.message


def test_a_permission_that_is_on_may_take_a_moment(exchange, check, issue) -> None:
    said = '{"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."}'
    exchange.reply(said, 2, path=ACCOUNT, status=401)
    error = refusal(check, issue())
    assert (error.reason, error.is_certain) == ("permission", False)
    assert "create a new key" not in error.hint


def test_a_futures_key_may_be_older_than_its_account(exchange, issue) -> None:
    check = ExchangeCheck(policy(Market.FUTURES), base_url=exchange.url)
    error = caught(check.examine, issue(ip_list=("10.0.0.1",)))
    assert "create a new key" in error.hint
    assert "127.0.0.1" in error.hint
    assert paths(exchange).count("/fapi/v3/account") == 1


# What neither proves nor refuses


NOT_AN_ANSWER = {
    "page": ("<html>Access denied</html>", 200),
    "forbidden page": ("<html>Request blocked</html>", 403),
    "half": ('{"makerCommission": 15, "bal', 200),
    "list": ("[]", 200),
    "nothing": ("", 200),
    "other": ('{"ok": true}', 200),
    "redirect": ("", 302),
    "location": ('{"code": 0, "msg": "restricted location"}', 451),
    "missing": ('{"code": -1000, "msg": "Path not found."}', 404),
    "nested": ("[" * 100_000, 200),
    "text code": ('{"code": "-2015", "msg": "x"}', 401),
}


@pytest.mark.parametrize(("body", "status"), NOT_AN_ANSWER.values(), ids=NOT_AN_ANSWER)
def test_what_is_no_answer_of_the_exchange_proves_nothing(
    body, status, exchange, check, issue
) -> None:
    exchange.reply(body, status=status)
    error = caught(check.examine, issue())
    assert isinstance(error, ProviderUnavailableError)
    assert "neither proved nor refused" in error.message
    assert "cannot be reached" not in error.message
    assert paths(exchange) == [ACCOUNT]


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_an_error_of_the_server_proves_nothing(status, exchange, check, issue) -> None:
    exchange.fail(status=status)
    error = caught(check.examine, issue())
    assert type(error) is ProviderUnavailableError
    assert re.search(f"it answered -10\\d\\d, with status {status}", error.message)


def test_a_refusal_without_a_code_is_no_verdict(exchange, check, issue) -> None:
    exchange.reply("", status=302)
    message = caught(check.examine, issue()).message
    assert "it answered no error code, with status 302" in message


def test_a_country_that_is_not_served_is_told(exchange, check, issue) -> None:
    exchange.reply('{"code": 0, "msg": "restricted location"}', status=451)
    assert "does not serve the location of this machine" in caught(check.examine, issue()).message


def test_a_connection_that_ends_proves_nothing(exchange, check, issue) -> None:
    exchange.drop()
    assert "cannot be reached" in caught(check.examine, issue()).message


def test_an_exchange_that_is_not_there_proves_nothing(issue) -> None:
    with FakeExchange() as gone:
        url = gone.url
    assert "ConnectError" in caught(ExchangeCheck(base_url=url).examine, issue()).message


def test_a_body_without_an_end_is_not_kept(exchange, check, issue) -> None:
    exchange.reply('{"a": "' + "x" * 9_000_000 + '"}')
    assert "no JSON object" in caught(check.examine, issue()).message


def test_one_deadline_is_for_all(exchange, issue) -> None:
    check = ExchangeCheck(base_url=exchange.url, timeout_seconds=0.2)
    with exchange.hold(path=RESTRICTIONS):
        error = caught(ExchangeCheck(policy(), base_url=exchange.url, timeout_seconds=0.2), issue())
        assert isinstance(error, ProviderUnavailableError)
    with exchange.hold():
        assert isinstance(caught(check.examine, issue()), ProviderUnavailableError)
        over = Deadline(1, clock=iter([0.0, 2.0, 2.0, 2.0, 2.0, 2.0]).__next__)
        assert isinstance(caught(check.examine, issue(), over), ProviderUnavailableError)


@pytest.mark.parametrize(("of_check", "of_caller"), [(0.05, 3600), (3600, 0.05)])
def test_the_shorter_of_two_deadlines_counts(of_check, of_caller, exchange, issue) -> None:
    check = ExchangeCheck(base_url=exchange.url, timeout_seconds=of_check)
    with exchange.hold():
        error = caught(check.examine, issue(), Deadline(of_caller))
    assert isinstance(error, ProviderUnavailableError)


@pytest.mark.parametrize("status", [418, 429, 503])
def test_a_pause_is_kept_by_every_check(status, exchange, check, issue) -> None:
    """Whoever goes on asking is banned for longer."""
    exchange.throttle(status=status, retry_after_seconds=60)
    error = caught(check.examine, issue())
    assert isinstance(error, ThrottledError)
    assert error.retry_after_seconds == 60
    count = len(exchange.requests)
    again = caught(ExchangeCheck(base_url=exchange.url).examine, issue())
    assert isinstance(again, ThrottledError)
    assert "a pause that is not over" in again.message
    assert f"status {status}" in error.message
    assert 0 < again.retry_after_seconds <= 60
    assert len(exchange.requests) == count


def test_a_ban_that_ends_says_when(exchange, check, issue) -> None:
    """In the message alone; the longest that Binance documents is three days."""
    banned = '{"code": -1003, "msg": "IP(127.0.0.1) banned until 4102444800000."}'
    exchange.reply(banned, status=418)
    assert caught(check.examine, issue()).retry_after_seconds == 3 * 86_400


def test_a_limit_without_a_pause_is_one_for_that_request(exchange, check, issue) -> None:
    exchange.throttle(retry_after_seconds=0)
    error = caught(check.examine, issue())
    assert isinstance(error, ThrottledError)
    assert error.retry_after_seconds is None
    assert check.examine(issue())


def test_a_flapping_exchange_refuses_no_good_pair(exchange, check, issue) -> None:
    creds = issue()
    errors = []
    with exchange.flap(200, 503, 0, 429, 403):
        for _ in range(20):
            try:
                check.examine(creds)
            except CredentialsError as error:
                errors.append(error)
    assert errors
    assert all(isinstance(error, ProviderUnavailableError) for error in errors)
    assert check.examine(creds)


# The clock


@pytest.mark.parametrize("offset_ms", [-60_000, 60_000])
def test_a_clock_that_is_off_is_measured_and_allowed_for(offset_ms) -> None:
    """It is handed to adapters, and used for the next pair from the start."""
    with FakeExchange(clock_offset_ms=offset_ms) as exchange:
        check = ExchangeCheck(base_url=exchange.url)
        found = check.examine(build(**exchange.issue().fields()))
        assert math.isclose(found.clock_offset_seconds, offset_ms / 1000, abs_tol=5)
        assert paths(exchange) == [ACCOUNT, "/api/v3/time", ACCOUNT, RESTRICTIONS]
        creds = build(**exchange.issue().fields())
        assert check.examine(creds).clock_offset_seconds == found.clock_offset_seconds
        assert len(exchange.rejected()) == 1
        other = ExchangeCheck(base_url=exchange.url)
        other(creds)  # remembered
        assert math.isclose(other.clock(), check.clock(), abs_tol=5)
        signed = sign_request(creds, "GET", exchange.url + ACCOUNT, clock=check.clock)
        assert f"timestamp={int(check.clock()):d}"[:-3] in signed.url


@pytest.mark.parametrize(("market", "path"), [
    (Market.FUTURES, "/fapi/v1/time"),
    (Market.COIN_FUTURES, "/dapi/v1/time"),
    (Market.OPTIONS, "/eapi/v1/time"),
    (Market.PORTFOLIO_MARGIN, "/api/v3/time"),
    (Market.MARGIN, "/api/v3/time"),
])  # fmt: skip
def test_each_market_has_a_time(market, path) -> None:
    with FakeExchange(clock_offset_ms=60_000) as exchange:
        creds = build(**exchange.issue(permissions={PROOF[market][1]: True}).fields())
        ExchangeCheck(policy(market), base_url=exchange.url).examine(creds)
        assert paths(exchange)[1] == path


def test_a_clock_that_is_far_off_is_to_be_set(issue) -> None:
    """A signature for a time far ahead would stay valid until then."""
    with FakeExchange(clock_offset_ms=3_600_000) as exchange:
        check = ExchangeCheck(base_url=exchange.url)
        error = caught(check.examine, build(**exchange.issue().fields()))
        assert type(error) is ProviderUnavailableError
        assert re.search(r"clock is 3[56]\d\d s behind the exchange", error.message)
        assert "Set the clock" in error.hint
        assert paths(exchange) == [ACCOUNT, "/api/v3/time"]


def test_the_time_of_the_exchange_may_be_text() -> None:
    with FakeExchange(clock_offset_ms=60_000) as exchange:
        exchange.reply(f'{{"serverTime": "{exchange.now_ms()}"}}', path="/api/v3/time")
        check = ExchangeCheck(base_url=exchange.url)
        assert check.examine(build(**exchange.issue().fields()))


@pytest.mark.parametrize("said", ["", "{}", '{"serverTime": "soon"}', "[1]",
                                  f'{{"serverTime": 1{"0" * 400}}}',
                                  '{"serverTime": true}', '{"serverTime": -5}'])  # fmt: skip
def test_a_clock_that_cannot_be_measured_is_wrong(said) -> None:
    with FakeExchange(clock_offset_ms=60_000) as exchange:
        exchange.reply(said, path="/api/v3/time")
        check = ExchangeCheck(base_url=exchange.url)
        error = caught(check.examine, build(**exchange.issue().fields()))
        assert "this machine's clock is wrong" in error.message


# Once a day


def test_a_pair_that_was_proven_is_not_asked_for_again(exchange, check, issue) -> None:
    """Not by another check either, and sealed it is the same pair."""
    creds = issue()
    first = check(creds)
    assert check(creds) is first
    assert ExchangeCheck(base_url=exchange.url)(creds.sealed()) is first
    assert len(exchange.requests) == 2
    check.examine(creds)
    assert len(exchange.requests) == 4


def test_one_key_with_two_secrets_is_two_pairs(exchange, check) -> None:
    issued = exchange.issue()
    check(build(**issued.fields()))
    foreign = build(api_key=issued.api_key, api_secret=token())
    assert caught(check, foreign).reason == "foreign_secret"


def test_a_policy_judges_what_is_remembered_and_has_it_asked_again_before_it_refuses(
    exchange, issue
) -> None:
    """Its owner may have mended the key at the exchange since."""
    creds = issue(permissions={"enableWithdrawals": True})
    ExchangeCheck(policy(allowed={"withdrawals"}), base_url=exchange.url)(creds)
    count = len(exchange.requests)
    ExchangeCheck(policy(required={"withdrawals"}), base_url=exchange.url)(creds)
    assert len(exchange.requests) == count
    strict = ExchangeCheck(policy(forbidden={"withdrawals"}), base_url=exchange.url)
    assert caught(strict, creds).reason == "policy"
    exchange.keys.change(creds.api_key.reveal(), permissions={"enableWithdrawals": False})
    assert "withdrawals" in strict(creds).denied_permissions


def test_what_failed_is_asked_again(exchange, check, issue) -> None:
    exchange.fail()
    creds = issue()
    assert isinstance(caught(check, creds), ProviderUnavailableError)
    assert check(creds)


def test_whoever_waits_for_an_answer_shares_it(exchange, check, issue) -> None:
    """The exchange is asked once for one pair."""
    creds, outcomes = issue(), []
    begun = threading.Barrier(9)

    def ask() -> None:
        begun.wait()
        outcomes.append(check(creds))

    with exchange.hold(path=ACCOUNT):
        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        begun.wait()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 8
    assert len(set(outcomes)) == 1
    assert paths(exchange) == [ACCOUNT, RESTRICTIONS]


def test_who_shares_a_refusal_gets_it_with_a_source_of_its_own(exchange, check) -> None:
    """Two profiles may have one pair."""
    fields = exchange.issue(ip_list=("10.0.0.1",)).fields()
    origins, errors = ("memory:one", "memory:two"), {}

    def ask(origin: str) -> None:
        creds = built(raw(origin, **fields), Plan(()), Deadline())
        errors[origin] = caught(check, creds)

    with exchange.hold(path=ACCOUNT):
        threads = [threading.Thread(target=ask, args=(origin,)) for origin in origins]
        for thread in threads:
            thread.start()
    for thread in threads:
        thread.join()
    assert {origin: origin for origin in origins} == {
        origin: error.source for origin, error in errors.items()
    }


# Arguments


WRONG = [
    {"base_url": ""},
    {"base_url": "127.0.0.1:80"},
    {"base_url": "ftp://127.0.0.1"},
    {"base_url": "https://user:word@proxy.lan"},
    {"base_url": "https://proxy.lan?key=1"},
    {"base_url": "https://proxy.lan#x"},
    {"base_url": "https://[::1"},
    {"base_url": "https://proxy.lan:99999"},
    {"base_url": 5},
    {"base_url": "http://proxy.lan"},
    {"timeout_seconds": 0},
    {"when_unreachable": "ignore"},
    {"policy": "no-such-policy"},
]


@pytest.mark.parametrize("options", WRONG, ids=str)
def test_a_wrong_argument_is_refused_at_once(options) -> None:
    assert isinstance(caught(ExchangeCheck, **options), ConfigurationError)


def test_it_shows_what_it_compares_with() -> None:
    check = ExchangeCheck("spot-trading", base_url="http://127.0.0.1:1/", when_unreachable="refuse")
    assert repr(check) == ("ExchangeCheck(policy='spot-trading', base_url='http://127.0.0.1:1')")
    assert check.when_unreachable == "refuse"
    assert ExchangeCheck().when_unreachable == "use"


@pytest.mark.parametrize(
    ("host", "there"),
    [("testnet.binance.vision", "testnet"), ("API.binance.com", "live"), ("api.binance.us", "us")],
)
def test_a_host_of_binance_is_chosen_by_the_environment_alone(host, there) -> None:
    """Else a key could reach another environment, or a host without the market."""
    error = caught(ExchangeCheck, base_url=f"https://{host}")
    assert isinstance(error, ConfigurationError)
    assert f"BINANCE_ENVIRONMENT={there}," in error.hint


@pytest.mark.parametrize(("environment", "market"), [
    (Environment.US, Market.FUTURES),
    (Environment.TESTNET, Market.OPTIONS),
    (Environment.DEMO, Market.MARGIN),
])  # fmt: skip
def test_an_environment_without_the_market_is_told(environment, market) -> None:
    check = ExchangeCheck(policy(market))
    error = caught(check.examine, build(**new_key().fields(), environment=environment.value))
    assert isinstance(error, ConfigurationError)
    assert f"no market '{market.value}'" in error.message


def test_the_trading_right_of_a_key_may_end(exchange, issue) -> None:
    """The local exchange ends it, as the real one does."""
    creds = issue(trading_ends_at=datetime.now(UTC) - timedelta(days=1))
    check = ExchangeCheck(policy(required={"spot-and-margin-trading"}), base_url=exchange.url)
    assert "ended on" in refusal(check, creds).message
