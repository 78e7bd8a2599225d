"""RSA keys of Azure Key Vault, over the SDK, from a server on this machine."""

from __future__ import annotations

import base64
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from azure_server import SUFFIX
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from support import caught
from waiting import PATIENCE

from binance_creds import KeyType
from binance_creds.errors import (
    AccessDeniedError,
    AuthenticationError,
    ConfigurationError,
    MalformedSecretError,
    ProviderUnavailableError,
    SecretDisabledError,
    SecretNotFoundError,
    ThrottledError,
)
from binance_creds.providers import Deadline
from binance_creds.providers.azure.keys.key import VaultKey
from binance_creds.providers.remote._call import SIGNING_LANES
from binance_creds.providers.signing import opened_signer
from binance_creds.signers import SignerURI


@pytest.fixture
def keys(azure):
    return azure.keys


@pytest.fixture
def uri(azure):
    def uri(more: str = "", *, name: str = "bot") -> SignerURI:
        options = f"auth=secret&authority={azure.authority}{more}"
        return SignerURI.parse(f"azure-keys://{azure.host}/{name}?{options}")

    return uri


def is_signed(signer, payload: bytes, signature: str) -> bool:
    """Whether the public half alone agrees, by `cryptography`."""
    key = load_pem_public_key(signer.public_key_pem().encode())
    key.verify(base64.b64decode(signature), payload, PKCS1v15(), SHA256())
    return True


def opened(uri):
    return opened_signer(uri, Deadline(PATIENCE))


def refusal(uri) -> BaseException:
    return caught(opened_signer, uri, Deadline(PATIENCE))


@pytest.mark.parametrize("kty", ["RSA", "RSA-HSM"])
def test_the_public_half_agrees_with_a_signature(keys, uri, kty) -> None:
    version = keys.make(kty=kty)
    signer, payload = opened(uri()), b"x" * 5000
    assert (KeyType.RSA, version.id) == (signer.key_type, signer.version.name)
    assert is_signed(signer, payload, signer.sign(payload))


def test_a_key_is_described_and_proven_once(keys, uri) -> None:
    """The SDK asks once more for what it could check itself."""
    keys.make()
    assert opened(uri()) is opened(uri())
    assert keys.calls == {"get": 3, "sign": 1}


def test_without_a_version_the_current_one_signs_until_it_is_asked_again(keys, uri) -> None:
    keys.make()
    signer = opened(uri())
    assert not VaultKey(uri()).is_pinned
    assert not signer.has_newer_version(Deadline(PATIENCE))
    newer = keys.make()
    assert signer.has_newer_version(Deadline(PATIENCE))
    assert is_signed(signer, b"a=1", signer.sign(b"a=1"))  # still by the version it was opened with
    assert opened(uri()).version.name == newer.id


def test_a_version_that_is_named_stays(keys, uri) -> None:
    first = keys.make()
    keys.make()
    source = uri(f"&version={first.id}")
    assert VaultKey(source).is_pinned
    assert opened(source).version.name == first.id


@pytest.mark.parametrize(
    ("more", "says"),
    [("&version=a/b", "'version'"), ("&stage=x", "unknown option 'stage'")],
)
def test_options_that_cannot_be_honoured(uri, more, says) -> None:
    error = refusal(uri(more))
    assert type(error) is ConfigurationError
    assert says in str(error)


def test_a_vault_alone_is_no_key() -> None:
    error = caught(VaultKey, SignerURI.parse("azure-keys://myvault"))
    assert "a vault and a key's name, such as azure-keys://my-vault/binance" in str(error)


@pytest.mark.parametrize(
    ("attributes", "says"),
    [
        ({"enabled": False}, "set-attributes --enabled true"),
        ({"exp": 1_600_000_000}, "set-attributes --expires"),
        ({"nbf": 4_000_000_000}, "set-attributes --not-before"),
    ],
)
def test_a_version_that_may_not_be_used_now(keys, uri, attributes, says) -> None:
    keys.make(**attributes)
    error = refusal(uri())
    assert type(error) is SecretDisabledError
    assert says in str(error)


def test_a_version_that_is_disabled_later(keys, uri) -> None:
    version = keys.make()
    signer = opened(uri())
    version.attributes["enabled"] = False
    assert type(caught(signer.sign, b"a=1")) is SecretDisabledError
    version.attributes["enabled"] = True
    assert is_signed(signer, b"a=1", signer.sign(b"a=1"))  # without a restart


def test_a_key_that_is_not_there(keys, uri) -> None:
    error = refusal(uri())
    assert type(error) is SecretNotFoundError
    assert "no such key or version" in str(error)
    assert f"myvault.{SUFFIX}" in error.source


