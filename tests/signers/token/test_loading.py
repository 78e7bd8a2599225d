"""Credentials whose key is in a token: the same program as with a `.env`."""

from __future__ import annotations

import json
import os
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from softhsm import PAYLOAD, text_of, verify
from support import caught, token, write_dotenv

from binance_creds import load_credentials
from binance_creds.adapters.plain import sign_request
from binance_creds.errors import ConfigurationError, CredentialsError, ProviderUnavailableError
from binance_creds.testing import FakeExchange

pytestmark = pytest.mark.real_server
KEY = "token=bot;object=ed"


@pytest.fixture
def here(hsm, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("BINANCE")]:
        monkeypatch.delenv(name)
    return hsm


def test_a_bot_trades_with_a_key_in_a_token(here, monkeypatch) -> None:
    """The exchange knows the public half alone."""
    with FakeExchange() as exchange:
        key = token()
        exchange.keys.register_public_key(key, here.signer(KEY).public_key_pem())
        monkeypatch.setenv("BINANCE_API_KEY", key)
        monkeypatch.setenv("BINANCE_SIGNER", text_of(here.uri(KEY)))
        creds = load_credentials("env://BINANCE")
        signed = sign_request(creds, "GET", f"{exchange.url}/api/v3/account")
        with urlopen(Request(signed.url, headers=signed.headers)) as answer:
            assert "SPOT" == json.load(answer)["accountType"]


def test_an_absent_token_moves_no_chain_on(here, monkeypatch) -> None:
    """An old `.env` behind it must not trade in its place."""
    old = Path("old.env").absolute()
    write_dotenv(old, {"api_key": token(), "api_secret": token()})
    monkeypatch.setenv("BINANCE_API_KEY", token())
    monkeypatch.setenv("BINANCE_SIGNER", text_of(here.uri("token=nowhere")))
    error = caught(load_credentials, ["env://BINANCE", f"dotenv:{old}"])
    assert isinstance(error, CredentialsError)
    assert "the module has no token that fits the URI." in str(error)


def test_a_dotenv_that_was_found_says_which_key_and_nothing_else(here, monkeypatch) -> None:
    """Whoever wrote it must not choose which code runs."""
    write_dotenv(Path(".env"), {"api_key": token(), "signer": text_of(here.uri(KEY))})
    error = caught(load_credentials)
    assert isinstance(error, ConfigurationError)
    assert "the option 'module-path'" in str(error)
    write_dotenv(Path(".env"), {"api_key": token(), "signer": f"pkcs11:{KEY}"})
    monkeypatch.setenv("PKCS11_MODULE_PATH", here.module)
    monkeypatch.setenv("PKCS11_PIN_SOURCE", here.pin)
    verify(load_credentials().signer)


def test_credentials_go_on_after_the_token_was_pulled_out(here, monkeypatch) -> None:
    monkeypatch.setenv("BINANCE_API_KEY", token())
    monkeypatch.setenv("BINANCE_SIGNER", text_of(here.uri("token=usb;object=ed")))
    creds = load_credentials("env://BINANCE")
    here.pull_out("usb")
    assert isinstance(caught(creds.sign, PAYLOAD), ProviderUnavailableError)
    here.put_back("usb")
    verify(creds.signer)
