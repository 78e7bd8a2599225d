"""How a live handle keeps itself current, as users say it."""

from __future__ import annotations

import copy
import pickle

import pytest
from support import caught, token

from binance_creds._refresh_policy import RefreshPolicy
from binance_creds._time._swap_window import SwapWindow
from binance_creds.errors import ConfigurationError
from binance_creds.testing import assert_no_leak


def test_the_defaults_are_sane() -> None:
    policy = RefreshPolicy()
    assert policy._asdict() == {
        "ttl_seconds": 300, "poll_seconds": 30, "max_stale_seconds": 3600, "jitter": 0.1,
        "overlap_seconds": 86_400, "max_hold_seconds": 60, "on_denied": "stop", "swap_window": None,
        "push": (),
    }  # fmt: skip


@pytest.mark.parametrize("name", ["ttl", "poll", "max_stale", "overlap", "max_hold"])
@pytest.mark.parametrize(
    ("value", "seconds"), [("2m", 120), ("45000ms", 45), ("1.5h", 5400), (90, 90.0), (31.5, 31.5)]
)
def test_a_duration_is_a_text_with_a_unit_or_seconds(name, value, seconds) -> None:
    arguments = {"max_stale": "1d", name: value}
    assert seconds == getattr(RefreshPolicy(**arguments), f"{name}_seconds")


@pytest.mark.parametrize("name", ["ttl", "poll", "max_stale", "overlap", "max_hold"])
@pytest.mark.parametrize(
    "value", ["30", "", "0s", "-1s", "soon", 0, -1, float("inf"), float("nan")]
)
def test_a_wrong_duration_is_named_with_what_would_be_right(name, value) -> None:
    error = caught(RefreshPolicy, **{name: value})
    assert isinstance(error, ConfigurationError)
    assert str(error).startswith(f"{name} must be")
    assert "30s" in str(error)


@pytest.mark.parametrize("jitter", [-0.01, 0.51, float("nan"), float("inf"), "0.1"])
def test_jitter_is_at_most_half_of_a_poll(jitter) -> None:
    error = caught(RefreshPolicy, jitter=jitter)
    assert isinstance(error, ConfigurationError)
    assert "jitter is a share of poll, from 0 to 0.5" in str(error)


@pytest.mark.parametrize("jitter", [0, 0.5])
def test_jitter_may_be_at_its_bounds(jitter) -> None:
    assert jitter == RefreshPolicy(jitter=jitter).jitter


@pytest.mark.parametrize("word", ["", "STOP", "raise", None])
def test_on_denied_is_one_of_two_words(word) -> None:
    error = caught(RefreshPolicy, on_denied=word)
    assert isinstance(error, ConfigurationError)
    assert "on_denied must be one of: stop, keep" in str(error)
    assert RefreshPolicy(on_denied="keep").on_denied == "keep"


def test_a_swap_window_is_read() -> None:
    policy = RefreshPolicy(swap_window="Mon 02:00-02:30 UTC")
    assert policy.swap_window == SwapWindow((0,), 120, 30)
    error = caught(RefreshPolicy, swap_window="at night")
    assert isinstance(error, ConfigurationError)
    assert "swap_window must have the form" in str(error)


def test_push_is_a_collection() -> None:
    assert RefreshPolicy(push=["sqs:a", "redis:b"]).push == ("sqs:a", "redis:b")
    error = caught(RefreshPolicy, push="sqs:a")
    assert isinstance(error, ConfigurationError)
    assert "Put it into brackets" in str(error)


def test_max_stale_leaves_time_for_a_poll() -> None:
    assert RefreshPolicy(max_stale="30s", poll="30s").max_stale_seconds == 30
    error = caught(RefreshPolicy, max_stale="29s", poll="30s")
    assert isinstance(error, ConfigurationError)
    assert "max_stale must not be shorter than poll" in str(error)


def test_arguments_are_named_and_known() -> None:
    assert isinstance(caught(RefreshPolicy, "5m"), TypeError)
    assert isinstance(caught(RefreshPolicy, tttl="5m"), TypeError)


def test_it_does_not_change() -> None:
    policy = RefreshPolicy()
    for name in ("ttl_seconds", "anything"):
        assert isinstance(caught(setattr, policy, name, 5), AttributeError)


def test_equal_policies_are_one_value() -> None:
    one, other = RefreshPolicy(ttl="5m", push=["sqs:a"]), RefreshPolicy(ttl=300, push=("sqs:a",))
    assert one == other
    assert len({one, other, RefreshPolicy(ttl="6m")}) == 2


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda policy: pickle.loads(pickle.dumps(policy))]
)
def test_it_can_be_copied_and_sent_to_another_process(copied) -> None:
    policy = RefreshPolicy(swap_window="Mon 02:00-02:30 UTC", push=["sqs:a"])
    assert policy == copied(policy)
    assert type(copied(policy)) is RefreshPolicy


def test_a_window_that_is_no_text_is_refused() -> None:
    assert "swap_window is a text" in str(caught(RefreshPolicy, swap_window=5))


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("ttl", None, "ttl must be a positive"),
        ("poll", ["30s"], "poll must be a positive"),
        ("push", None, "push is a collection of sources, not NoneType"),
        ("push", [1], "push is a collection of texts, not of int"),
        ("push", ["queue"], "does not start with a scheme"),
    ],
)
def test_what_is_of_another_type_is_named(name, value, words) -> None:
    error = caught(RefreshPolicy, **{name: value})
    assert isinstance(error, ConfigurationError)
    assert words in str(error)


@pytest.mark.parametrize(
    "shape",
    [
        lambda secret: {"poll": secret},
        lambda secret: {"ttl": "soon", "overlap": secret},
        lambda secret: {"jitter": secret},
        lambda secret: {"on_denied": secret},
        lambda secret: {"swap_window": secret},
        lambda secret: {"push": [secret]},
        lambda secret: {"push": [f"redis://user:{secret}@host/0"]},
    ],
)
def test_a_secret_among_the_arguments_is_not_repeated(shape) -> None:
    """Nor kept in a frame of ours."""
    canary = token()
    error = caught(RefreshPolicy, **shape(canary))
    assert isinstance(error, ConfigurationError)
    assert error.__context__ is error.__cause__ is None
    assert_no_leak(canary, error)


def test_its_repr_shows_no_values_of_push_sources() -> None:
    """Addresses and names of queues, as sources elsewhere."""
    shown = repr(RefreshPolicy(poll="1m", push=["sqs:q?region=mars", "signal:SIGHUP"]))
    assert "poll_seconds=60.0" in shown
    assert "push=('sqs:q?region=...', 'signal:SIGHUP')" in shown
