"""Policies: the packaged ones, own ones of files, and what is wrong with them."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys

import pytest
from support import caught, plain_environ, token

from binance_creds import Environment
from binance_creds.errors import ConfigurationError
from binance_creds.exchange import Policy, policy_named
from binance_creds.exchange._findings import PERMISSION_FIELDS, Market
from binance_creds.exchange._policies._permissions import KNOWN, TRADING, moves_funds
from binance_creds.exchange._policies._reading import PACKAGED
from binance_creds.testing import assert_no_leak

OUTFLOW = frozenset({"withdrawals", "internal-transfer", "universal-transfer"})


@pytest.fixture(params=PACKAGED)
def packaged(request) -> Policy:
    return policy_named(request.param)


def test_every_packaged_policy_has_a_date_and_a_source(packaged) -> None:
    assert packaged.date == dt.date(2026, 11, 20)
    assert packaged.source


def test_a_packaged_policy_says_something_of_every_permission(packaged) -> None:
    """So that a right which Binance adds is the only one that is merely told."""
    said = packaged.required | packaged.one_of | packaged.allowed | packaged.forbidden
    assert said == set(KNOWN)


def test_a_packaged_policy_can_be_a_key_of_a_dictionary(packaged) -> None:
    """As a part of plans, which are remembered."""
    assert {packaged: 1}[packaged.model_copy()] == 1


def test_every_permission_of_the_exchange_has_a_meaning() -> None:
    assert set(KNOWN) == set(PERMISSION_FIELDS)
    assert set(filter(moves_funds, KNOWN)) == OUTFLOW


# What is asked for: rights, restriction, ages.
ASKED = {
    "read-only": ({"reading"}, "optional", 180, 360),
    "accounting": ({"reading"}, "recommended", 30, 60),
    "spot-trading": ({"reading", "spot-and-margin-trading"}, "required", 30, 90),
    "high-frequency": ({"reading"}, "required", 30, 60),
    "futures-trading": ({"reading", "futures"}, "required", 30, 90),
    "arbitrage-withdraw": ({"reading", "withdrawals"}, "required", 7, 30),
    "testnet": (set(), "optional", 180, None),
}


def test_the_packaged_policies_ask_for_what_users_ask_for(packaged) -> None:
    assert ASKED[packaged.name] == (
        packaged.required,
        packaged.ip_restriction,
        packaged.rotation_days,
        packaged.greatest_age_days,
    )


def test_only_the_policy_that_withdraws_may_let_funds_leave(packaged) -> None:
    """And then it cannot trade; on test networks nothing is at stake."""
    may = (packaged.required | packaged.one_of | packaged.allowed) & OUTFLOW
    if packaged.name == "testnet":
        assert packaged.environments == (Environment.TESTNET, Environment.DEMO)
    elif packaged.name == "arbitrage-withdraw":
        assert may == {"withdrawals"}
        assert packaged.forbidden >= TRADING
    else:
        assert packaged.forbidden >= OUTFLOW


def test_a_policy_stands_for_itself() -> None:
    own = Policy(name="mine", required=["reading"])
    assert policy_named(own) is own


def test_a_file_may_say_a_policy(tmp_path, monkeypatch) -> None:
    """By an absolute path, one from the working directory, or an object that is a path."""
    path = tmp_path / "grid.toml"
    path.write_text('required = ["reading"]\nmarkets = ["futures"]\n')
    monkeypatch.chdir(tmp_path)
    for given in (str(path), path, "./grid.toml", "grid.toml"):
        policy = policy_named(given)
        assert (policy.name, policy.markets) == ("grid", (Market.FUTURES,))


def test_a_file_whose_name_cannot_be_shown_gives_a_policy(tmp_path) -> None:
    path = tmp_path / "my grid.toml"
    path.write_text("")
    assert policy_named(path).name == "own"


def test_a_permission_moves_from_where_the_base_has_it(tmp_path) -> None:
    """Whatever the file does not name stays as it is there."""
    path = tmp_path / "p.toml"
    path.write_text(
        'base = "spot-trading"\nallowed = ["margin", "spot-and-margin-trading"]\n'
        "rotation_days = 60\n"
    )
    own, base = policy_named(path), policy_named("spot-trading")
    assert own.forbidden == base.forbidden - {"margin"}
    assert own.required == {"reading"}
    assert own.allowed == base.allowed | {"margin", "spot-and-margin-trading"}
    assert (own.rotation_days, own.greatest_age_days) == (60, 90)
    assert own.ip_restriction == "required"


WRONG = {
    "permission": ('forbidden = ["withdrawal"]', "forbidden.0: no such permission, did you mean 'withdrawals'?; they are reading, "),
    "field of the exchange": ('allowed = ["reading", "enableFutures"]', "allowed.1: no such permission, did you mean 'futures'?"),
    "far from any": ('required = ["x"]', "required.0: no such permission; they are"),
    "text for a list": ('required = "reading"', "required: write a list of permissions, which are reading, "),
    "number in a list": ("one_of = [1]", "one_of.0: write a list of permissions"),
    "contradiction": ('required = ["futures"]\nforbidden = ["futures"]', "forbidden: 'futures' is in required as well"),
    "contradiction of allowed": ('allowed = ["margin"]\nforbidden = ["margin"]', "forbidden: 'margin' is in allowed as well"),
    "contradiction of ages": ("rotation_days = 90\ngreatest_age_days = 30", "rotation_days: 90 is more than greatest_age_days, 30"),
    "contradiction with the base": ('base = "spot-trading"\nrotation_days = 100', "rotation_days: 100 is more than greatest_age_days, 90"),
    "negative": ("greatest_age_days = -1", "greatest_age_days: write a whole number of days from 1 to 3650"),
    "zero": ("rotation_days = 0", "rotation_days: write a whole number of days"),
    "text": ('rotation_days = "30"', "rotation_days: write a whole number of days"),
    "boolean": ("rotation_days = true", "rotation_days: write a whole number of days"),
    "fraction": ("rotation_days = 1.5", "rotation_days: write a whole number of days"),
    "restriction": ('ip_restriction = "yes"', "ip_restriction: write 'required', 'recommended' or 'optional'"),
    "key type": ('key_types = ["DSA"]', "key_types.0: write a list of HMAC, ED25519, RSA"),
    "no key type": ("key_types = []", "key_types: write a list of HMAC"),
    "market": ('markets = ["fx"]', "markets.0: write a list of spot, "),
    "environment": ('environments = ["prod"]', "environments.0: write a list of live, testnet"),
    "unknown entry": ('forbiden = ["margin"]', "(unknown name), did you mean 'forbidden'?; the known names are allowed, base, "),
    "base": ('base = "spot"', "base: no packaged policy, did you mean 'spot-trading'?; they are read-only, "),
    "base of another type": ("base = 5", "base: write a text"),
    "date": ('date = "soon"', "date: write a date such as 2026-11-20"),
    "source": ("source = 1", "source: write a text"),
    "no TOML": ("required = [", "the policy file is not TOML ("),
}  # fmt: skip


@pytest.mark.parametrize(("text", "words"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_names_the_file_and_the_entry(tmp_path, text, words) -> None:
    """With what would be right."""
    path = tmp_path / "mine.toml"
    path.write_text(text)
    error = caught(policy_named, path)
    assert isinstance(error, ConfigurationError)
    assert str(error).startswith(f"policy:{path}: ")
    assert words in str(error)
    assert error.__context__ is None


def test_everything_that_is_wrong_is_told_at_once(tmp_path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('required = ["x"]\nrotation_days = 0\n')
    assert "required.0: " in str(caught(policy_named, path))
    assert "; rotation_days: " in str(caught(policy_named, path))


@pytest.mark.parametrize("given", ["spot-tradin", "", 5, None])
def test_a_policy_that_does_not_exist_is_told_with_those_that_do(given) -> None:
    message = str(caught(policy_named, given))
    assert "there is no such policy" in message
    assert message.endswith(f"one of: {', '.join(PACKAGED)}.")
    assert ("did you mean 'spot-trading'" in message) == (given == "spot-tradin")


def test_a_file_that_is_not_there_is_told_by_its_path(tmp_path) -> None:
    error = caught(policy_named, tmp_path / "p.toml")
    assert str(error) == f"policy:{tmp_path / 'p.toml'}: the policy file does not exist."
    assert "cannot be read" in str(caught(policy_named, tmp_path))


@pytest.mark.parametrize(
    "text",
    [
        'required = ["{}"]', 'base = "{}"', "{} = 1", 'source = ["{}"]', 'ip_restriction = "{}"',
        'markets = ["{}"]', 'date = "{}"', 'rotation_days = "{}"', "{}",
    ],
)  # fmt: skip
def test_a_pasted_key_is_not_repeated(tmp_path, text) -> None:
    """In a file, as a name, or as a path."""
    canary = token()
    path = tmp_path / "p.toml"
    path.write_text(text.format(canary))
    for given in (path, canary, f"{canary}/{canary}"):
        error = caught(policy_named, given)
        assert isinstance(error, ConfigurationError)
        assert_no_leak(canary, error)
        assert error.__context__ is None


def test_pydantic_comes_with_the_first_policy() -> None:
    """Adapters, which import the package, need none of it."""
    code = (
        "import sys, binance_creds.exchange as e; print('pydantic' in sys.modules);"
        "print(e.policy_named('spot-trading').name, 'pydantic' in sys.modules)"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env=plain_environ(),
    )  # fmt: skip
    assert found.stdout.split() == ["False", "spot-trading", "True"]
