"""Which sentences of a policy a key breaks, and what its owner is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from binance_creds import Environment, KeyType
from binance_creds.exchange import Findings, Market, Policy, policy_named
from binance_creds.exchange._policies._judge import broken, noted
from binance_creds.exchange._policies._permissions import KNOWN
from binance_creds.exchange._policies._reading import PACKAGED

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
YOUNG = NOW - timedelta(days=1)
RIGHTS = {
    "read-only": {"reading"},
    "accounting": {"reading"},
    "spot-trading": {"reading", "spot-and-margin-trading"},
    "high-frequency": {"reading", "spot-and-margin-trading", "fix-api-trade"},
    "futures-trading": {"reading", "futures"},
    "arbitrage-withdraw": {"reading", "withdrawals"},
    "testnet": set(KNOWN),
}


def findings(*granted: str, **changes: object) -> Findings:
    """Return those of a young spot key with these rights and an IP restriction."""
    usual: dict[str, object] = {
        "market": Market.SPOT,
        "environment": Environment.LIVE,
        "permissions": frozenset(granted),
        "denied_permissions": frozenset(KNOWN) - set(granted),
        "is_ip_restricted": True,
        "created_at": YOUNG,
        "trading_ends_at": None,
        "clock_offset_seconds": None,
        "key_type": KeyType.ED25519,
    }
    return Findings(**{**usual, **changes})


def fitting(name: str, **changes: object) -> Findings:
    """Return those of a key that fits a packaged policy, but for the changes."""
    policy = policy_named(name)
    environment = Environment.TESTNET if name == "testnet" else Environment.LIVE
    usual = {"market": policy.markets[0], "environment": environment}
    return findings(*RIGHTS[name], **{**usual, **changes})


@pytest.mark.parametrize("name", PACKAGED)
def test_a_key_that_is_made_for_a_policy_fits_it(name) -> None:
    policy = policy_named(name)
    assert broken(policy, fitting(name), now=NOW) == ()
    assert noted(policy, fitting(name)) == ()


@pytest.mark.parametrize("name", [name for name in PACKAGED if name != "testnet"])
@pytest.mark.parametrize("right", KNOWN)
def test_a_right_that_a_policy_does_not_ask_for_refuses_the_key(name, right) -> None:
    """Each with what to switch off."""
    policy = policy_named(name)
    said = broken(policy, findings(*RIGHTS[name], right, market=policy.markets[0]), now=NOW)
    asked = policy.required | policy.one_of | policy.allowed
    assert (said == ()) == (right in asked)
    assert all(f"forbids {right}, and this key may {KNOWN[right]}" in one for one in said)
    assert all("off under API Management at Binance" in one for one in said)


def test_a_sentence_names_policy_right_and_what_to_do() -> None:
    key = findings("reading", "spot-and-margin-trading", "withdrawals")
    assert broken(policy_named("spot-trading"), key, now=NOW) == (
        (
            "policy 'spot-trading' forbids withdrawals, and this key may withdraw: switch"
            " `enableWithdrawals` off under API Management at Binance, or create a key without it."
        ),
    )


@pytest.mark.parametrize(
    "right",
    ["withdrawals", "internal-transfer", "universal-transfer", "enableWithdrawToBank", "permitsFastTRANSFER"],
)  # fmt: skip
def test_funds_leave_only_where_a_policy_asks_for_it(right) -> None:
    """Also by a right that is new at the exchange, if its name says so."""
    policy, key = Policy(required=["reading"]), findings("reading", right)
    said = broken(policy, key, now=NOW)
    assert len(said) == 1
    assert noted(policy, key) == ()
    assert f"does not ask for {right}, and this key may " in said[0]


def test_a_policy_may_ask_for_withdrawals() -> None:
    for entry in ("required", "one_of", "allowed"):
        policy = Policy(**{entry: ["withdrawals"]})
        assert broken(policy, findings("withdrawals"), now=NOW) == ()


@pytest.mark.parametrize("right", ["enableSomethingNew", "futures"])
def test_any_other_right_that_a_policy_does_not_name_is_told(right) -> None:
    policy, key = Policy(name="mine", required=["reading"]), findings("reading", right)
    assert broken(policy, key, now=NOW) == ()
    assert len(noted(policy, key)) == 1
    assert noted(policy, key)[0].startswith(f"policy 'mine' does not mention {right}, and this key")


def test_a_right_that_is_missing_refuses_the_key() -> None:
    said = broken(policy_named("spot-trading"), findings("reading"), now=NOW)
    assert said == (
        (
            "policy 'spot-trading' requires spot-and-margin-trading, and this key may not trade on spot"
            " and margin markets: switch `enableSpotAndMarginTrading` on under API Management at"
            " Binance."
        ),
    )


def test_a_key_from_before_the_futures_account_has_to_be_made_anew() -> None:
    said = broken(
        policy_named("futures-trading"), fitting("read-only", market=Market.FUTURES), now=NOW
    )
    assert "then create a new key" in said[0]


def test_one_right_of_several_is_enough() -> None:
    policy = policy_named("high-frequency")
    assert broken(policy, findings("reading", "futures"), now=NOW) == ()
    said = broken(policy, findings("reading"), now=NOW)
    assert "requires one of spot-and-margin-trading and futures" in said[0]


@pytest.mark.parametrize(
    ("name", "changes", "words"),
    [
        ("testnet", {"environment": Environment.LIVE}, "is for keys of demo and testnet, and this key is of live"),
        ("futures-trading", {"market": Market.SPOT}, "is for futures, and this key was proven for spot"),
        ("spot-trading", {"is_ip_restricted": False}, "requires an IP restriction, and this key may be used from every"),
        ("spot-trading", {"created_at": NOW - timedelta(days=120)},
         "takes keys of at most 90 days, and this key is 120 days old (created 2026-07-29)"),
        ("spot-trading", {"trading_ends_at": NOW}, "requires spot-and-margin-trading, and the right of this key to trade ended on 2026-11-26"),
        ("high-frequency", {"trading_ends_at": YOUNG}, "requires spot-and-margin-trading or futures, and the right"),
    ],
)  # fmt: skip
def test_anything_else_that_a_policy_says_refuses_the_key(name, changes, words) -> None:
    policy = policy_named(name)
    said = broken(policy, fitting(name, **changes), now=NOW)
    assert len(said) == 1
    assert f"policy {name!r} {words}" in said[0]
    assert said[0].endswith(".")


def test_a_type_of_key_can_be_excluded() -> None:
    policy = Policy(key_types=["ED25519", "RSA"])
    said = broken(policy, findings(key_type=KeyType.HMAC), now=NOW)
    assert "takes keys of the type ED25519 and RSA, and this key is HMAC" in said[0]


def test_the_end_of_a_right_to_trade_means_nothing_to_who_does_not_trade() -> None:
    assert (
        broken(policy_named("read-only"), fitting("read-only", trading_ends_at=YOUNG), now=NOW)
        == ()
    )


def test_a_key_is_too_old_after_its_last_day() -> None:
    policy = policy_named("spot-trading")
    at_most = NOW - timedelta(days=90)
    assert broken(policy, fitting("spot-trading", created_at=at_most), now=NOW) == ()
    later = NOW + timedelta(seconds=1)
    assert broken(policy, fitting("spot-trading", created_at=at_most), now=later) != ()


def test_the_age_is_that_of_today() -> None:
    policy = Policy(greatest_age_days=1)
    assert broken(policy, findings(created_at=datetime.now(UTC))) == ()
    assert broken(policy, findings(created_at=datetime(2020, 1, 1, tzinfo=UTC))) != ()


@pytest.mark.parametrize("name", PACKAGED)
def test_what_the_exchange_did_not_say_breaks_nothing(name) -> None:
    """As on the spot testnet; it is told what was not checked."""
    key = fitting(
        name, permissions=None, denied_permissions=frozenset(), is_ip_restricted=None,
        created_at=None,
    )  # fmt: skip
    policy = policy_named(name)
    assert broken(policy, key, now=NOW) == ()
    (note,) = noted(policy, key)
    assert "the exchange did not say what this key may do" in note
    assert ("how old it is" in note) == (name != "testnet")
    assert ("IP addresses" in note) == (policy.ip_restriction != "optional")


@pytest.mark.parametrize("right", ["spot-and-margin-trading", "withdrawals"])
def test_a_right_that_an_answer_leaves_out_is_told(right) -> None:
    """Whether the policy requires it, or keeps the key from it."""
    policy, said = policy_named("spot-trading"), RIGHTS["spot-trading"]
    key = findings(*said - {right}, denied_permissions=frozenset(KNOWN) - said - {right})
    assert broken(policy, key, now=NOW) == ()
    assert noted(policy, key) == (
        (
            "policy 'spot-trading' was not checked in full: the exchange did not say whether this key"
            f" has {right}."
        ),
    )


def test_a_right_to_withdraw_that_a_policy_allows_need_not_be_said() -> None:
    policy = Policy(allowed=frozenset(KNOWN), ip_restriction="optional")
    assert noted(policy, findings("reading", denied_permissions=frozenset())) == ()


def test_a_restriction_that_is_recommended_is_told() -> None:
    policy, key = policy_named("accounting"), fitting("accounting", is_ip_restricted=False)
    assert broken(policy, key, now=NOW) == ()
    assert "recommends an IP restriction" in noted(policy, key)[0]
