"""The PIN of a token: where it comes from, and that a wrong one is tried once."""

from __future__ import annotations

import errno
import os
import re

import keyring
import pytest
from keyring.backend import KeyringBackend
from softhsm import PAYLOAD, PIN, verify, write_pin
from support import caught
from waiting import PATIENCE, beside

from binance_creds._time._deadline import Deadline
from binance_creds.errors import AccessDeniedError, AuthenticationError, SecretNotFoundError
from binance_creds.providers.signing.token import _terminal
from binance_creds.providers.signing.token._terminal import typed_pin
from binance_creds.testing import assert_no_leak

pytestmark = pytest.mark.real_server
termios = pytest.importorskip("termios", reason="terminals are of POSIX")
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
    assert "(or, let `pin-source` name another file)." in error.hint


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


@pytest.fixture
def terminal(monkeypatch):
    """Give the end at which somebody types what the program reads from its terminal."""
    monkeypatch.setattr(_terminal, "_TYPED", {})
    typing, terminal = os.openpty()
    name, opened = os.ttyname(terminal), os.open
    monkeypatch.setattr(
        os,
        "open",
        lambda path, *rest, **more: opened({"/dev/tty": name}.get(path, path), *rest, **more),
    )
    before = termios.tcgetattr(terminal)
    yield typing
    assert before == termios.tcgetattr(terminal)
    for one in (typing, terminal):
        os.close(one)


def test_the_pin_may_be_typed_on_the_terminal_once(closed, terminal) -> None:
    """It is not shown, and is there when the token was pulled out and put back."""
    future = beside(lambda: closed.signer(KEY, pin_source="prompt:"))
    shown = os.read(terminal, 100)
    os.write(terminal, f"{PIN}\n".encode())
    signer = future.result(PATIENCE)
    closed.pull_out("pins")
    caught(signer.sign, PAYLOAD)
    closed.put_back("pins")
    verify(signer)
    assert re.fullmatch(rb"PIN of the token pins [0-9a-f]+: ", shown)
    assert b"\r\n" == os.read(terminal, 100)


def test_a_pin_that_was_mistyped_is_asked_for_again(closed, terminal) -> None:
    """The same wrong one does not reach the token a second time."""

    def entered(text: str):
        future = beside(lambda: closed.signer(KEY, pin_source="prompt:"))
        os.read(terminal, 100)
        os.write(terminal, f"{text}\n".encode())
        return future

    for said in ("the token refused the PIN.", "the token has refused this PIN before"):
        assert said in caught(entered("975318642086420").result, PATIENCE).message
        assert b"\r\n" == os.read(terminal, 100)
    verify(entered(PIN).result(PATIENCE))


def test_nothing_typed_is_no_pin(terminal) -> None:
    future = beside(lambda: caught(typed_pin, "other", Deadline(PATIENCE)))
    os.read(terminal, 100)
    os.write(terminal, b"\n")
    assert "no PIN was entered in time." == future.result(PATIENCE).message


def test_nobody_is_waited_for_beyond_the_deadline(terminal) -> None:
    error = caught(typed_pin, "slow", Deadline(0.001))
    assert isinstance(error, AuthenticationError)
    assert "no PIN was entered in time." == error.message


def test_nobody_is_asked_where_there_is_no_terminal(closed, monkeypatch) -> None:
    """A service has none, and must not wait for somebody."""
    opened = os.open

    def without_terminal(path, *rest, **more):
        if path == "/dev/tty":
            raise OSError(errno.ENXIO, os.strerror(errno.ENXIO))
        return opened(path, *rest, **more)

    monkeypatch.setattr(os, "open", without_terminal)
    error = caught(typed_pin, "nowhere", Deadline(PATIENCE))
    assert isinstance(error, AuthenticationError)
    assert "there is no terminal on which to ask for the PIN." == error.message
