"""Private keys in the shapes that people paste become one canonical PEM."""

from __future__ import annotations

import base64
import datetime as dt
import textwrap

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization as s
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa, x25519
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
from hypothesis import given
from hypothesis import strategies as st
from language import refusal
from support import build, token

from binance_creds import KeyType
from binance_creds._credentials import has_usual_form
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
    "newlines escaped twice": lambda text: text.replace("\n", "\\\\n"),
    "crlf escaped three times": lambda text: text.replace("\n", "\\\\\\r\\\\\\n"),
    "escaped slashes": lambda text: text.replace("/", "\\/"),
    "literal crlf": lambda text: text.replace("\n", "\\r\\n"),
    "one line": lambda text: text.replace("\n", " "),
    "quoted": lambda text: f'"{text}"\n',
    "byte order mark": lambda text: "\ufeff" + text,
    "with text around": lambda text: f"Bag Attributes\n{text}",
    "twice": lambda text: text * 2,
    "behind its public half": lambda text: public(ED) + text,
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "base64 without padding": lambda text: base64.b64encode(text.encode()).decode().rstrip("="),
}


@pytest.mark.parametrize("key", [ED, RSA], ids=["ed25519", "rsa"])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
def test_every_shape_gives_the_same_canonical_pem(key, shape) -> None:
    """PKCS#8 with LF, which no client trips over."""
    creds = load(shape(pem(key)))
    assert pem(key) == creds.private_key_pem.reveal()
    assert creds.key_type is (KeyType.ED25519 if key is ED else KeyType.RSA)
    assert has_usual_form(creds) is True


def test_an_ed25519_pem_has_119_characters() -> None:
    """Two clients take anything above 120 for RSA."""
    assert len(load(SHAPES["crlf"](pem(ED))).private_key_pem.reveal()) == 119


@pytest.mark.parametrize("key", [ED, RSA], ids=["ed25519", "rsa"])
def test_bare_base64_der_is_taken(key) -> None:
    """As one line and wrapped."""
    assert pem(key) == load(der(key)).private_key_pem.reveal()
    assert pem(key) == load("\n".join(textwrap.wrap(der(key), 64))).private_key_pem.reveal()


@pytest.mark.parametrize("wrap", [None, 64, 76])
@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("form", [s.PrivateFormat.PKCS8, s.PrivateFormat.OpenSSH])
@pytest.mark.parametrize("key", [ED, RSA], ids=["ed25519", "rsa"])
def test_base64_of_a_pem_is_taken(key, form, times, wrap) -> None:
    """As the values of CI systems and Kubernetes hold it, with and without line ends."""
    text = pem(key, form)
    for _ in range(times):
        text = base64.b64encode(text.encode()).decode()
        text = "\n".join(textwrap.wrap(text, wrap)) if wrap else text
    for field in ("private_key", "api_secret"):
        assert pem(key) == load(text, field=field).private_key_pem.reveal()


@pytest.mark.parametrize("key", [ED, RSA], ids=["ed25519", "rsa"])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
def test_an_openssh_key_is_taken_in_every_shape(key, shape) -> None:
    """What ssh-keygen writes."""
    creds = load(shape(pem(key, s.PrivateFormat.OpenSSH)))
    assert pem(key) == creds.private_key_pem.reveal()


def test_an_openssh_key_without_its_first_and_last_line_is_taken() -> None:
    """With a passphrase that it does not need."""
    body = "".join(pem(ED, s.PrivateFormat.OpenSSH).splitlines()[1:-1])
    assert pem(ED) == load(body, PASSPHRASE).private_key_pem.reveal()


