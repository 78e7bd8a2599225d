"""The source of pydantic-settings, with the real package."""

from __future__ import annotations

import pytest
from pydantic import Field
from pydantic_settings import BaseSettings
from support import caught, new_key

from binance_creds import SecretNotFoundError, load_credentials
from binance_creds.integrations.models import CredentialsField, LiveCredentialsField
from binance_creds.integrations.pydantic_settings import BinanceCredentialsSettingsSource
from binance_creds.providers import memory
from binance_creds.testing import assert_no_leak


@pytest.fixture
def key():
    issued = new_key()
    memory.register("settings", issued.fields())
    yield issued
    memory.unregister("settings")


def settings(kind: object, *arguments: object, default: object = ..., **options: object) -> type:
    class Settings(BaseSettings):
        binance: kind = default
        symbol: str = "BTCUSDT"

        @classmethod
        def settings_customise_sources(cls, settings_cls, init_settings, env_settings, **others):
            source = BinanceCredentialsSettingsSource(settings_cls, *arguments, **options)
            return init_settings, source, env_settings

    return Settings


def test_the_settings_load_their_credentials(key, monkeypatch) -> None:
    """Beside what the environment has; no dump and no repr shows the secret."""
    monkeypatch.setenv("SYMBOL", "ETHUSDT")
    made = settings(CredentialsField, "memory:settings")()
    assert load_credentials("memory:settings") is made.binance
    assert "ETHUSDT" == made.symbol
    assert_no_leak(key.api_secret, made, made.model_dump(), made.model_dump_json())


def test_a_profile_of_a_configuration_is_used(key) -> None:
    config = {"profiles": {"main": {"source": ["memory:settings"], "environment": "testnet"}}}
    made = settings(CredentialsField, profile="main", config=config)()
    assert "testnet" == made.binance.environment.value


def test_a_live_field_gets_a_handle(key) -> None:
    with settings(LiveCredentialsField | None, "memory:settings", default=None)().binance as live:
        assert load_credentials("memory:settings").fingerprint == live.current.fingerprint


def test_what_the_program_gives_is_not_loaded(key) -> None:
    """So a test needs no store."""
    given = load_credentials("memory:settings")
    assert given is settings(CredentialsField, "memory:absent")(binance=given).binance


def test_nothing_found_leaves_the_default(key) -> None:
    """Of a field that has one; else the error says what is missing."""
    assert settings(CredentialsField | None, "memory:absent", default=None)().binance is None
    error = caught(settings(CredentialsField, "memory:absent"))
    assert isinstance(error, SecretNotFoundError)


def test_one_field_may_be_named_and_have_an_alias(key) -> None:
    """Two accounts have two sources."""
    memory.register("hedge", new_key().fields())

    class Settings(BaseSettings):
        main: CredentialsField = Field(validation_alias="binance_main")
        hedge: CredentialsField

        @classmethod
        def settings_customise_sources(cls, settings_cls, **others):
            return (
                BinanceCredentialsSettingsSource(settings_cls, "memory:settings", field="main"),
                BinanceCredentialsSettingsSource(settings_cls, "memory:hedge", field="hedge"),
            )

    made = Settings()
    memory.unregister("hedge")
    assert ("memory:settings", "memory:hedge") == (made.main.origin, made.hedge.origin)


def test_an_error_of_another_field_shows_no_secret(key, monkeypatch) -> None:
    """pydantic shows the whole input where a field is missing: it holds no plaintext."""

    class Settings(settings(CredentialsField, "memory:settings")):
        must: int

    error = caught(Settings)
    assert "must" in str(error)
    assert_no_leak(key.api_secret, error, error.errors())
    source = BinanceCredentialsSettingsSource(Settings, profile="main")
    assert "BinanceCredentialsSettingsSource(profile='main')" == repr(source)
