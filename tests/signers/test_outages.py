"""A bot whose key's store fails trades on once it is back: nothing is restarted, nobody waits long."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from key_stores import STORES, AwsKms, AzureKeys, GoogleKms, SshAgent, Token, Transit
from support import caught, token
from waiting import PATIENCE, timed, wait_for

from binance_creds import RefreshPolicy, load_credentials
from binance_creds.adapters import requests
from binance_creds.errors import (
    AccessDeniedError,
    ConfigurationError,
    CredentialsError,
    MalformedSecretError,
    ProviderUnavailableError,
    SecretDisabledError,
    SecretNotFoundError,
    ThrottledError,
)
from binance_creds.providers import memory
from binance_creds.providers.remote import _retries
from binance_creds.signers import _outside

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.real_server,
    # python-pkcs11, of a signature that p11-kit's server did not finish
    pytest.mark.filterwarnings("ignore:.*OperationContext:pytest.PytestUnraisableExceptionWarning"),
]
SECONDS = 0.5  # of a signature and a poll, where nothing else ends them
SILENT = {"hung", "stopped", "forgotten"}
DOWN = dict.fromkeys(("gone", "hung", "noise"), ProviderUnavailableError)
NOT_TLS = {"noise": ConfigurationError}
CLOUD = DOWN | {
    "throttled": ThrottledError,
    "denied": AccessDeniedError,
    "disabled": SecretDisabledError,
    "swapped": MalformedSecretError,  # the store signs with another key under the name
}
OUTAGES = {
    SshAgent: DOWN
    | {
        "killed": ProviderUnavailableError,
        "locked": SecretNotFoundError,
        "removed": SecretNotFoundError,
        "declined": AccessDeniedError,
    },
    Transit: CLOUD | {"sealed": ProviderUnavailableError},
    Token: {
        "killed": ProviderUnavailableError,
        "stopped": ProviderUnavailableError,
        "pulled_out": ProviderUnavailableError,
        "removed": SecretNotFoundError,
    },
    AwsKms: CLOUD,
    GoogleKms: CLOUD | NOT_TLS,
    AzureKeys: CLOUD | NOT_TLS,
}
CASES = [
    pytest.param(store, outage, error, id=f"{store.scheme}-{outage}")
    for store, outages in OUTAGES.items()
    for outage, error in outages.items()
]


class Bot:
    """Live credentials, and a client that trades with them."""

    def __init__(self, exchange, live, session) -> None:
        self.exchange, self.live, self._session = exchange, live, session

    def order(self) -> None:
        order = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.001"}
        self._session.post(f"{self.exchange.url}/api/v3/order", data=order).raise_for_status()

    def failure(self) -> BaseException:
        """Order in vain, and return why."""
        with timed() as took:
            error = caught(self.order)
        assert took.fair < SECONDS + PATIENCE / 6
        return error

    def recover(self, act, outage: str) -> None:
        """Act at once; where a timeout is short, a busy machine may need it more often."""
        if outage in SILENT:
            wait_for(lambda: not isinstance(outcome(act), ProviderUnavailableError))
        act()


def outcome(act) -> BaseException | None:
    try:
        act()
    except CredentialsError as error:
        return error
    return None


def made(store, outage: str):
    """Return a key, and how long a signature and a poll may take."""
    seconds = SECONDS if outage in SILENT else PATIENCE
    return store.make(store.elsewhere[0], f"&timeout={int(seconds * 1000)}ms"), seconds


@pytest.fixture(autouse=True)
def _briefly(monkeypatch) -> None:
    monkeypatch.setattr(_retries, "FIRST_PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(_outside, "_TRUSTED_SECONDS", 0.0)


@contextmanager
def trading(exchange, key, seconds: float) -> Iterator[Bot]:
    api_key, policy = token(), RefreshPolicy(poll="1h", ttl="2h", max_stale="5h")
    key.register(exchange, api_key)
    memory.register(api_key[:9], {"api_key": api_key, "signer": key.signer})
    source = f"memory:{api_key[:9]}"
    handles = []

    def load() -> None:
        options = {"live": True, "refresh": policy, "timeout_seconds": seconds}
        handles.append(load_credentials(source, **options))

    wait_for(lambda: outcome(load) is None)
    with handles[0] as live, requests.client(live) as session:
        yield Bot(exchange, live, session)
    memory.unregister(api_key[:9])
    assert exchange.rejected() == []


@pytest.mark.parametrize(("key_store", "outage", "error"), CASES, indirect=["key_store"])
def test_an_outage_is_typed_bounded_shown_and_over_when_it_is(
    exchange, key_store, outage, error
) -> None:
    key, seconds = made(key_store, outage)
    with trading(exchange, key, seconds) as bot:
        with key_store.failing(outage, key):
            refusal = bot.failure()
            assert (error, refusal.code) == (type(refusal), bot.live.status().signer_error)
        bot.recover(bot.order, outage)
        assert bot.live.status().signer_error is None


@pytest.mark.parametrize(
    "key_store", [it for it in STORES if it is not Token], indirect=True, ids=lambda it: it.scheme
)
def test_a_connection_that_a_router_forgot_is_replaced(exchange, key_store) -> None:
    """It answers nothing, and ends by nothing."""
    key, seconds = made(key_store, "forgotten")
    with trading(exchange, key, seconds) as bot, key_store.failing("forgotten", key):
        bot.recover(bot.order, "forgotten")


@pytest.mark.parametrize(("key_store", "outage", "error"), CASES, indirect=["key_store"])
def test_a_poll_during_an_outage_ends_nothing(exchange, key_store, outage, error) -> None:
    """What it may end is over with the next poll."""
    key, seconds = made(key_store, outage)
    with trading(exchange, key, seconds) as bot:
        with key_store.failing(outage, key):
            outcome(bot.live.refresh)
            assert bot.live.status().error in {None, error.code}
        bot.recover(bot.live.refresh, outage)
        bot.recover(bot.order, outage)
