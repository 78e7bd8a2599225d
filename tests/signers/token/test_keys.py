"""A key in a token: which one signs, and what is said where none does. SoftHSM is the token."""

from __future__ import annotations

import shutil

import pytest
from pkcs11 import Attribute, ObjectClass
from softhsm import PAYLOAD, make_ed25519, verify
from support import caught
from waiting import PATIENCE, beside

from binance_creds._enums import KeyType
from binance_creds._time._deadline import Deadline
from binance_creds.errors import (
    AccessDeniedError,
    ConfigurationError,
    MalformedSecretError,
    SecretNotFoundError,
)
from binance_creds.providers.signing import opened_signer
from binance_creds.providers.signing._schemes import SIGNERS
from binance_creds.providers.signing.token.pkcs11 import TokenKey

pytestmark = pytest.mark.real_server
LONG = "token=bot;manufacturer=SoftHSM%20project;model=SoftHSM%20v2;object=ed;id=%01;type=private"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("token=bot;object=ed", KeyType.ED25519),
        ("token=bot;id=%01", KeyType.ED25519),
        (LONG, KeyType.ED25519),
        ("token=bot;object=rsa", KeyType.RSA),
        ("token=bot;object=certified", KeyType.ED25519),
        ("token=bot;object=twin;id=%04", KeyType.ED25519),
        ("token=usb", KeyType.ED25519),
        ("token=usb;slot-manufacturer=SoftHSM%20project;library-version=2.6", KeyType.ED25519),
    ],
)
def test_a_key_signs_as_binance_wants_it(hsm, path, kind) -> None:
    signer = hsm.signer(path)
    assert kind is signer.key_type
    verify(signer)


@pytest.mark.parametrize(
    ("path", "kind", "message"),
    [
        ("token=bit;object=ed", SecretNotFoundError, "no token that fits"),
        ("token=bot;object=de", SecretNotFoundError, "no private key that fits"),
        ("token=empty", SecretNotFoundError, "no private key that fits"),
        (
            "token=bot;object=twin",
            MalformedSecretError,
            "several private keys fit the URI. Add id=",
        ),
        ("object=ed", MalformedSecretError, "several tokens fit the URI. Add serial="),
        ("token=bot;object=ec", MalformedSecretError, "the key of this signer is ECDSA."),
        ("token=bot;object=alone", MalformedSecretError, "private key without its public half."),
        ("token=bot;object=useless", AccessDeniedError, "this key may not sign."),
    ],
)
def test_what_does_not_fit_is_typed(hsm, path, kind, message) -> None:
    error = caught(hsm.signer, path)
    assert kind is type(error)
    assert message in str(error)
    assert str(error).startswith(f"pkcs11:{path}?module-path=...")


def test_keys_of_one_label_are_told_apart_by_what_the_error_says(hsm) -> None:
    error = caught(hsm.signer, "token=bot;object=twin")
    first, second = error.hint.removeprefix("Add id= with one of: ").split(", ")
    public = {hsm.signer(f"token=bot;id={one}").public_key_pem() for one in (first, second)}
    assert 2 == len(public)


def test_many_threads_sign_with_several_keys(hsm) -> None:
    """A module is called by one at a time; nobody notices."""
    paths = ("token=bot;object=ed", "token=bot;object=rsa", "token=usb")
    signers = [hsm.signer(path) for path in paths]

    def work(number: int) -> None:
        for turn in range(3):
            verify(signers[(number + turn) % 3], b"timestamp=%d" % (number * 10 + turn))

    for future in [beside(lambda number=number: work(number)) for number in range(32)]:
        future.result(PATIENCE)


