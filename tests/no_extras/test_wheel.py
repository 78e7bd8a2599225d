"""The wheel alone: what needs no extra works, and each extra is asked for by name."""

from __future__ import annotations

import importlib
import secrets
from importlib.util import find_spec

import pytest

from binance_creds import KeyType, load_credentials
from binance_creds.errors import ConfigurationError, ProviderNotInstalledError
from binance_creds.exchange import policy_named

KEY, SECRET = secrets.token_hex(32), secrets.token_hex(32)


def test_no_extra_is_installed() -> None:
    """Otherwise this proves nothing."""
    assert not [
        name
        for name in (
            *("keyring", "requests", "httpx", "binance"),
            *("boto3", "botocore", "hvac", "azure", "google", "grpc"),
        )
        if find_spec(name)
    ]


def test_the_local_sources_work(tmp_path, monkeypatch) -> None:
    """Environment, .env, and a directory with a private key."""
    monkeypatch.setenv("BINANCE_API_KEY", KEY)
    monkeypatch.setenv("BINANCE_API_SECRET", SECRET)
    assert load_credentials().key_type is KeyType.HMAC
    path = tmp_path / ".env"
    path.touch(0o600)
    path.write_text(f"BINANCE_API_KEY={KEY}\nBINANCE_API_SECRET={SECRET}\n")
    assert load_credentials(f"dotenv:{path}").sign(b"x") == load_credentials().sign(b"x")


def test_the_packaged_policies_are_in_the_wheel() -> None:
    """They are data; the list of them is in the message for an unknown one."""
    with pytest.raises(ConfigurationError) as caught:
        policy_named("none")
    names = str(caught.value).partition("one of: ")[2].rstrip(".").split(", ")
    assert len(names) == 7
    assert all(policy_named(name).source for name in names)


@pytest.mark.parametrize(
    ("module", "name", "extra"),
    [
        ("python_binance", "client", "python-binance"),
        ("requests", "BinanceAuth", "requests"),
        ("httpx", "BinanceAuth", "httpx"),
    ],
)
def test_an_absent_client_is_asked_for_by_its_extra(module, name, extra) -> None:
    """On first use, with the line that installs it."""
    build = getattr(importlib.import_module(f"binance_creds.adapters.{module}"), name)
    with pytest.raises(ProviderNotInstalledError, match=rf"pip install 'binance-creds\[{extra}\]'"):
        build(None)


@pytest.mark.parametrize(
    ("source", "extra"),
    [
        ("aws-sm://prod/binance?region=eu-central-1", "aws"),
        ("azure-kv://my-vault/binance", "azure"),
        ("gcp-sm://my-project/binance", "gcp"),
        ("keyring://a/b", "keychain"),
        ("openbao://secret/binance", "vault"),
        ("vault://secret/binance", "vault"),
    ],
)
def test_an_absent_provider_is_asked_for_by_its_extra(source, extra) -> None:
    """With the line that installs it; a chain does not pass over what nobody could ask."""
    with pytest.raises(ProviderNotInstalledError, match=rf"pip install 'binance-creds\[{extra}\]'"):
        load_credentials(source)
    with pytest.raises(ProviderNotInstalledError):
        load_credentials([source, "env://BINANCE"])
