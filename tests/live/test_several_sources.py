"""Live credentials of several sources: the next one is taken when the absence is no accident."""

from __future__ import annotations

import pytest
from live_support import Told, inside
from support import caught

from binance_creds import RefreshPolicy, load_credentials
from binance_creds.errors import SecretNotFoundError
from binance_creds.live import Kind

NEVER_BY_ITSELF = RefreshPolicy(ttl=3600, poll=3600, max_stale=7200)


@pytest.fixture
def live(store):
    """Of `a`, with `b` behind it."""
    store.put("b")
    with load_credentials(["held:a", "held:b"], live=True, refresh=NEVER_BY_ITSELF) as live:
        yield live


def test_a_moment_of_absence_does_not_rotate_to_the_next_source(store, live) -> None:
    """A file that is deleted and written again; the next key may be of another account."""
    told = Told()
    live.on_event(told)
    first, secret = live.current, store.secrets.pop("a")
    error = caught(live.refresh)
    assert isinstance(error, SecretNotFoundError)
    assert error.source == "held:a"
    assert first is live.current
    store.secrets["a"] = secret
    live.refresh()
    assert first is live.current
    told.wait(2)
    assert [Kind.FAILED, Kind.RECOVERED] == told.kinds


def test_an_absence_that_is_confirmed_moves_on(store, live) -> None:
    """And the first source is taken again as soon as it has something."""
    del store.secrets["a"]
    caught(live.refresh)
    assert live.refresh().origin == "held:b"
    assert [one.code for one in live.current.explain().attempts] == ["not_found"]
    store.put("a")
    assert live.refresh().origin == "held:a"


def test_an_absence_is_confirmed_also_when_all_is_read_again(store, live) -> None:
    """After a fetch that was given up, the source in use is still known."""
    inside(live).reader.forget_seen()
    first = live.current
    del store.secrets["a"]
    assert isinstance(caught(live.refresh), SecretNotFoundError)
    assert first is live.current
    assert live.refresh().origin == "held:b"


def test_what_stays_absent_everywhere_is_no_longer_served(store, live) -> None:
    """As from a single source, with every attempt."""
    store.secrets.clear()
    caught(live.refresh)
    error = caught(live.refresh)
    assert [one.source for one in error.attempts] == ["held:a", "held:b"]
    assert isinstance(caught(lambda: live.current), SecretNotFoundError)