def test_a_key_that_takes_the_place_of_another_is_a_newer_version(hsm) -> None:
    with hsm.session("usb") as session:
        make_ed25519(session, "changing", b"\x09")
    signer = hsm.signer("token=usb;object=changing")
    key = TokenKey(hsm.uri("token=usb;object=changing"))
    assert key.describe(Deadline(PATIENCE)) == signer.version
    with hsm.session("usb") as session:
        for found in list(session.get_objects({Attribute.LABEL: "changing"})):
            found.destroy()
        make_ed25519(session, "changing", b"\x09")
    assert key.describe(Deadline(PATIENCE)) != signer.version
    error = caught(signer.sign, PAYLOAD)
    assert isinstance(error, SecretNotFoundError)
    assert "another key has taken the place of this one" in error.message
    verify(hsm.signer("token=usb;object=changing"))
    with hsm.session("usb") as session:
        for found in list(session.get_objects({Attribute.LABEL: "changing"})):
            found.destroy()


def test_no_private_key_of_the_token_can_be_taken_out(hsm) -> None:
    """What the other tests sign with was made in the token, and stays there."""
    with hsm.session("bot") as session:
        for key in list(session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY})):
            assert key[Attribute.SENSITIVE]
            assert not key[Attribute.EXTRACTABLE]


def test_the_module_may_be_named_by_a_variable(hsm, monkeypatch) -> None:
    monkeypatch.setenv("PKCS11_MODULE_PATH", hsm.module)
    verify(hsm.signer("token=bot;object=ed", module_path=None))


def test_the_module_may_be_named_as_its_file_is(hsm) -> None:
    """The folders of the system are searched, and none that a name leads to."""
    key = hsm.uri("token=nowhere", module_path=None, module_name="softhsm2")
    error = caught(opened_signer, key, Deadline(PATIENCE))
    assert isinstance(error, SecretNotFoundError)
    for name in ("softhsm3", "..%2Fsofthsm2", "*"):
        key = hsm.uri("token=bot", module_path=None, module_name=name)
        error = caught(opened_signer, key, Deadline(PATIENCE))
        assert "no folder of the system has a PKCS#11 module of this `module-name`" in str(error)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"module_path": None}, "which PKCS#11 module to use. Add `module-path=PATH`, or set"),
        ({"module_path": "libsofthsm2.so"}, "must be absolute"),
        (
            {"module_path": "/nowhere/module.so"},
            "there is no PKCS#11 module at /nowhere/module.so.",
        ),
        ({"module_path": __file__}, "is no PKCS#11 module, or cannot be loaded."),
        ({"module_name": "softhsm2"}, "name the module twice"),
        ({"pin_source": "|/bin/cat"}, "a program ('|...') is not run. It is file:PATH"),
        ({"pin_source": "1234"}, "`pin-source` has none of the known forms"),
    ],
)
def test_a_wrong_option_is_refused(hsm, options, message) -> None:
    error = caught(hsm.signer, "token=bot;object=ed", **options)
    assert isinstance(error, ConfigurationError)
    assert message in str(error)


def test_a_module_that_others_can_write_is_refused(hsm, tmp_path) -> None:
    """It sees the PIN, and what is signed."""
    path = tmp_path / "module.so"
    shutil.copy(hsm.library, path)
    path.chmod(0o777)
    error = caught(hsm.signer, "token=bot;object=ed", module_path=str(path))
    assert isinstance(error, AccessDeniedError)
    assert f"every user of this machine can write {path}." in str(error)
    assert "(or, name another module)." in error.hint


def test_a_module_that_goes_meanwhile_is_named(hsm, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("os.path.isfile", lambda path: True)
    error = caught(hsm.signer, "token=bot;object=ed", module_path=str(tmp_path / "module.so"))
    assert isinstance(error, SecretNotFoundError)
    assert "there is no such file or folder" in error.message


def test_what_says_which_code_runs_counts_only_where_it_was_named() -> None:
    scheme = SIGNERS["pkcs11"]
    assert {"module-path", "module-name", "pin-source"} == set(scheme.named)
    assert "" == scheme.options


def test_closing_a_key_leaves_the_others_open(hsm) -> None:
    signer = hsm.signer("token=bot;object=ed")
    key = TokenKey(hsm.uri("token=bot;object=ed"))
    key.describe(Deadline(PATIENCE))
    key.close()
    key.close()
    verify(signer)
