"""What type checkers must know of fields of models, settings and health checks."""

from typing import assert_type

import pydantic

from binance_creds import Credentials, LiveCredentials, Secret
from binance_creds.integrations.health import Grade, Health, health
from binance_creds.integrations.models import (
    CredentialsField,
    LiveCredentialsField,
    as_credentials,
    as_live_credentials,
    as_secret,
)


class Settings(pydantic.BaseModel):
    """A field is what it holds."""

    binance: CredentialsField
    live: LiveCredentialsField


def fields(settings: Settings) -> None:
    """The fields have the methods of credentials."""
    assert_type(settings.binance, Credentials)
    assert_type(settings.live, LiveCredentials)
    assert_type(as_credentials("env://BINANCE"), Credentials)
    assert_type(as_live_credentials("env://BINANCE"), LiveCredentials)
    assert_type(as_secret("x"), Secret)


def answer(live: LiveCredentials) -> None:
    """One handle, or several with names."""
    assert_type(health(live), Health)
    assert_type(health({"main": live}).grade, Grade)
    assert_type(health(live).http_status, int)
    assert_type(health(live).json(), str)
