"""Whatever the exchange answers, a check ends with findings or with an error that says why."""

from __future__ import annotations

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import build

from binance_creds.errors import CredentialsError, ProviderUnavailableError, VerificationError
from binance_creds.exchange import ExchangeCheck, Findings
from binance_creds.exchange._findings import PERMISSION_FIELDS
from binance_creds.testing import FakeExchange

CODES = (-1002, -1003, -1021, -1022, -2008, -2014, -2015, -2017)
NAMES = ("code", "msg", "balances", "serverTime", "ipRestrict", "createTime",
         "tradingAuthorityExpirationTime", *PERMISSION_FIELDS.values())  # fmt: skip
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=20),
    st.sampled_from([*CODES, 10**400, -(10**400), 1_700_000_000_000, "true"]),
)  # fmt: skip
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3), max_leaves=5)
OBJECTS = st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=8), VALUES, max_size=8)
BODIES = st.one_of(OBJECTS.map(json.dumps), VALUES.map(json.dumps), st.text(max_size=50))
STATUSES = st.sampled_from([200, 200, 200, 400, 401, 404, 451, 520])


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(account=BODIES, restrictions=BODIES, clock=BODIES, status=STATUSES)
def test_every_answer_has_an_outcome(account, restrictions, clock, status, exchange) -> None:
    """Only a code that is about the credentials refuses a pair."""
    creds = build(**exchange.issue().fields())
    exchange.reply(account, 10, path="/api/v3/account", status=status)
    exchange.reply(restrictions, 10, path="/sapi/v1/account/apiRestrictions", status=status)
    exchange.reply(clock, 10, path="/api/v3/time", status=status)
    exchange.reply(clock, 10, path="/fapi/v3/account", status=status)
    try:
        outcome = ExchangeCheck(base_url=exchange.url).examine(creds)
    except CredentialsError as error:
        outcome = error
    exchange.forget_faults()
    assert isinstance(outcome, Findings | VerificationError | ProviderUnavailableError)
    assert "the call failed" not in str(outcome)
    if isinstance(outcome, VerificationError):
        assert json.loads(account)["code"] in CODES


def test_an_answer_about_permissions_is_read_for_what_it_has() -> None:
    """With a field that is new, and without all others."""
    with FakeExchange() as exchange:
        creds = build(**exchange.issue().fields())
        exchange.reply('{"enableMoon": true}', path="/sapi/v1/account/apiRestrictions")
        found = ExchangeCheck(base_url=exchange.url).examine(creds)
    assert found.permissions == {"enableMoon"}
    assert found.denied_permissions == frozenset()
    assert (found.is_ip_restricted, found.created_at) == (None, None)
