"""What is remembered of a pair, and for how long."""

from __future__ import annotations

import pytest

from binance_creds import Environment, KeyType
from binance_creds.errors import ProviderUnavailableError
from binance_creds.exchange import Findings, Market
from binance_creds.exchange._memo import MOST, Asked, Memo, Pauses
from binance_creds.testing import FakeClock

DAY = 86_400
SAID = Findings(Market.SPOT, Environment.LIVE, None, None, None, None, None, KeyType.HMAC)
FOUND, IN_PART = Asked(SAID, is_whole=True), Asked(SAID)
ERROR = Asked(error=ProviderUnavailableError("there was no answer."))


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def memo(clock):
    return Memo(clock)


def test_what_was_found_is_remembered_for_a_day(memo, clock) -> None:
    assert memo.recall("pair") is None
    memo.keep("pair", FOUND)
    clock.advance(DAY - 1)
    assert memo.recall("pair") is FOUND
    clock.advance(1)
    assert memo.recall("pair") is None


@pytest.mark.parametrize("outcome", [IN_PART, ERROR])
def test_what_is_not_whole_is_for_those_who_asked_before_it_came(outcome, memo, clock) -> None:
    asked_at = memo.now()
    clock.advance(1)
    memo.keep("pair", outcome)
    assert memo.recall("pair", asked_at) is outcome
    clock.advance(1)
    assert memo.recall("pair", memo.now()) is None
    assert memo.recall("pair") is None


def test_the_latest_outcome_counts(memo) -> None:
    memo.keep("pair", FOUND)
    memo.keep("pair", ERROR)
    assert memo.recall("pair") is None


def test_what_was_kept_first_is_forgotten_first(memo) -> None:
    for number in range(MOST):
        memo.keep(str(number), FOUND)
    memo.keep("0", FOUND)  # the newest again
    memo.keep("one more", FOUND)
    assert memo.recall("0") is FOUND
    assert memo.recall("1") is None


def test_a_pause_ends(clock) -> None:
    pauses = Pauses(clock)
    pauses.start("https://a", 10)
    pauses.start("https://b", 0)
    clock.advance(4)
    assert (pauses.seconds("https://a"), pauses.seconds("https://b")) == (6, 0)
    clock.advance(7)
    assert pauses.seconds("https://a") == 0
