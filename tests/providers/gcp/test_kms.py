"""Keys of Google Cloud KMS, over both transports, from a server on this machine."""

from __future__ import annotations

import base64
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from gcp_kms import KEY
from gcp_server import BOT, Code, Refusal
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
from binance_creds.providers.google.kms.key import CloudKmsKey
from binance_creds.providers.remote._call import SIGNING_LANES
from binance_creds.providers.signing import opened_signer
from binance_creds.signers import SignerURI

HERE = f"gcp-kms:{KEY}/cryptoKeyVersions/1"


def is_signed(signer, payload: bytes, signature: str) -> bool:
    """Whether the public half alone agrees, by `cryptography`."""
    key, raw = load_pem_public_key(signer.public_key_pem().encode()), base64.b64decode(signature)
    if signer.key_type is KeyType.RSA:
        key.verify(raw, payload, PKCS1v15(), SHA256())
    else:
        key.verify(raw, payload)
    return True


def opened(uri):
    return opened_signer(uri, Deadline(PATIENCE))


def refusal(uri) -> BaseException:
    return caught(opened_signer, uri, Deadline(PATIENCE))


@pytest.mark.parametrize(
    ("algorithm", "kind"),
    [("EC_SIGN_ED25519", KeyType.ED25519), ("RSA_SIGN_PKCS1_2048_SHA256", KeyType.RSA)],
)
def test_the_public_half_agrees_with_a_signature(kms, uri, algorithm, kind) -> None:
    name = kms.make(algorithm)
    signer, payload = opened(uri(name)), b"x" * 5000
    assert signer.key_type is kind
    assert signer.version.name == name
    assert is_signed(signer, payload, signer.sign(payload))
    assert kms.callers == {BOT}


def test_a_version_is_described_and_proven_once(kms, rest) -> None:
    source = rest(kms.make())
    assert opened(source) is opened(source)
    assert kms.requests == {"GetPublicKey": 2, "AsymmetricSign": 1}


def test_a_version_never_changes(kms, rest) -> None:
    source = rest(kms.make())
    assert CloudKmsKey(source).is_pinned
    assert not opened(source).has_newer_version(Deadline(PATIENCE))
    assert kms.requests["GetPublicKey"] == 1


def test_nobody_logs_in_over_http(kms, server) -> None:
    """For emulators: no token travels in the clear."""
    source = SignerURI.parse(f"gcp-kms:{kms.make()}?endpoint=http://{server.plain_rest}")
    signer = opened(source)
    assert is_signed(signer, b"a=1", signer.sign(b"a=1"))
    assert kms.callers == {"nobody"}


@pytest.mark.parametrize(
    ("location", "says"),
    [
        (KEY, "names no version, and a key that signs has no current one"),
        (f"{KEY}/cryptoKeyVersions/latest", "must be the full name of a key version"),
        ("my-project/main", "must be the full name of a key version"),
    ],
)
def test_what_is_no_version_is_refused(location, says) -> None:
    error = caught(CloudKmsKey, SignerURI.parse(f"gcp-kms:{location}"))
    assert type(error) is ConfigurationError
    assert says in str(error)
    assert "gcp-kms:projects/P/locations/L/keyRings/R/cryptoKeys/K/cryptoKeyVersions/N" in str(
        error
    )


def test_options_that_cannot_be_honoured(kms, rest) -> None:
    assert "unknown option 'version'" in str(refusal(rest(kms.make(), "&version=1")))
    error = caught(
        CloudKmsKey, SignerURI.parse(f"{HERE}?endpoint=http://localhost&impersonate=a@b.c")
    )
    assert "over http no login is sent" in str(error)
    for account in ("bot", "projects/-/serviceAccounts/a@b.c", "a@b.c/x", "a@b@c"):
        error = caught(CloudKmsKey, SignerURI.parse(f"{HERE}?impersonate={account}"))
        assert ConfigurationError is type(error)
        assert "this is not a valid 'impersonate'" in str(error)


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ("DISABLED", "gcloud kms keys versions enable"),
        ("DESTROY_SCHEDULED", "gcloud kms keys versions restore"),
        ("DESTROYED", "is destroyed"),
        ("GENERATION_FAILED", "gcloud kms keys versions describe"),
    ],
)
def test_a_version_that_is_not_enabled(kms, uri, state, says) -> None:
    name = kms.make()
    signer = opened(uri(name))
    kms.keys_of[name].state = state
    for error in (caught(signer.sign, b"a=1"), refusal(uri(name))):
        assert type(error) is SecretDisabledError
        assert says in str(error)
    kms.keys_of[name].state = "ENABLED"
    assert is_signed(signer, b"a=1", signer.sign(b"a=1"))  # without a restart


