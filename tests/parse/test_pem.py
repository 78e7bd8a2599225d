"""Private keys in the shapes that people paste become one canonical PEM."""

from __future__ import annotations

import base64
import textwrap

import pytest
from cryptography.hazmat.primitives import serialization as s
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa, x25519
from support import build, caught, token

from binance_creds import KeyType
from binance_creds.errors import MalformedSecretError
from binance_creds.testing import assert_no_leak

ED = ed25519.Ed25519PrivateKey.generate()
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PASSPHRASE = "correct horse battery " + token()


def pem(key, form=s.PrivateFormat.PKCS8, passphrase: str | None = None) -> str:
    how = s.BestAvailableEncryption(passphrase.encode()) if passphrase else s.NoEncryption()
    return key.private_bytes(s.Encoding.PEM, form, how).decode()


def der(key) -> str:
    return base64.b64encode(
        key.private_bytes(s.Encoding.DER, s.PrivateFormat.PKCS8, s.NoEncryption())
    ).decode()


def public(key) -> str:
    return (
        key.public_key().public_bytes(s.Encoding.PEM, s.PublicFormat.SubjectPublicKeyInfo).decode()
    )


def load(text: str, passphrase: str | None = None, field: str = "private_key"):
    more = {} if passphrase is None else {"passphrase": passphrase}
    return build(api_key=token(), **{field: text}, **more)


SHAPES = {
    "lf": lambda text: text,
    "crlf": lambda text: text.replace("\n", "\r\n"),
    "blank lines": lambda text: text.replace("\n", "\n\n"),
    "indented": lambda text: textwrap.indent(text, "    "),
    "literal newlines": lambda text: text.replace("\n", "\\n"),
    "literal crlf": lambda text: text.replace("\n", "\\r\\n"),
    "one line": lambda text: text.replace("\n", " "),
    "quoted": lambda text: f'"{text}"\n',
    "byte order mark": lambda text: "\ufeff" + text,
    "with text around": lambda text: f"Bag Attributes\n{text}",
}


@pytest.mark.parametrize("key", [ED, RSA], ids=["ed25519", "rsa"])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
def test_every_shape_gives_the_same_canonical_pem(key, shape) -> None:
    """PKCS#8 with LF, which no client trips over."""
    creds = load(shape(pem(key)))
    assert pem(key) == creds.private_key_pem.reveal()
    assert creds.key_type is (KeyType.ED25519 if key is ED else KeyType.RSA)


def test_an_ed25519_pem_has_119_characters() -> None:
    """Two clients take anything above 120 for RSA."""
    assert len(load(SHAPES["crlf"](pem(ED))).private_key_pem.reveal()) == 119


@pytest.mark.parametrize("key", [ED, RSA], ids=["ed25519", "rsa"])
def test_bare_base64_der_is_taken(key) -> None:
    """As one line and wrapped."""
    assert pem(key) == load(der(key)).private_key_pem.reveal()
    assert pem(key) == load("\n".join(textwrap.wrap(der(key), 64))).private_key_pem.reveal()


@pytest.mark.parametrize("key", [ED, RSA], ids=["ed25519", "rsa"])
def test_an_encrypted_key_is_opened_by_its_passphrase(key) -> None:
    """A line end of the passphrase's file does not count."""
    assert (
        pem(key)
        == load(pem(key, passphrase=PASSPHRASE), PASSPHRASE + "\n").private_key_pem.reveal()
    )


def test_traditional_keys_are_taken() -> None:
    """PKCS#1, plain and encrypted with its DEK-Info headers, also indented."""
    form = s.PrivateFormat.TraditionalOpenSSL
    assert pem(RSA) == load(pem(RSA, form)).private_key_pem.reveal()
    encrypted = pem(RSA, form, PASSPHRASE)
    assert "DEK-Info" in encrypted
    assert pem(RSA) == load(textwrap.indent(encrypted, "  "), PASSPHRASE).private_key_pem.reveal()


def test_a_superfluous_passphrase_is_ignored() -> None:
    """The key is not encrypted."""
    assert pem(ED) == load(pem(ED), PASSPHRASE).private_key_pem.reveal()


def test_a_pem_in_the_place_of_the_secret_is_taken() -> None:
    """As ccxt's users keep it."""
    assert load(pem(ED), field="api_secret").key_type is KeyType.ED25519


DAMAGED = pem(ED).replace("MC4C", "MC4D")
OTHERS = {
    "public key": (public(ED), None, "public_key"),
    "public key as DER": (public(ED).split("\n")[1], None, "public_key"),
    "RSA public key": (public(RSA), None, "public_key"),
    "certificate": ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", None, "public_key"),
    "no passphrase": (pem(ED, passphrase=PASSPHRASE), None, "passphrase_missing"),
    "wrong passphrase": (pem(ED, passphrase=PASSPHRASE), "another one", "wrong_passphrase"),
    "wrong RSA passphrase": (pem(RSA, passphrase=PASSPHRASE), "another one", "wrong_passphrase"),
    "truncated": (pem(ED)[:-30], None, "truncated_pem"),
    "first line only": ("-----BEGIN PRIVATE KEY-----", None, "truncated_pem"),
    "damaged": (DAMAGED, None, "bad_pem"),
    "not base64": ("!" + der(ED), None, "bad_pem"),
    "no key at all": (base64.b64encode(b"hello, world").decode(), None, "bad_pem"),
    "elliptic curve": (pem(ec.generate_private_key(ec.SECP256R1())), None, "wrong_algorithm"),
    "traditional curve": (
        pem(ec.generate_private_key(ec.SECP256R1()), s.PrivateFormat.TraditionalOpenSSL), None, "wrong_algorithm",
    ),
    "x25519": (pem(x25519.X25519PrivateKey.generate()), None, "wrong_algorithm"),
    "dsa": (pem(dsa.generate_private_key(2048), s.PrivateFormat.TraditionalOpenSSL), None, "wrong_algorithm"),
    "openssh": (pem(ED, s.PrivateFormat.OpenSSH), None, "unsupported_key"),
    "short RSA": (pem(rsa.generate_private_key(public_exponent=65537, key_size=1024)), None, "unsupported_key"),
    "smart dashes": (pem(ED).replace("-----BEGIN", "—--BEGIN"), None, "bad_character"),
    "zero-width space": (pem(ED)[:50] + "\u200b" + pem(ED)[50:], None, "bad_character"),
    "placeholder": ("<your private key>", None, "placeholder"),
    "variable": ("${PRIVATE_KEY}", None, "unexpanded_variable"),
    "empty": ("  ", None, "empty"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "passphrase", "reason"), OTHERS.values(), ids=OTHERS.keys())
def test_what_cannot_sign_has_its_own_reason_and_leaks_nothing(text, passphrase, reason) -> None:
    """The error names the field and what to do."""
    error = caught(load, text, passphrase)
    assert isinstance(error, MalformedSecretError)
    assert reason == error.reason
    assert error.field in {"private_key", "passphrase"}
    assert error.hint
    for canary in (der(ED)[22:], PASSPHRASE, pem(RSA).split("\n")[5]):
        assert_no_leak(canary, error)


def test_an_unknown_curve_is_unsupported() -> None:
    """OpenSSL reads the structure and does not have the algorithm."""
    unknown = bytes.fromhex("302e020100300506032b65720422042000") + bytes(31)
    error = caught(load, base64.b64encode(unknown).decode())
    assert isinstance(error, MalformedSecretError)
    assert error.reason in {"unsupported_key", "bad_pem"}
