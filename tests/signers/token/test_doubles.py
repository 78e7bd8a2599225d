"""What SoftHSM never does: tokens and keys that are locked, odd, or kept by others."""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
import threading
from types import SimpleNamespace

import pkcs11
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from pkcs11 import Attribute, KeyType, ObjectClass, TokenFlag, exceptions
from softhsm import PIN, write_pin
from support import caught
from waiting import PATIENCE, beside, wait_for

from binance_creds._enums import KeyType as OurType
from binance_creds._time._deadline import Deadline
from binance_creds.errors import (
    AccessDeniedError,
    AuthenticationError,
    ConfigurationError,
    MalformedSecretError,
    ProviderUnavailableError,
)
from binance_creds.providers.signing.token._errors import may_be_over, translated
from binance_creds.providers.signing.token._module import module_at
from binance_creds.providers.signing.token._pin import PinSource, open_session
from binance_creds.providers.signing.token._public_half import version_of
from binance_creds.providers.signing.token._search import found_tokens
from binance_creds.signers import SignerURI

LOGIN = TokenFlag.LOGIN_REQUIRED
POINT = bytes(range(32))
NAMED = b"\x13\x0cedwards25519"


class Token:
    """A token that counts the logins that are tried, and answers them as it is told."""

    label, serial = "bot", b"1"

    def __init__(self, flags: TokenFlag, answer: Exception | None = None) -> None:
        self.flags = flags
        self.answer = answer
        self.tried: list[object] = []

    def open(self, *, user_pin: object = None) -> str:
        if user_pin is not None:
            self.tried.append(user_pin)
            if self.answer is not None:
                raise self.answer
        return "session"


@pytest.fixture
def pins(tmp_path) -> PinSource:
    path = str(tmp_path / "pin")
    write_pin(path, PIN)
    return PinSource(SignerURI.parse(f"pkcs11:token=bot?pin-source={path}"))


NO_PINS = PinSource(SignerURI.parse("pkcs11:token=bot"))


def test_a_token_without_login_gets_no_pin(pins) -> None:
    token = Token(TokenFlag(0))
    assert "session" == open_session(token, pins, Deadline(PATIENCE))
    assert [] == token.tried


def test_a_token_with_keys_of_its_own_asks_there() -> None:
    token = Token(LOGIN | TokenFlag.PROTECTED_AUTHENTICATION_PATH)
    assert "session" == open_session(token, NO_PINS, Deadline(PATIENCE))
    assert [pkcs11.PROTECTED_AUTH] == token.tried


@pytest.mark.parametrize(
    ("flag", "message"),
    [
        (TokenFlag.USER_PIN_LOCKED, "the PIN of the token is locked after too many wrong ones."),
        (TokenFlag.USER_PIN_FINAL_TRY, "one more wrong PIN locks the token"),
    ],
)
def test_the_last_try_is_left_to_people(pins, flag, message) -> None:
    token = Token(LOGIN | flag)
    error = caught(open_session, token, pins, Deadline(PATIENCE))
    assert isinstance(error, AuthenticationError)
    assert message in error.message
    assert [] == token.tried


def test_another_session_of_the_process_may_have_logged_in(pins) -> None:
    token = Token(LOGIN, exceptions.UserAlreadyLoggedIn())
    assert "session" == open_session(token, pins, Deadline(PATIENCE))


@pytest.mark.parametrize("kind", ["PinIncorrect", "PinInvalid", "PinLenRange"])
def test_no_refused_pin_reaches_a_token_twice(pins, kind) -> None:
    token = Token(LOGIN, getattr(exceptions, kind)())
    token.label = kind
    errors = [caught(open_session, token, pins, Deadline(PATIENCE)) for _ in range(3)]
    assert [PIN] == token.tried
    for error in errors:
        assert isinstance(translated(error), AuthenticationError)
        assert not may_be_over(error)


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (exceptions.PinExpired(), AuthenticationError, "the PIN of the token has expired."),
        (exceptions.UserNotLoggedIn(), AccessDeniedError, "the token wants a login for this key."),
        (exceptions.FunctionRejected(), AccessDeniedError, "declined the signature."),
        (exceptions.PKCS11Error("Unmapped error code 0x68"), AccessDeniedError, "may not sign."),
        (exceptions.MechanismInvalid(), MalformedSecretError, "cannot sign as Binance wants it."),
        (exceptions.DeviceRemoved(), ProviderUnavailableError, "the token was removed"),
        (exceptions.SessionCount(), ProviderUnavailableError, "no session or memory left."),
        (exceptions.FunctionFailed(), ProviderUnavailableError, "reported a fault."),
        (NotImplementedError("token text"), ProviderUnavailableError, "the request failed (NotImplementedError)."),
    ],
)  # fmt: skip
def test_each_error_of_a_module_has_one_of_ours(error, kind, message) -> None:
    ours = translated(error)
    assert kind is type(ours)
    assert message in ours.message


class Object(dict):
    """A key or certificate as attributes; those that are not there cannot be read."""

    def __init__(self, key_type: object = None, **attributes: object) -> None:
        super().__init__({Attribute[name]: value for name, value in attributes.items()})
        self.key_type = key_type

    def __missing__(self, name):
        raise exceptions.AttributeSensitive


