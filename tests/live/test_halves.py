"""Key and secret written one after the other: no key is ever joined to another pair's secret."""

from __future__ import annotations

import pytest
from live_support import Told, pair
from support import build, new_key, token

from binance_creds import KeyType, RefreshPolicy, load_credentials
from binance_creds.live import Action, Kind
from binance_creds.live.run._same_key import same_material, shares_half

POLICY = RefreshPolicy(poll=10, jitter=0)
SPLIT = {"profiles": {"main": {"api_key": "held:key", "api_secret": "held:secret"}}}


@pytest.mark.parametrize("key_type", list(KeyType))
@pytest.mark.parametrize("is_sealed", [False, True])
def test_pairs_are_told_apart_by_their_halves(key_type, is_sealed) -> None:
    """Of every kind of key, and also where the secret can no longer be read."""

    def built(fields):
        credentials = build(**fields)
        return credentials.sealed() if is_sealed else credentials

    fields, others = new_key(key_type).fields(), new_key(key_type).fields()
    one, same, other = built(fields), built(fields), built(others)
    half = built(fields | {"api_key": others["api_key"]})
    assert (True, False) == (same_material(one, same), shares_half(one, same))
    assert (False, False) == (same_material(one, other), shares_half(one, other))
    for whole in (one, other):
        assert (False, True) == (same_material(whole, half), shares_half(whole, half))


def test_a_key_that_is_joined_to_another_kind_of_secret_is_half_a_change() -> None:
    key = new_key(KeyType.ED25519).fields()
    assert shares_half(build(**key), build(api_key=key["api_key"], api_secret=token()))


@pytest.mark.parametrize("order", [("key", "secret"), ("secret", "key")])
def test_two_secrets_of_one_store_never_give_a_mixed_pair(store, clock, order) -> None:
    """A poll comes between the two writes; the pair before stays to roll back to."""
    store.put("key", {"api_key": token()})
    store.put("secret", {"api_secret": token()})
    rotations, events = Told(), Told()
    with load_credentials(
        profile="main", config=SPLIT, live=True, refresh=POLICY, on_rotation=rotations
    ) as live:
        live.on_event(events)
        first, fields = live.current, pair()
        store.put(order[0], {f"api_{order[0]}": fields[f"api_{order[0]}"]})
        clock.advance(10)
        events.wait_kind(Kind.HALF_CHANGED)
        assert first is live.current
        store.put(order[1], {f"api_{order[1]}": fields[f"api_{order[1]}"]})
        clock.advance(10)
        (rotation,) = rotations.wait()
        assert fields["api_key"] == rotation.current.api_key.reveal()
        assert fields["api_secret"] == rotation.current.api_secret.reveal()
        assert first is rotation.previous is live.previous


@pytest.mark.parametrize("order", [("key", "secret"), ("secret", "key")])
def test_a_mixed_pair_is_nobodys_to_verify(store, clock, order) -> None:
    """The exchange would refuse it, and the event would blame the pair."""
    fields, others = pair(), pair()
    store.put("key", {"api_key": fields["api_key"]})
    store.put("secret", {"api_secret": fields["api_secret"]})
    verify, rotations, events = Told(), Told(), Told()
    with load_credentials(
        profile="main",
        config=SPLIT,
        live=True,
        refresh=POLICY,
        on_rotation=rotations,
        verify=verify,
    ) as live:
        live.on_event(events)
        store.put(order[0], {f"api_{order[0]}": others[f"api_{order[0]}"]})
        clock.advance(10)
        events.wait_kind(Kind.HALF_CHANGED)
        store.put(order[1], {f"api_{order[1]}": others[f"api_{order[1]}"]})
        clock.advance(10)
        rotations.wait()
        assert [Kind.HALF_CHANGED, Kind.ROTATED] == [one.kind for one in events.wait(2)]
        assert [fields, others] == [
            {"api_key": one.api_key.reveal(), "api_secret": one.api_secret.reveal()}
            for one in verify.values
        ]


def test_a_new_key_with_the_same_private_key_is_taken_half_a_minute_later(store, clock) -> None:
    """At the look that comes then, however rare the polls; one event says what is waited for."""
    fields = new_key(KeyType.ED25519).fields()
    store.put("a", fields)
    rotations, events = Told(), Told()
    policy = RefreshPolicy(poll=200, ttl=400, jitter=0)
    with load_credentials("held:a", live=True, refresh=policy, on_rotation=rotations) as live:
        live.on_event(events)
        store.put("a", fields | {"api_key": token()})
        clock.advance(200)
        events.wait_kind(Kind.HALF_CHANGED)
        assert 30 == live.status().next_check_seconds
        clock.advance(30)
        rotations.wait()
        told = events.wait(2)
        assert [Kind.HALF_CHANGED, Kind.ROTATED] == [one.kind for one in told]
        assert "30 s at most" in told[0].message


@pytest.mark.parametrize("is_accepted", [True, False])
def test_half_a_change_that_stays_is_verified_when_it_is_taken(store, clock, is_accepted) -> None:
    """And not before; one that is refused is read and tried again at the next look."""
    tried, rotations, events = Told(), Told(), Told()

    def verify(new) -> None:
        tried(new)
        if len(tried.values) > 1 and not is_accepted:
            raise ValueError

    fields = store.put("a")
    policy = RefreshPolicy(poll=200, ttl=400, max_stale=800, jitter=0)
    with load_credentials(
        "held:a", live=True, refresh=policy, verify=verify, on_rotation=rotations
    ) as live:
        live.on_event(events)
        store.put("a", fields | {"api_key": token()})
        clock.advance(200)
        events.wait_kind(Kind.HALF_CHANGED)
        assert 1 == len(tried.values)
        clock.advance(30)
        if is_accepted:
            assert tried.wait(2)[1:] == [one.current for one in rotations.wait()] == [live.current]
        else:
            events.wait_kind(Kind.FAILED)
            clock.advance(60)
            tried.wait(3)
            assert [] == rotations.values


@pytest.mark.parametrize("ask", ["refresh", "report_rejection"])
def test_a_corrected_secret_is_taken_at_once_by_who_needs_it(store, clock, ask) -> None:
    """A typing error: the key stays, and the secret is another; whether a poll saw it or not."""
    for is_seen in (False, True):
        fields = store.put("a")
        with load_credentials("held:a", live=True, refresh=POLICY) as live:
            events = Told()
            live.on_event(events)
            corrected = store.put("a", fields | {"api_secret": token()})
            if is_seen:
                clock.advance(10)
                events.wait_kind(Kind.HALF_CHANGED)
            if ask == "refresh":
                live.refresh()
            else:
                decision = live.report_rejection(-1022, used=live.current)
                assert Action.RETRY is decision.action
            assert corrected["api_secret"] == live.current.api_secret.reveal()
