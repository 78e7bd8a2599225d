"""One server a store and worker, started when a test first needs it; a proxy and a login a test."""

from __future__ import annotations

import importlib
import os
import socket
import sys
from pathlib import Path

import keyring
import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for shops.py
sys.path.extend(str(p) for p in Path(__file__).parents[1].glob("providers/*/"))  # for servers

import three_bots
from azure.keyvault.secrets._shared import http_challenge_cache
from shops import LOGIN, SHOPS, STORES, SUFFIX

from binance_creds.providers.aws import _login as aws_login
from binance_creds.providers.azure import _client as azure_client
from binance_creds.providers.google import _secret_manager as google_secret_manager
from binance_creds.providers.remote import _retries as retries
from binance_creds.providers.vault import _session as vault_session

FOREIGN = ("AWS_", "AZURE_", "BAO_", "BINANCE_", "GOOGLE_", "IDENTITY_", "MSI_", "VAULT_")
POOLS = (
    aws_login.CLIENTS,
    azure_client.CLIENTS,
    google_secret_manager.LOGINS,
    vault_session.SESSIONS,
)


@pytest.fixture(scope="session")
def running(tmp_path_factory):
    """Start each store once."""
    started = {}

    def one(scheme):
        if scheme not in started:
            started[scheme] = SHOPS[scheme](tmp_path_factory.mktemp(scheme))
        return started[scheme]

    yield one
    for shop in started.values():
        shop.close()


@pytest.fixture
def machine(monkeypatch):
    """A machine without any login, on which `.test` is itself; pauses are short."""
    for name in list(os.environ):
        if name.startswith(FOREIGN) or name.upper().endswith("_PROXY"):
            monkeypatch.delenv(name)
    monkeypatch.setattr(retries, "FIRST_PAUSE_SECONDS", 0.001)
    resolve = socket.getaddrinfo

    def local(host, *args, **kwargs):
        is_ours = host == LOGIN or str(host).endswith(f".{SUFFIX}")
        return resolve("127.0.0.1" if is_ours else host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", local)
    forget()
    yield monkeypatch
    forget()


@pytest.fixture
def open_shop(running, machine):
    """Give a store by its scheme, with the environment that its login needs."""
    opened = []

    def one(scheme):
        shop = running(scheme)
        shop.open()
        opened.append(shop)
        for name, value in shop.environ.items():
            machine.setenv(name, value)
        return shop

    yield one
    for shop in opened:
        shop.proxy.close()


@pytest.fixture(params=SHOPS)
def shop(request, open_shop):
    return open_shop(request.param)


@pytest.fixture
def keychain(tmp_path, monkeypatch):
    """Use a keychain that a child process has, too."""
    (tmp_path / "shelf.json").write_text("{}")
    monkeypatch.setenv("SHELF", str(tmp_path / "shelf.json"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "shelf_keychain.Keyring")
    monkeypatch.syspath_prepend(Path(__file__).parent / "in_child")
    before = keyring.get_keyring()
    keyring.set_keyring(importlib.import_module("shelf_keychain").Keyring())
    yield
    keyring.set_keyring(before)


@pytest.fixture(params=STORES)
def source(request, tmp_path):
    """Give a source of each store in which nothing is."""
    kind = request.param
    if kind in SHOPS:
        return request.getfixturevalue("open_shop")(kind).source(three_bots.name())
    request.getfixturevalue("machine")
    if kind == "keyring":
        request.getfixturevalue("keychain")
        return f"keyring://{three_bots.name()}/main"
    tmp_path.chmod(0o700)
    return f"{kind}:{tmp_path / 'pair'}"


def forget() -> None:
    """No client, token or challenge of another test."""
    for pool in POOLS:
        pool.clear()
    http_challenge_cache.clear()