@given(st.data())
def test_a_damaged_openssh_key_is_a_malformed_secret(data) -> None:
    """Whatever is damaged."""
    damaged = bytearray(
        base64.b64decode("".join(pem(ED, s.PrivateFormat.OpenSSH).splitlines()[1:-1]))
    )
    damaged[data.draw(st.integers(0, len(damaged) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        load(base64.b64encode(damaged).decode(), PASSPHRASE)
    except MalformedSecretError as error:
        assert_no_leak(PASSPHRASE, error)


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


def openssh_label(body: str) -> str:
    return f"-----BEGIN OPENSSH PRIVATE KEY-----\n{body}\n-----END OPENSSH PRIVATE KEY-----\n"


def openssh_header(kind: bytes) -> str:
    """Return the beginning of a key that is not encrypted, as far as its kind."""
    parts = [b"none", b"none", b""]
    start = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    key = len(kind).to_bytes(4, "big") + kind
    data = b"openssh-key-v1\0" + start + b"\0\0\0\1" + len(key).to_bytes(4, "big") + key
    return openssh_label(base64.b64encode(data).decode())


def within(text: str) -> str:
    return f"-----BEGIN PRIVATE KEY-----\n{base64_of(text)}\n-----END PRIVATE KEY-----\n"


def base64_of(text: str, times: int = 1) -> str:
    for _ in range(times):
        text = base64.b64encode(text.encode()).decode()
    return text


def certificate() -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "bot")])
    now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    builder = x509.CertificateBuilder(name, name, ED.public_key(), 1, now, now)
    return builder.sign(ED, None).public_bytes(s.Encoding.DER)


def pkcs12() -> bytes:
    how = s.BestAvailableEncryption(PASSPHRASE.encode())
    return serialize_key_and_certificates(b"bot", RSA, None, None, how)


PUTTY = "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: é\nPublic-Lines: 2\nAAAA\n"
DAMAGED = pem(ED).replace("MC4C", "MC4D")
OTHERS = {
    "public key": (public(ED), None, "public_key"),
    "public key as DER": (public(ED).split("\n")[1], None, "public_key"),
    "RSA public key": (public(RSA), None, "public_key"),
    "certificate": ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", None, "public_key"),
    "damaged public key": ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", None, "public_key"),
    "damaged curve": ("-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----", None, "wrong_algorithm"),
    "damaged DSA": ("-----BEGIN DSA PRIVATE KEY-----\nAAAA\n-----END DSA PRIVATE KEY-----", None, "wrong_algorithm"),
    "PEM within PEM": (within(pem(ED)), None, "bad_pem"),
    "base64 three times": (base64_of(pem(ED), 3), None, "bad_pem"),
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
    "dsa": (pem(dsa.generate_private_key(1024), s.PrivateFormat.TraditionalOpenSSL), None, "wrong_algorithm"),
    "OpenSSH curve": (
        pem(ec.generate_private_key(ec.SECP256R1()), s.PrivateFormat.OpenSSH), None, "wrong_algorithm",
    ),
    "OpenSSH DSA": (openssh_header(b"ssh-dss"), None, "wrong_algorithm"),
    "OpenSSH security key": (openssh_header(b"sk-ssh-ed25519@openssh.com"), None, "wrong_algorithm"),
    "damaged OpenSSH": (openssh_header(b"ssh-ed25519"), None, "bad_pem"),
    "OpenSSH label alone": (openssh_label("AAAA"), None, "bad_pem"),
    "OpenSSH public key": ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA== bot@host", None, "public_key"),
    "RFC 4716": ("---- BEGIN SSH2 PUBLIC KEY ----\nAAAA\n---- END SSH2 PUBLIC KEY ----", None, "public_key"),
    "public key of a security key": ("sk-ssh-ed25519@openssh.com AAAAGnNr", None, "public_key"),
    "PuTTY": (PUTTY, None, "unsupported_key"),
    "PuTTY in base64": (base64.b64encode(PUTTY.encode()).decode(), None, "unsupported_key"),
    "PKCS#12": (base64.b64encode(pkcs12()).decode(), PASSPHRASE, "unsupported_key"),
    "short PKCS#12": (base64.b64encode(b"0\x03\x02\x01\x03").decode(), None, "unsupported_key"),
    "long PKCS#12": (base64.b64encode(b"0\x83\x01\0\n\x02\x01\x03").decode(), None, "unsupported_key"),
    "certificate as DER": (base64.b64encode(certificate()).decode(), None, "public_key"),
    "certificate with a passphrase": (base64.b64encode(certificate()).decode(), PASSPHRASE, "public_key"),
    "base64 of a public key": (base64.b64encode(public(ED).encode()).decode(), None, "public_key"),
    "base64 of nothing": (base64.b64encode(base64.b64encode(base64.b64encode(b"hello, w"))).decode(), None, "bad_pem"),
    "HMAC secret": (token(), None, "bad_pem"),
    "unknown cipher": (
        pem(RSA, s.PrivateFormat.TraditionalOpenSSL, PASSPHRASE).replace("AES-256", "CAMELLIA-256"),
        PASSPHRASE, "unsupported_key",
    ),
    "short RSA": (pem(rsa.generate_private_key(public_exponent=65537, key_size=1024)), None, "unsupported_key"),
    "smart dashes": (pem(ED).replace("-----BEGIN", "—--BEGIN"), None, "bad_character"),
    "zero-width space": (pem(ED)[:50] + "\u200b" + pem(ED)[50:], None, "bad_character"),
    "placeholder": ("<your private key>", None, "placeholder"),
    "variable": ("${PRIVATE_KEY}", None, "unexpanded_variable"),
    "empty": ("  ", None, "empty"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "program"),
    [
        (pem(ED, passphrase=PASSPHRASE), "openssl"),
        (openssh_header(b"ssh-rsa"), "ssh-keygen"),
        (openssh_label("AAAA"), "ssh-keygen"),
    ],
    ids=["pem", "openssh", "damaged openssh"],
)
def test_a_passphrase_is_checked_by_the_program_that_wrote_the_key(text, program) -> None:
    """The other does not read it."""
    error = refusal(load, text, "another one")
    assert ("wrong_passphrase", "passphrase") == (error.reason, error.field)
    assert f": {program} " in error.hint


