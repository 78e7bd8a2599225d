"""The chain: only "definitely not here" moves on, and the error tells every attempt."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import scripted_store
from waiting import PATIENCE

from binance_creds._chain import load_plan, most_serious
from binance_creds._plan import Plan, SplitPair, Terms
from binance_creds._raw import VALUE, RawSecret, Unchanged
from binance_creds._secret import Secret
from binance_creds._time._deadline import Deadline
from binance_creds._uri import SourceURI
from binance_creds.errors import (
    AccessDeniedError,
    AuthenticationError,
    ConfigurationError,
    CredentialsError,
    MalformedSecretError,
    ProviderNotInstalledError,
    ProviderUnavailableError,
    SecretDisabledError,
    SecretNotFoundError,
    ThrottledError,
)
from binance_creds.providers import memory
from binance_creds.testing import FakeClock, ScriptedProvider

KEY, SECRET = "k1" * 32, "s2" * 32


def pair(origin: str, **more: str) -> RawSecret:
    fields = {"api_key": KEY, "api_secret": SECRET, **more}
    return RawSecret({n: Secret(v) for n, v in fields.items()}, origin=origin, version="7")


def value(text: str, origin: str, version: str | None = None) -> RawSecret:
    created_at = datetime(2026, 1, int(version or 1), tzinfo=UTC)
    return RawSecret({VALUE: Secret(text)}, origin=origin, version=version, created_at=created_at)


def plan(*locations: str, **decisions: object) -> Plan:
    candidates = tuple(SourceURI("scripted", location) for location in locations)
    return Plan(candidates, Terms(**decisions))  # type: ignore[arg-type]


def split(**locations: str) -> Plan:
    parts = tuple((name, SourceURI("scripted", where)) for name, where in locations.items())
    return Plan((SplitPair(parts),))


def test_the_first_source_that_has_them_answers() -> None:
    """What was tried before stands in the explanation; what comes after is not asked."""
    scripted_store.script({"b": pair("scripted:b"), "c": pair("scripted:c")})
    creds = load_plan(plan("a", "b", "c"), Deadline(PATIENCE))
    assert scripted_store.asked == ["a", "b"]
    assert creds.origin == "scripted:b"
    assert [(a.source, a.code) for a in creds.explain().attempts] == [("scripted:a", "not_found")]
    assert "tried before scripted:a: not_found" in str(creds.explain())


@pytest.mark.parametrize(
    "error",
    [
        AccessDeniedError("no"),
        AuthenticationError("who"),
        ConfigurationError("what"),
        MalformedSecretError("bad", reason="empty"),
        ProviderNotInstalledError("pip"),
        ProviderUnavailableError("down"),
        SecretDisabledError("off"),
        ThrottledError("slow", retry_after_seconds=3),
    ],
    ids=lambda error: type(error).__name__,
)
def test_nothing_but_not_found_moves_on(error: CredentialsError) -> None:
    """A denied production secret never falls through to an old .env."""
    scripted_store.script({"b": error, "c": pair("scripted:c")})
    with pytest.raises(type(error)) as caught:
        load_plan(plan("a", "b", "c"), Deadline(PATIENCE))
    assert scripted_store.asked == ["a", "b"]
    assert [attempt.code for attempt in caught.value.attempts] == ["not_found", error.code]
    assert type(caught.value) is type(error)


def test_a_half_pair_does_not_move_on() -> None:
    """A key without its secret is a defect of this source, not an absence."""
    half = RawSecret({"api_key": Secret(KEY)}, origin="scripted:a")
    scripted_store.script({"a": half, "b": pair("scripted:b")})
    with pytest.raises(MalformedSecretError) as caught:
        load_plan(plan("a", "b"), Deadline(PATIENCE))
    assert caught.value.reason == "incomplete"


def test_unavailable_moves_on_where_the_profile_says_so() -> None:
    """And the explanation tells that it did."""
    scripted_store.script({"a": ProviderUnavailableError("down"), "b": pair("scripted:b")})
    creds = load_plan(plan("a", "b", continues_when_unavailable=True), Deadline(PATIENCE))
    assert [attempt.code for attempt in creds.explain().attempts] == ["unavailable"]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(0.0)


@pytest.fixture
def stores(clock, monkeypatch):
    """Stores that hang (H) or answer (A) by a clock that does not wait; the plan asks all."""

    def opened(kinds: str, **decisions: bool) -> Plan:
        answer = {"api_key": KEY, "api_secret": SECRET}
        scripts = {"H": [3600.0, answer], "A": [answer]}
        providers = [ScriptedProvider(scripts[kind], sleep=clock.sleep) for kind in kinds]
        monkeypatch.setattr(scripted_store, "open_scripted", lambda u: providers[int(u.location)])
        return plan(*map(str, range(len(kinds))), **decisions)

    return opened


@pytest.mark.parametrize(
    ("kinds", "seconds", "attempts"),
    [("HA", 15, 1), ("HHA", 20, 2), ("HAH", 10, 1), ("AH", 0, 0)],
)
def test_a_store_that_hangs_leaves_the_next_its_share(
    stores, clock, kinds, seconds, attempts
) -> None:
    """Of 30 s among three the first may take 10, the second half of the 20 that remain."""
    creds = load_plan(stores(kinds, continues_when_unavailable=True), Deadline(30, clock=clock))
    assert ["unavailable"] * attempts == [one.code for one in creds.explain().attempts]
    assert clock() == seconds


def test_time_that_a_store_did_not_need_is_left_to_the_others(stores, clock) -> None:
    """The second of three may take half of it when the first failed at once."""
    chain = stores("HHA", continues_when_unavailable=True)
    chain = chain._replace(candidates=(SourceURI("memory", "absent"), *chain.candidates[1:]))
    assert len(load_plan(chain, Deadline(30, clock=clock)).explain().attempts) == 2
    assert clock() == 15


def test_stores_that_all_hang_keep_the_one_deadline(stores, clock) -> None:
    """The shares together are all of it, and no more."""
    with pytest.raises(ProviderUnavailableError) as caught:
        load_plan(stores("HHH", continues_when_unavailable=True), Deadline(30, clock=clock))
    assert len(caught.value.attempts) == 3
    assert clock() == 30


def test_no_time_is_kept_for_a_source_that_would_not_be_asked(stores, clock) -> None:
    """Without the profile's word the first store has all of it."""
    with pytest.raises(ProviderUnavailableError) as caught:
        load_plan(stores("HA"), Deadline(30, clock=clock))
    assert caught.value.attempts == ()
    assert clock() == 30


