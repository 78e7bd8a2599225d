"""What is read of an answer about permissions: what it has, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from binance_creds.exchange._findings import (
    PERMISSION_FIELDS,
    Restrictions,
    restrictions_of,
)

MADE_MS = 1_623_840_271_000
MADE = datetime(2021, 6, 16, 10, 44, 31, tzinfo=UTC)


@pytest.mark.parametrize(("name", "field"), PERMISSION_FIELDS.items())
def test_each_permission_has_a_name(name, field) -> None:
    """One that is off is told from one of which nothing is said."""
    assert restrictions_of({field: True}) == Restrictions(permissions=frozenset({name}))
    off = Restrictions(permissions=frozenset(), denied_permissions=frozenset({name}))
    assert restrictions_of({field: False}) == off


def test_a_permission_that_is_new_keeps_its_own_name() -> None:
    """Nobody knows what it allows, so a policy must be able to see it."""
    found = restrictions_of({"enableReading": True, "enableMoonTrading": True, "enableSun": False})
    assert found.permissions == {"reading", "enableMoonTrading"}
    assert found.denied_permissions == {"enableSun"}


@pytest.mark.parametrize("answer", [{}, {"code": 0}, {"data": {"enableReading": True}}])
def test_an_answer_without_permissions_says_nothing_of_them(answer) -> None:
    assert restrictions_of(answer) == Restrictions()


def test_the_restriction_of_addresses_is_no_permission() -> None:
    assert restrictions_of({"ipRestrict": True}) == Restrictions(is_ip_restricted=True)
    assert restrictions_of({"ipRestrict": "false"}) == Restrictions(is_ip_restricted=False)


def test_times_are_read() -> None:
    found = restrictions_of({"createTime": MADE_MS, "tradingAuthorityExpirationTime": MADE_MS + 1})
    assert found.created_at == MADE
    assert (found.trading_ends_at - MADE).total_seconds() == 0.001


def test_a_time_may_be_text() -> None:
    """As proxies that convert nothing write numbers."""
    assert restrictions_of({"createTime": str(MADE_MS)}).created_at == MADE


@pytest.mark.parametrize(
    "value",
    [0, -1, True, None, "soon", "0", "-1", "", " 5 ", "9" * 5000, "\u0661" * 13, [], {}, 10**15,
     10**40, 1.5],
)  # fmt: skip
def test_what_is_no_time_is_none(value) -> None:
    """Some answers have zero for a right that does not end."""
    found = restrictions_of({"createTime": value, "tradingAuthorityExpirationTime": value})
    assert (found.created_at, found.trading_ends_at) == (None, None)


@pytest.mark.parametrize("value", ["True", "true"])
def test_text_is_read_too(value) -> None:
    assert restrictions_of({"enableReading": value}).permissions == {"reading"}


@pytest.mark.parametrize("value", [1, 0, None, "yes", [], {"a": 1}])
def test_what_is_no_boolean_says_nothing(value) -> None:
    assert restrictions_of({"enableReading": value, "ipRestrict": value}) == Restrictions()