@pytest.mark.parametrize(("text", "passphrase", "reason"), OTHERS.values(), ids=OTHERS.keys())
def test_what_cannot_sign_has_its_own_reason_and_leaks_nothing(text, passphrase, reason) -> None:
    """The error names the field and what to do."""
    error = refusal(load, text, passphrase)
    assert isinstance(error, MalformedSecretError)
    assert reason == error.reason
    assert error.field in {"private_key", "passphrase"}
    assert error.hint
    for canary in (der(ED)[22:], PASSPHRASE, pem(RSA).split("\n")[5]):
        assert_no_leak(canary, error)


def test_an_unknown_curve_is_unsupported() -> None:
    """OpenSSL reads the structure and does not have the algorithm."""
    unknown = bytes.fromhex("302e020100300506032b65720422042000") + bytes(31)
    error = refusal(load, base64.b64encode(unknown).decode())
    assert isinstance(error, MalformedSecretError)
    assert error.reason in {"unsupported_key", "bad_pem"}


OTHER = pem(ed25519.Ed25519PrivateKey.generate())
UNREAD = {
    "several private keys": ("several_keys", [pem(ED) + pem(RSA), pem(ED) + OTHER]),
    "JSON instead of PEM": ("unsupported_key", ['{"kty": "OKP", "crv": "Ed25519", "d": "abc"}']),
    "hexadecimal": ("unsupported_key", [base64.b64decode(der(ED)).hex(), "0x" + "ab" * 32]),
    "a raw key of 32 bytes": ("unsupported_key", [base64.b64encode(ED.private_bytes_raw()).decode()]),
    "a key of OpenPGP": ("unsupported_key", ["-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQdGB\n"]),
    "a key of age": ("unsupported_key", ["AGE-SECRET-KEY-1QQQQQQQQQQQQQQQQQ"]),
    "neither Ed25519 nor RSA": ("wrong_algorithm", [
        "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
        + pem(ec.generate_private_key(ec.SECP256R1()), s.PrivateFormat.TraditionalOpenSSL)
    ]),
    "a damaged BEGIN or END line": ("bad_pem", [pem(ED).replace("-----BEGIN", "----BEGIN"), pem(ED).lower()]),
    "more than base64": ("bad_pem", [pem(ED).replace("\n", "<br>"), pem(ED).replace("\n", "%0A")]),
    "a placeholder": ("placeholder", ["-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----"]),
}  # fmt: skip


@pytest.mark.parametrize("words", UNREAD)
def test_what_is_no_one_private_key_is_named(words) -> None:
    """Never the first of several is taken, which may belong to another API key."""
    reason, texts = UNREAD[words]
    for text in texts:
        error = refusal(load, text)
        assert (reason, "private_key", True) == (error.reason, error.field, words in error.message)
