"""Keys of Transit sign there: which version, how many at a time, and what each failure becomes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)
from fault_proxy import answer, hang, reset, status
from support import caught, token
from transit_owner import TransitOwner
from waiting import PATIENCE, timed

from binance_creds import KeyType, load_credentials
from binance_creds.errors import (
    AccessDeniedError,
    AuthenticationError,
    ConfigurationError,
    MalformedSecretError,
    ProviderUnavailableError,
    SecretDisabledError,
    SecretNotFoundError,
)
from binance_creds.exchange import ExchangeCheck
from binance_creds.providers import Deadline
from binance_creds.providers.remote import _retries
from binance_creds.providers.signing import opened_signer
from binance_creds.providers.signing._opened import SIGNER_SCHEMES
from binance_creds.providers.vault.transit.signing_key import TransitKey
from binance_creds.signers import SignerURI
from binance_creds.testing import FakeExchange

PAYLOAD = b"symbol=BTCUSDT&side=BUY&timestamp=1700000000000"
SHORT = 0.5  # seconds, for what ends by the deadline alone


@pytest.fixture
def owner(operator):
    return TransitOwner(operator)


@pytest.fixture(autouse=True)
def _briefly(monkeypatch):
    """Four attempts take no time worth waiting for."""
    monkeypatch.setattr(_retries, "FIRST_PAUSE_SECONDS", 0.001)


def signer_of(uri: SignerURI):
    return opened_signer(uri, Deadline(PATIENCE))


def refusal(uri: SignerURI) -> BaseException:
    return caught(signer_of, uri)


def verify(signer) -> None:
    signature = base64.b64decode(signer.sign(PAYLOAD))
    key = load_pem_public_key(signer.public_key_pem().encode())
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, PAYLOAD, padding.PKCS1v15(), SHA256())
    else:
        key.verify(signature, PAYLOAD)


@pytest.mark.parametrize(
    ("kind", "key_type"),
    [("ed25519", KeyType.ED25519), ("rsa-2048", KeyType.RSA)],
)
def test_a_key_signs_what_its_public_half_verifies(owner, kind, key_type) -> None:
    signer = signer_of(owner.uri(owner.make(kind)))
    verify(signer)
    assert (key_type, "1") == (signer.key_type, signer.version.name)


def test_an_imported_secret_signs_as_it_would_here(owner) -> None:
    secret = token()
    signer = signer_of(owner.uri(owner.import_hmac(secret)))
    expected = hmac.new(secret.encode(), PAYLOAD, hashlib.sha256).hexdigest()
    assert expected == signer.sign(PAYLOAD)
    assert (KeyType.HMAC, None) == (signer.key_type, signer.public_key_pem())


def test_a_newer_version_is_told_and_the_old_one_signs_on(owner) -> None:
    name = owner.make()
    signer = signer_of(owner.uri(name))
    assert not signer.has_newer_version(Deadline(PATIENCE))
    owner.rotate(name)
    assert signer.has_newer_version(Deadline(PATIENCE))
    verify(signer)
    newer = signer_of(owner.uri(name))
    verify(newer)
    assert "2" == newer.version.name
    assert signer.public_key_pem() != newer.public_key_pem()


def test_a_pinned_version_signs_on_without_a_question(owner) -> None:
    name = owner.make()
    owner.rotate(name)
    uri = owner.uri(name, "&key_version=1")
    signer = signer_of(uri)
    verify(signer)
    assert "1" == signer.version.name
    with owner.proxy.counting() as requests:
        assert not signer.has_newer_version(Deadline(PATIENCE))
    assert [] == requests


def too_old(owner, name: str, limit: str) -> None:
    owner.rotate(name)
    owner.write(f"keys/{name}/config", **{f"min_{limit}_version": 2})


def trimmed(owner, name: str) -> None:
    owner.rotate(name)
    owner.write(f"keys/{name}/config", min_decryption_version=2, min_encryption_version=2)
    owner.write(f"keys/{name}/trim", min_available_version=2)


ENDS = {
    "encryption": (lambda o, n: too_old(o, n, "encryption"), SecretDisabledError, "no longer sign"),
    "decryption": (lambda o, n: too_old(o, n, "decryption"), SecretDisabledError, "no longer sign"),
    "trimmed": (trimmed, SecretDisabledError, "latest"),
    "soft-deleted": (
        lambda o, n: o.operator.client.delete(f"{o.mount}/keys/{n}/soft-delete"),
        SecretDisabledError,
        "soft-delete-restore",
    ),
    "deleted": (lambda o, n: o.delete(n), SecretNotFoundError, "no such key"),
}


@pytest.mark.parametrize("kind", ["ed25519", "hmac"])
@pytest.mark.parametrize("end", ENDS)
def test_a_version_that_may_not_sign_is_an_error_of_its_kind(owner, vault, kind, end) -> None:
    """Of a signer that was open, and of one that is opened."""
    if end == "soft-deleted" and vault.name.startswith("Vault"):
        pytest.skip("Vault has no soft deletion")
    act, expected, says = ENDS[end]
    name = owner.make(kind, **({"key_size": 32} if kind == "hmac" else {}))
    uri = owner.uri(name, "&key_version=1")
    signer = signer_of(uri)
    act(owner, name)
    for error in (caught(signer.sign, PAYLOAD), refusal(uri)):
        assert expected is type(error)
        assert says in str(error)
        assert uri.redacted in str(error)


def test_a_key_that_never_was_is_absent(owner) -> None:
    assert SecretNotFoundError is type(refusal(owner.uri("nobody")))


def test_a_version_that_never_was_is_absent(owner) -> None:
    name = owner.make()
    error = refusal(owner.uri(name, "&key_version=7"))
    assert SecretNotFoundError is type(error)
    assert "no such version" in str(error)


def test_a_key_that_was_made_anew_has_no_such_version(owner) -> None:
    """The version that signed before is higher than the latest."""
    name = owner.make()
    owner.rotate(name)
    signer = signer_of(owner.uri(name))
    owner.delete(name)
    owner.write(f"keys/{name}", type="ed25519")
    assert SecretNotFoundError is type(caught(signer.sign, PAYLOAD))


@pytest.mark.parametrize(
    ("kind", "says"), [("aes256-gcm96", "aes256-gcm96"), ("ecdsa-p256", "ecdsa-p256")]
)
def test_a_kind_that_binance_does_not_take_is_refused(owner, kind, says) -> None:
    error = refusal(owner.uri(owner.make(kind)))
    assert (MalformedSecretError, "unsupported_key") == (type(error), error.reason)
    assert says in str(error)


def test_a_public_half_alone_cannot_sign(owner) -> None:
    half = Ed25519PrivateKey.generate().public_key()
    pem = half.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    owner.write("keys/half/import", type="ed25519", public_key=pem)
    error = refusal(owner.uri("half"))
    assert SecretDisabledError is type(error)
    assert "public half only" in str(error)


def test_a_key_that_was_made_anew_of_another_kind_is_refused(owner) -> None:
    name = owner.make()
    signer = signer_of(owner.uri(name))
    owner.delete(name)
    owner.write(f"keys/{name}", type="aes256-gcm96")
    assert MalformedSecretError is type(caught(signer.sign, PAYLOAD))


def test_a_derived_key_is_refused(owner) -> None:
    error = refusal(owner.uri(owner.make("ed25519", derived=True)))
    assert (MalformedSecretError, "unsupported_key") == (type(error), error.reason)
    assert "derived" in str(error)


def test_the_policy_of_the_page_is_enough(owner) -> None:
    """It may read what the key is, and sign; nothing else."""
    name = owner.make()
    may = owner.token_file(f"keys/{name}", f"sign/{name}")
    verify(signer_of(owner.uri(name, may)))
    secret = owner.import_hmac(token())
    may = owner.token_file(f"keys/{secret}", f"hmac/{secret}/sha2-256")
    signer_of(owner.uri(secret, may)).sign(PAYLOAD)


@pytest.mark.parametrize("allowed", ["keys/{}", "sign/{}", "keys/other"])
def test_a_token_that_may_not_is_denied(owner, allowed) -> None:
    name = owner.make()
    error = refusal(owner.uri(name, owner.token_file(allowed.format(name))))
    assert AccessDeniedError is type(error)
    assert "MOUNT/sign/KEY" in str(error)


def test_a_token_that_may_not_ask_for_itself_is_still_good(owner) -> None:
    """Without the policy `default`; what it may do of the mount tells it from an old one."""
    name = owner.make()
    may = owner.token_file(f"keys/{name}", no_default_policy=True)
    assert AccessDeniedError is type(refusal(owner.uri(name, may)))


def test_a_token_that_is_no_longer_good_is_an_authentication_error(owner, operator) -> None:
    name = owner.make()
    may = owner.token_file(f"keys/{name}", f"sign/{name}")
    signer = signer_of(owner.uri(name, may))
    path = may.partition("=")[2]
    with open(path) as file:
        operator.client.auth.token.revoke(file.read())
    assert AuthenticationError is type(caught(signer.sign, PAYLOAD))


def test_a_new_token_is_taken_up_by_the_same_signer(owner, operator) -> None:
    name = owner.make()
    may = owner.token_file(f"keys/{name}", f"sign/{name}")
    signer = signer_of(owner.uri(name, may))
    path = may.partition("=")[2]
    with open(path) as file:
        before = file.read()
    with open(owner.token_file(f"keys/{name}", f"sign/{name}").partition("=")[2]) as file:
        after = file.read()
    with open(path, "w") as file:
        file.write(after)
    operator.client.auth.token.revoke(before)
    verify(signer)


BROKEN = {
    "torn": reset,
    "broken": status(500, b'{"errors":["internal error"]}'),
    "no signature": status(200, b'{"data":{"signature":"vault:v1:?"}}'),
}


@pytest.mark.parametrize("answer", BROKEN)
def test_a_broken_answer_is_typed_bounded_and_over_when_it_is(owner, answer) -> None:
    """The same signer signs when the server answers as it should."""
    signer = signer_of(owner.uri(owner.make(), f"&timeout={SHORT}s"))
    with owner.proxy.failing(BROKEN[answer]), timed() as took:
        error = caught(signer.sign, PAYLOAD)
    owner.proxy.recover()
    assert ProviderUnavailableError is type(error)
    assert took.fair < SHORT + PATIENCE / 6
    verify(signer)


def test_one_failure_in_passing_is_not_noticed(owner) -> None:
    signer = signer_of(owner.uri(owner.make()))
    with owner.proxy.failing(status(502, b'{"errors":["gateway"]}'), times=1):
        verify(signer)


def test_a_dead_connection_leaves_time_for_a_second(owner) -> None:
    signer = signer_of(owner.uri(owner.make(), "&timeout=2s"))
    with owner.proxy.failing(hang, times=1):
        verify(signer)


def test_an_answer_of_another_version_is_refused(owner) -> None:
    signer = signer_of(owner.uri(owner.make()))
    other = base64.b64encode(bytes(64))
    body = b'{"data":{"signature":"vault:v2:%s"}}' % other
    with owner.proxy.failing(status(200, body)):
        error = caught(signer.sign, PAYLOAD)
    assert (MalformedSecretError, "signature_mismatch") == (type(error), error.reason)


def test_sixteen_threads_are_served_at_the_same_time(owner) -> None:
    """Nobody is answered until all have asked."""
    signer = signer_of(owner.uri(owner.make(), f"&timeout={PATIENCE}s"))
    together = threading.Barrier(16)

    def wait_for_all(handler, code, head, body) -> None:
        together.wait(PATIENCE)
        answer(handler, code, head, body)

    with owner.proxy.failing(wait_for_all), ThreadPoolExecutor(16) as pool:
        signatures = list(pool.map(lambda _: signer.sign(PAYLOAD), range(16)))
    assert 1 == len(set(signatures))


@pytest.mark.parametrize("kind", ["ed25519", "hmac"])
def test_the_exchange_takes_what_a_key_in_transit_signs(owner, machine, kind) -> None:
    """From the variables of a bot to a signed call."""
    with FakeExchange() as exchange:
        if kind == "hmac":
            issued = exchange.issue()
            api_key, name = issued.api_key, owner.import_hmac(issued.fields()["api_secret"])
        else:
            api_key, name = token(), owner.make(kind)
            half = signer_of(owner.uri(name)).public_key_pem()
            exchange.keys.register_public_key(api_key, half)
        machine.setenv("BINANCE_API_KEY", api_key)
        machine.setenv(
            "BINANCE_SIGNER", f"vault-transit://{owner.mount}/{name}?address={owner.proxy.url}"
        )
        check = ExchangeCheck(base_url=exchange.url)
        creds = load_credentials("env://BINANCE", verify=check, fresh=True)
    assert KeyType[kind.upper()] is creds.key_type


WRONG = {
    "vault-transit://bot": "a mount and the name of a key",
    "vault-transit://transit/": "a mount and the name of a key",
    "vault-transit://transit/a%23b": "a mount and the name of a key",
    "vault-transit://./bot": "a mount and the name of a key",
    "vault-transit://transit/bot?key_version=0": "a number from 1",
    "vault-transit://transit/bot?key_version=v1": "a number from 1",
    "vault-transit://transit/bot?version=1": "unknown option",
    "vault-transit://transit/bot?kv=2": "unknown option",
    "vault-transit://transit/bot?auth=userpass": "needs the option 'role'",
}


@pytest.mark.parametrize("text", WRONG)
def test_what_a_uri_may_not_say_is_refused_without_a_request(text) -> None:
    more = "&address=http://127.0.0.1:9" if "?" in text else "?address=http://127.0.0.1:9"
    error = refusal(SignerURI.parse(text + more))
    assert ConfigurationError is type(error)
    assert WRONG[text] in str(error)


def test_a_mount_may_have_several_parts() -> None:
    uri = SignerURI.parse("vault-transit://team/transit/bot?address=http://127.0.0.1:9")
    assert TransitKey(uri).is_pinned is False


@pytest.mark.parametrize(
    "option", ["address=https://evil", "namespace=x", "token_file=/etc/passwd"]
)
def test_where_a_login_goes_counts_only_where_it_was_named(option) -> None:
    uri = SignerURI.parse(f"vault-transit://transit/bot?{option}")
    assert option.partition("=")[0] in SIGNER_SCHEMES.distrusted(uri).what


def test_another_engine_is_no_transit(owner) -> None:
    error = refusal(SignerURI.parse(f"vault-transit://secret/bot?address={owner.proxy.url}"))
    assert ConfigurationError is type(error)
    assert "not a Transit engine" in str(error)