def test_no_time_is_kept_for_a_source_that_needs_none(stores, clock) -> None:
    """What is local is read also when the time is up."""
    memory.register("here", {"api_key": KEY, "api_secret": SECRET})
    chain = stores("H", continues_when_unavailable=True)
    chain = chain._replace(candidates=(*chain.candidates, SourceURI("memory", "here")))
    assert load_plan(chain, Deadline(30, clock=clock)).origin == "memory:here"
    assert clock() == 30


def test_an_exhausted_chain_tells_every_attempt() -> None:
    """All not found: one error that lists where the credentials could be put."""
    scripted_store.script({})
    with pytest.raises(SecretNotFoundError) as caught:
        load_plan(plan("a", "b"), Deadline(PATIENCE))
    assert [attempt.source for attempt in caught.value.attempts] == ["scripted:a", "scripted:b"]
    assert "scripted:b: not_found" in str(caught.value)
    assert caught.value.__context__ is None


def test_an_exhausted_chain_has_the_class_of_the_most_serious() -> None:
    """Unavailable outweighs not found: the credentials may be there."""
    scripted_store.script({"a": ProviderUnavailableError("down", source="scripted:a")})
    with pytest.raises(ProviderUnavailableError) as caught:
        load_plan(plan("a", "b", continues_when_unavailable=True), Deadline(PATIENCE))
    assert [attempt.code for attempt in caught.value.attempts] == ["unavailable", "not_found"]


def test_seriousness_is_a_total_order() -> None:
    """An unknown subclass of the root counts as most serious of all."""
    other = CredentialsError("other")
    order = [SecretNotFoundError("x"), AccessDeniedError("x"), ConfigurationError("x"), other]
    assert other is most_serious(order)
    assert order[2] is most_serious(order[:3])


def test_a_source_is_not_asked_after_the_deadline() -> None:
    """One deadline covers the whole chain."""
    scripted_store.script({})
    ticks = iter([0.0, 1.0, 99.0])
    with pytest.raises(ProviderUnavailableError, match="time was up"):
        load_plan(plan("a", "b"), Deadline(5, clock=lambda: next(ticks)))
    assert scripted_store.asked == ["a"]


def test_two_secrets_of_one_store_make_one_pair() -> None:
    """Each gives the field that it is named for; versions and origins are joined."""
    scripted_store.script(
        {"k": value(KEY, "scripted:k", "3"), "s": value(SECRET, "scripted:s", "4")}
    )
    creds = load_plan(split(api_key="k", api_secret="s"), Deadline(PATIENCE))
    assert creds.version == "3+4"
    assert creds.origin == "scripted:k + scripted:s"
    assert creds.created_at == datetime(2026, 1, 3, tzinfo=UTC)


def test_a_part_may_be_a_document_that_names_its_field() -> None:
    """A JSON secret gives the member of that name."""
    scripted_store.script({"k": pair("scripted:k"), "s": value(SECRET, "scripted:s")})
    assert load_plan(split(api_key="k", api_secret="s"), Deadline(PATIENCE)).api_key == Secret(KEY)


def test_a_part_without_its_field_is_malformed() -> None:
    """The error names the field that was looked for."""
    scripted_store.script(
        {"k": pair("scripted:k"), "p": RawSecret({"api_key": Secret(KEY)}, origin="scripted:p")}
    )
    with pytest.raises(MalformedSecretError, match="private_key"):
        load_plan(split(api_key="k", private_key="p"), Deadline(PATIENCE))


def test_one_half_missing_is_malformed_not_absent() -> None:
    """Half a pair must never look like an empty store."""
    scripted_store.script({"k": value(KEY, "scripted:k")})
    with pytest.raises(MalformedSecretError) as caught:
        load_plan(split(api_key="k", api_secret="s"), Deadline(PATIENCE))
    assert caught.value.reason == "incomplete"
    assert [attempt.source for attempt in caught.value.attempts] == ["scripted:s"]


def test_both_halves_missing_is_absent() -> None:
    """Then a chain may go on."""
    scripted_store.script({})
    with pytest.raises(SecretNotFoundError):
        load_plan(split(api_key="k", api_secret="s"), Deadline(PATIENCE))


def test_one_value_without_a_name_is_not_a_pair() -> None:
    """The hint shows both ways to store a pair."""
    scripted_store.script({"a": value(KEY, "scripted:a")})
    with pytest.raises(MalformedSecretError, match="api_key = ") as caught:
        load_plan(plan("a"), Deadline(PATIENCE))
    assert caught.value.reason == "one_value"


def test_a_provider_that_answers_unchanged_unasked_is_refused() -> None:
    """That is its author's defect, and says so."""
    scripted_store.script({"a": Unchanged("7")})
    with pytest.raises(ConfigurationError, match="author"):
        load_plan(plan("a"), Deadline(PATIENCE))