def session_of(*objects: Object):
    def fits(one: Object, wanted: dict) -> bool:
        return all(one.get(name) == value for name, value in wanted.items())

    return SimpleNamespace(get_objects=lambda wanted: [one for one in objects if fits(one, wanted)])


def public(**attributes: object) -> Object:
    return Object(CLASS=ObjectClass.PUBLIC_KEY, **attributes)


@pytest.mark.parametrize("point", [POINT, b"\x04\x20" + POINT])
@pytest.mark.parametrize(
    ("key_type", "parameters"),
    [(KeyType.EC_EDWARDS, {}), (KeyType.EC, {"EC_PARAMS": NAMED})],
)
def test_ed25519_is_known_in_each_form_that_modules_have(point, key_type, parameters) -> None:
    private = Object(key_type, ID=b"", LABEL="ed", **parameters)
    version = version_of(session_of(public(LABEL="ed", EC_POINT=point)), private)
    assert OurType.ED25519 is version.key_type


@pytest.mark.parametrize(
    ("private", "beside", "message"),
    [
        (Object(KeyType.EC_EDWARDS, ID=b"1"), public(ID=b"1", EC_POINT=bytes(57)), "is Ed448, or"),
        (Object(KeyType.DSA), public(), "is DSA."),
        (Object(0x80000001), public(), "is of an unknown kind."),
    ],
)
def test_another_kind_of_key_is_named(private, beside, message) -> None:
    error = caught(version_of, session_of(beside), private)
    assert isinstance(error, MalformedSecretError)
    assert message in error.message


@pytest.mark.parametrize("is_readable", [True, False])
def test_the_public_half_of_rsa_is_in_either_key(is_readable) -> None:
    numbers = rsa.generate_private_key(65537, 2048).public_key().public_numbers()
    half = {"MODULUS": numbers.n.to_bytes(256, "big"), "PUBLIC_EXPONENT": b"\1\0\1"}
    private = Object(KeyType.RSA, ID=b"1", **(half if is_readable else {}))
    version = version_of(session_of(public(ID=b"1"), public(ID=b"1", **half)), private)
    assert OurType.RSA is version.key_type


def test_a_certificate_that_cannot_be_read_is_no_public_half() -> None:
    private = Object(KeyType.EC_EDWARDS, ID=b"1")
    certificate = Object(CLASS=ObjectClass.CERTIFICATE, ID=b"1")
    error = caught(version_of, session_of(certificate), private)
    assert "no_public_key" == error.reason


def test_a_slot_whose_token_goes_meanwhile_is_passed_over() -> None:
    def gone():
        raise exceptions.TokenNotPresent

    library = SimpleNamespace(get_slots=lambda token_present: [SimpleNamespace(get_token=gone)])
    assert [] == found_tokens(library, {"token": b"bot"})


def test_a_module_that_other_code_has_started_is_said_to_be(hsm, tmp_path) -> None:
    """As an engine of OpenSSL starts it: python-pkcs11 then refuses."""
    path = str(tmp_path / "libsofthsm2.so")
    shutil.copy(hsm.library, path)
    assert 0 == ctypes.CDLL(path).C_Initialize(None)
    error = caught(hsm.signer, "token=bot;object=ed", module_path=path)
    assert isinstance(error, ConfigurationError)
    assert "Let both use p11-kit-proxy.so" in error.hint


def test_a_module_that_never_started_is_unavailable(hsm, tmp_path, monkeypatch) -> None:
    path = str(tmp_path / "libsofthsm2.so")
    shutil.copy(hsm.library, path)
    monkeypatch.setenv("SOFTHSM2_CONF", "/nowhere/softhsm2.conf")
    error = caught(hsm.signer, "token=bot;object=ed", module_path=path)
    assert isinstance(error, ProviderUnavailableError)
    assert "the token or its module reported a fault." == error.message


def forked(code) -> int:
    """Fork, and return the exit code that the child finds."""
    child = os.fork()
    if child == 0:
        os._exit(code())
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def name_of_frame(thread: threading.Thread) -> str:
    frame = sys._current_frames().get(thread.ident)
    return frame.f_code.co_name if frame else ""


def test_a_fork_waits_for_a_call_to_end() -> None:
    """Else the child inherits a module in the middle of something."""
    begun, go_on, ended = threading.Event(), threading.Event(), []

    def call() -> None:
        begun.set()
        go_on.wait(PATIENCE)
        ended.append(True)

    future = beside(lambda: module_at("/nowhere/one").run(call, Deadline(PATIENCE)))
    assert begun.wait(PATIENCE)
    fork = beside(lambda: forked(lambda: 0 if ended else 1))
    wait_for(lambda: name_of_frame(fork.thread) == "acquire")
    go_on.set()
    assert 0 == fork.result(PATIENCE)
    future.result(PATIENCE)


def test_a_fork_does_not_wait_for_a_call_that_hangs() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def call() -> None:
        begun.set()
        go_on.wait(PATIENCE)

    module = module_at("/nowhere/two")
    future = beside(lambda: module.run(call, Deadline(PATIENCE)))
    assert begun.wait(PATIENCE)
    assert 7 == forked(lambda: 7)
    go_on.set()
    future.result(PATIENCE)
    module.run(lambda: None, Deadline(PATIENCE))