def test_a_version_that_is_not_there(kms, uri) -> None:
    kms.make()
    error = refusal(uri(f"{KEY}/cryptoKeyVersions/2"))
    assert type(error) is SecretNotFoundError
    assert "key ring" in str(error)
    assert error.source.startswith(f"gcp-kms:{KEY}/cryptoKeyVersions/2?")


@pytest.mark.parametrize("permission", ["viewPublicKey", "useToSign"])
def test_an_identity_that_may_not(kms, uri, permission) -> None:
    kms.denied.add((BOT, f"cloudkms.cryptoKeyVersions.{permission}"))
    error = refusal(uri(kms.make()))
    assert type(error) is AccessDeniedError
    assert "roles/cloudkms.signerVerifier" in str(error)


@pytest.mark.parametrize("algorithm", ["EC_SIGN_P256_SHA256", "RSA_SIGN_PSS_2048_SHA256"])
def test_a_version_of_another_kind(kms, rest, algorithm) -> None:
    error = refusal(rest(kms.make(algorithm)))
    assert type(error) is MalformedSecretError
    assert f"the key of this signer is {algorithm}." in str(error)


FAULTS = {
    (Code.RESOURCE_EXHAUSTED, None): (ThrottledError, "fewer requests"),
    (Code.UNAVAILABLE, None): (ProviderUnavailableError, "internal error"),
    (Code.INTERNAL, None): (ProviderUnavailableError, "internal error"),
    (Code.UNAUTHENTICATED, None): (AuthenticationError, "service account's key"),
    (Code.INVALID_ARGUMENT, None): (ConfigurationError, "ASYMMETRIC_SIGN"),
    (Code.PERMISSION_DENIED, "SERVICE_DISABLED"): (ConfigurationError, "gcloud services enable"),
    (Code.PERMISSION_DENIED, "BILLING_DISABLED"): (ConfigurationError, "gcloud billing"),
    (Code.PERMISSION_DENIED, "ACCESS_TOKEN_SCOPE_INSUFFICIENT"): (AccessDeniedError, "the scope"),
}


def test_a_refusal_of_the_service(kms, rest) -> None:
    signer = opened(rest(kms.make()))
    found = {}
    for (code, reason), (_, says) in FAULTS.items():
        kms.faults["*"] = [Refusal(code, "no", reason=reason)]
        error = caught(signer.sign, b"a=1")
        found[code, reason] = (type(error), says if says in str(error) else str(error))
    assert found == FAULTS
    kms.faults.clear()
    assert is_signed(signer, b"a=1", signer.sign(b"a=1"))  # without a restart


def test_what_is_throttled_once_is_signed(kms, uri) -> None:
    signer = opened(uri(kms.make()))
    kms.faults["*"] = [Refusal(Code.RESOURCE_EXHAUSTED, "no"), None]
    assert is_signed(signer, b"a=1", signer.sign(b"a=1"))


@pytest.mark.parametrize("damaged", ["GetPublicKey", "AsymmetricSign", "request"])
def test_what_is_damaged_on_its_way_is_refused(kms, rest, damaged) -> None:
    """By the checksums both ways; and it is asked for again before."""
    name, kms.damaged = kms.make(), damaged
    error = refusal(rest(name))
    assert type(error) is ProviderUnavailableError
    assert "its checksum is another" in str(error)
    assert kms.requests["GetPublicKey" if damaged == "GetPublicKey" else "AsymmetricSign"] == 4


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ((200, "application/json", b"{}"), "not from Cloud KMS"),
        ((200, "text/html", b"<html>"), "not from Cloud KMS"),
        ((404, "text/html", b"<html>"), "not from Cloud KMS"),
    ],
)
def test_an_answer_of_somebody_else(kms, rest, answer, says) -> None:
    source = rest(kms.make())
    signer = opened(source)
    kms.raw.append(answer)
    for error in (refusal(source), caught(signer.sign, b"a=1")):
        assert type(error) is ProviderUnavailableError
        assert says in str(error)


def test_signatures_are_made_beside_each_other(kms, uri) -> None:
    """All of them are at the service at once: there they wait for each other."""
    signer = opened(uri(kms.make()))
    kms.meeting = threading.Barrier(SIGNING_LANES, timeout=PATIENCE)
    payloads = [f"a={number}".encode() for number in range(SIGNING_LANES)]
    with ThreadPoolExecutor(SIGNING_LANES) as pool:
        signatures = list(pool.map(signer.sign, payloads))
    assert all(map(is_signed, [signer] * len(payloads), payloads, signatures))
