"""The PIN of a token: where it comes from, and that a wrong one is tried once."""

from __future__ import annotations

import os

import keyring
import pytest
from keyring.backend import KeyringBackend
from softhsm import PIN, verify, write_pin
from support import caught

from binance_creds.errors import AccessDeniedError, AuthenticationError, SecretNotFoundError
from binance_creds.testing import assert_no_leak

pytestmark = pytest.mark.real_server
KEY = "token=pins;object=ed"


@pytest.fixture
def pin(tmp_path) -> str:
    path = str(tmp_path / "pin")
    write_pin(path, PIN)
    return path


@pytest.fixture
def closed(hsm):
    """Give a SoftHSM to whose token `pins` this process has not logged in."""
    hsm.pull_out("pins")
    caught(hsm.signer, KEY)
    hsm.put_back("pins")
    return hsm


def test_a_refused_pin_is_not_tried_again_until_it_is_another(closed, pin) -> None:
    """A few wrong ones lock a token, and a supervisor starts a program again and again."""
    wrong = "864209753124680"
    write_pin(pin, wrong)
    first = caught(closed.signer, KEY, pin_source=f"file:{pin}")
    second = caught(closed.signer, KEY, pin_source=pin)
    assert type(first) is type(second) is AuthenticationError
    assert "the token refused the PIN." == first.message
    assert "the token has refused this PIN before, so it was not tried again." == second.message
    write_pin(pin, PIN)
    verify(closed.signer(KEY, pin_source=pin))
    assert_no_leak(wrong, first, second)


@pytest.mark.parametrize("form", ["file:{}", "file://{}", "{}"])
def test_the_pin_is_read_from_a_file(closed, pin, form) -> None:
    verify(closed.signer(KEY, pin_source=form.format(pin)))


def test_the_pin_is_read_where_systemd_put_it(closed, pin, monkeypatch) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", os.path.dirname(pin))
    verify(closed.signer(KEY, pin_source="file:$CREDENTIALS_DIRECTORY/pin"))


def test_a_file_that_others_can_write_is_refused(closed, pin) -> None:
    os.chmod(pin, 0o666)
    error = caught(closed.signer, KEY, pin_source=pin)
    assert isinstance(error, AccessDeniedError)
    assert f"every user of this machine can write {pin}." in str(error)


def test_a_missing_file_is_named(closed) -> None:
    error = caught(closed.signer, KEY, pin_source="/nowhere/pin")
    assert "there is no such file or folder: /nowhere" in str(error)


def test_a_variable_says_where_the_pin_is(closed, pin, monkeypatch) -> None:
    monkeypatch.setenv("PKCS11_PIN_SOURCE", f"file:{pin}")
    verify(closed.signer(KEY, pin_source=None))


def test_without_a_pin_the_error_says_how_to_give_one(closed) -> None:
    error = caught(closed.signer, KEY, pin_source=None)
    assert isinstance(error, AuthenticationError)
    assert "Add `pin-source=file:PATH`" in str(error)


class Items(KeyringBackend):
    priority = 0.1

    def __init__(self, **items: str) -> None:
        super().__init__()
        self._items = items

    def get_password(self, service, username):
        return self._items.get(f"{service}_{username}")

    def set_password(self, service, username, password):
        raise NotImplementedError


def test_the_pin_is_read_from_the_keychain(closed) -> None:
    before = keyring.get_keyring()
    keyring.set_keyring(Items(hsm_pin=PIN, hsm_json='{"api_key": "a"}'))
    try:
        verify(closed.signer(KEY, pin_source="keyring://hsm/pin"))
        absent = caught(closed.signer, "token=empty", pin_source="keyring:hsm/other")
        assert isinstance(absent, SecretNotFoundError)
        several = caught(closed.signer, "token=empty", pin_source="keyring:hsm/json")
        assert "is no single value" in str(several)
    finally:
        keyring.set_keyring(before)