def test_a_key_that_is_deleted_can_be_recovered(keys, uri) -> None:
    keys.make()
    keys.deleted["bot"] = keys.versions.pop("bot")
    error = refusal(uri())
    assert type(error) is SecretDisabledError
    assert "az keyvault key recover" in str(error)


def test_nobody_says_deleted_while_the_vault_does_not_answer(azure, keys, uri) -> None:
    keys.make()
    opened(uri())
    del keys.versions["bot"]
    absent = (404, {}, {"error": {"code": "KeyNotFound", "message": "no"}})
    down = (503, {}, {"error": {"code": "InternalServerError", "message": "no"}})
    azure.fail("vault", *[absent, down] * 4)
    assert type(refusal(uri())) is ProviderUnavailableError


@pytest.mark.parametrize(
    ("kty", "operations", "says"),
    [
        ("EC", ["sign"], "EC P-256"),
        ("RSA", ["encrypt", "decrypt"], "not allowed to sign"),
    ],
)
def test_a_key_of_another_kind(keys, uri, kty, operations, says) -> None:
    keys.make(kty=kty).operations = operations
    error = refusal(uri())
    assert type(error) is MalformedSecretError
    assert f"the key of this signer is {says}." in str(error)


@pytest.mark.parametrize(
    ("denial", "says"),
    [
        ("ForbiddenByRbac", "Key Vault Crypto User"),
        ("ForbiddenByPolicy", "az keyvault set-policy --key-permissions"),
    ],
)
def test_an_identity_that_may_not(azure, keys, uri, denial, says) -> None:
    keys.make()
    keys.denial = denial
    for allowed in azure.allowed.values():
        allowed.discard("keys/sign")
    error = refusal(uri())
    assert type(error) is AccessDeniedError
    assert says in str(error)


FAULTS = {
    429: ("Throttled", ThrottledError, "fewer requests"),
    500: ("InternalServerError", ProviderUnavailableError, "internal error"),
    400: ("BadParameter", ConfigurationError, "the key's name"),
    401: ("Unauthorized", AuthenticationError, "own tenant"),
}


def test_a_refusal_of_the_service(azure, keys, uri) -> None:
    keys.make()
    signer = opened(uri())
    found = {}
    for status, (code, _, says) in FAULTS.items():
        azure.fail("vault", *[(status, {}, {"error": {"code": code, "message": "no"}})] * 4)
        error = caught(signer.sign, b"a=1")
        azure.faults["vault"].clear()
        found[status] = (code, type(error), says if says in str(error) else str(error))
    assert found == FAULTS
    assert is_signed(signer, b"a=1", signer.sign(b"a=1"))  # without a restart


@pytest.mark.parametrize("answer", [(200, {}, "{}"), (200, {}, "<html>"), (404, {}, "<html>")])
def test_an_answer_of_somebody_else(azure, keys, uri, answer) -> None:
    keys.make()
    signer = opened(uri())
    for call in (lambda: refusal(uri()), lambda: caught(signer.sign, b"a=1")):
        azure.fail("vault", *[answer] * 8)
        error = call()
        azure.faults["vault"].clear()
        assert type(error) is ProviderUnavailableError
        assert "not from the vault" in str(error)


@pytest.mark.parametrize("key", [{"kty": "RSA", "kid": "https://a.test/keys/bot"}, {"kty": "RSA"}])
def test_an_answer_without_what_a_key_has(azure, keys, uri, key) -> None:
    keys.make()
    opened(uri())
    azure.fail("vault", *[(200, {}, {"key": key})] * 8)
    error = refusal(uri())
    assert type(error) is ProviderUnavailableError
    assert "not from the vault" in str(error)


def test_what_is_throttled_once_is_signed(azure, keys, uri) -> None:
    keys.make()
    signer = opened(uri())
    azure.fail("vault", (429, {}, {"error": {"code": "Throttled", "message": "no"}}))
    assert is_signed(signer, b"a=1", signer.sign(b"a=1"))


def test_signatures_are_made_beside_each_other(keys, uri) -> None:
    """All of them are at the service at once: there they wait for each other."""
    keys.make()
    signer = opened(uri())
    keys.meeting = threading.Barrier(SIGNING_LANES, timeout=PATIENCE)
    payloads = [f"a={number}".encode() for number in range(SIGNING_LANES)]
    with ThreadPoolExecutor(SIGNING_LANES) as pool:
        signatures = list(pool.map(signer.sign, payloads))
    assert all(map(is_signed, [signer] * len(payloads), payloads, signatures))
