"""A chain moves on from a cloud store when the secret is not there, and for no other reason."""

from __future__ import annotations

import pytest
from fault_proxy import hang, status
from support import caught, new_key, token
from waiting import PATIENCE

from binance_creds import load_credentials
from binance_creds.errors import (
    AccessDeniedError,
    AuthenticationError,
    ConfigurationError,
    MalformedSecretError,
    ProviderUnavailableError,
    SecretDisabledError,
    SecretNotFoundError,
)

pytestmark = pytest.mark.unmeasured

FALLBACK = "env://BINANCE"


@pytest.fixture
def old_pair(machine) -> dict[str, str]:
    """What a chain must not fall through to: it loads without a complaint."""
    pair = new_key().fields()
    machine.setenv("BINANCE_API_KEY", pair["api_key"])
    machine.setenv("BINANCE_API_SECRET", pair["api_secret"])
    assert load_credentials(FALLBACK)
    return pair


@pytest.fixture
def name(shop) -> str:
    name = f"bot-{token()[:12]}"
    shop.put(name, new_key().fields())
    return name


def denied(shop, name) -> dict[str, str]:
    return shop.deny()


def unauthenticated(shop, name) -> dict[str, str]:
    return shop.forget_login()


def malformed(shop, name) -> dict[str, str]:
    shop.put_text(name, '{"user": "x"}')
    return {}


def not_json(shop, name) -> dict[str, str]:
    shop.put_text(name, "{cut short")
    return {}


def switched_off(shop, name) -> dict[str, str]:
    shop.switch_off(name)
    return {}


def unavailable(shop, name) -> dict[str, str]:
    shop.proxy.fault = status(503)
    return {}


def throttled(shop, name) -> dict[str, str]:
    shop.proxy.fault = status(429)
    return {}


STOPS = {
    denied: AccessDeniedError,
    unauthenticated: AuthenticationError,
    malformed: MalformedSecretError,
    not_json: MalformedSecretError,
    switched_off: SecretDisabledError,
    unavailable: ProviderUnavailableError,
    throttled: ProviderUnavailableError,
}
PASSING = (unavailable, throttled)


@pytest.fixture(params=STOPS, ids=lambda arrange: arrange.__name__)
def arrange(request, shop, name, machine, old_pair):
    """Make the store refuse, in one of the ways."""
    for variable, value in request.param(shop, name).items():
        machine.setenv(variable, value)
    return request.param


def test_a_refusal_stops_the_chain(shop, name, arrange) -> None:
    """A denied production secret never becomes an old one of the environment."""
    error = caught(load_credentials, [shop.source(name), FALLBACK], timeout_seconds=PATIENCE)
    assert isinstance(error, STOPS[arrange])
    assert error.provider == shop.scheme


def test_by_profile_only_what_is_unavailable_is_passed_over(shop, name, arrange, old_pair) -> None:
    main = {"source": [shop.source(name), FALLBACK], "fallback": "unavailable"}
    config = {"profiles": {"main": main}}
    if arrange in PASSING:
        creds = load_credentials(config=config, profile="main")
        assert old_pair["api_key"] == creds.api_key.reveal()
        assert [shop.scheme] == [a.source.partition(":")[0] for a in creds.explain().attempts]
    else:
        error = caught(load_credentials, config=config, profile="main")
        assert isinstance(error, STOPS[arrange])


def test_by_profile_a_store_that_hangs_is_passed_over(shop, name, old_pair) -> None:
    """Though it takes all the time there is: reading what is local takes none."""
    main = {"source": [shop.source(name), FALLBACK], "fallback": "unavailable"}
    with shop.proxy.failing(hang):
        creds = load_credentials(
            config={"profiles": {"main": main}}, profile="main", timeout_seconds=0.3
        )
    assert old_pair["api_key"] == creds.api_key.reveal()


def test_a_secret_that_is_not_there_moves_the_chain_on(shop, old_pair) -> None:
    creds = load_credentials([shop.source("never-was"), FALLBACK])
    assert old_pair["api_key"] == creds.api_key.reveal()


def test_without_a_next_source_the_absence_is_told(shop) -> None:
    error = caught(load_credentials, shop.source("never-was"))
    assert type(error) is SecretNotFoundError


def test_a_certificate_that_is_not_trusted_stops_the_chain(open_shop, machine, old_pair) -> None:
    """And is not tried again without TLS."""
    for scheme in ("gcp-sm", "azure-kv"):
        shop = open_shop(scheme)
        machine.delenv("REQUESTS_CA_BUNDLE")
        source = shop.source("bot")
        error = caught(load_credentials, [source, FALLBACK], timeout_seconds=PATIENCE)
        assert type(error) is ConfigurationError
        assert error.provider == scheme
        assert shop.proxy.requests == []
