"""Plans that their store reads together: each provider that is built for them is closed."""

from __future__ import annotations

import pytest
from live_support import Store, install
from support import caught

from binance_creds import load_many
from binance_creds.errors import (
    ConfigurationError,
    ProviderUnavailableError,
    SecretNotFoundError,
)

NAMES = "abcd"


@pytest.fixture
def store(monkeypatch) -> Store:
    """A plug-in with `BatchFetch`, which counts what is opened and closed."""
    store = install(Store(), monkeypatch)
    store.batch_key = "one"
    for name in NAMES:
        store.put(name)
    return store


def loaded():
    return load_many({name: f"held:{name}" for name in NAMES}, fresh=True)


def test_a_batch_closes_every_provider(store) -> None:
    assert list(NAMES) == list(loaded())
    assert [len(NAMES)] == store.batches
    assert store.opened
    assert 0 == store.still_open


def test_a_batch_that_fails_closes_every_provider(store) -> None:
    store.error = ProviderUnavailableError("the store is down.", source="held:a")
    assert type(caught(loaded)) is ProviderUnavailableError
    assert store.opened
    assert 0 == store.still_open


def test_a_provider_that_cannot_be_built_again_spoils_none_of_the_others(store) -> None:
    """A plug-in may read the environment when it is built, which changes."""
    build, built = store.open, []

    def once(uri):
        built.append(uri.location)
        if uri.location == "b" and built.count("b") > 1:
            raise ConfigurationError("no longer.", source="held:b")
        return build(uri)

    store.open = once
    error = caught(loaded)
    assert ["b: held:b"] == [attempt.source for attempt in error.attempts]
    assert [len(NAMES) - 1] == store.batches
    assert store.opened
    assert 0 == store.still_open


def test_providers_of_which_none_can_be_built_again_are_not_asked(store) -> None:
    build, built = store.open, []

    def once(uri):
        built.append(uri.location)
        if built.count(uri.location) > 1:
            raise SecretNotFoundError("no longer.", source="held:x")
        return build(uri)

    store.open = once
    assert type(caught(loaded)) is SecretNotFoundError
    assert store.batches == []
