"""Keys of AWS KMS: Ed25519 on a server by botocore's model of the service, RSA on moto, too."""

from __future__ import annotations

import base64
import json
import threading
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from fault_proxy import hang, status
from support import caught
from waiting import PATIENCE

from binance_creds import KeyType
from binance_creds.errors import (
    AccessDeniedError,
    AuthenticationError,
    ConfigurationError,
    CredentialsWarning,
    MalformedSecretError,
    ProviderUnavailableError,
    SecretDisabledError,
    SecretNotFoundError,
    ThrottledError,
)
from binance_creds.providers import Deadline
from binance_creds.providers.aws.kms.key import KmsKey
from binance_creds.providers.remote._call import SIGNING_LANES as LANES
from binance_creds.providers.signing import key_of, opened_signer
from binance_creds.signers import SignerURI

REGION = "ap-northeast-1"
ARN = f"arn:aws:kms:{REGION}:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"


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
    ("spec", "kind"),
    [("ECC_NIST_EDWARDS25519", KeyType.ED25519), ("RSA_2048", KeyType.RSA)],
)
@pytest.mark.parametrize("length", [30, 4096])
def test_the_public_half_agrees_with_a_signature(kms, uri, spec, kind, length) -> None:
    signer, payload = opened(uri(kms.make(spec))), b"x" * length
    assert signer.key_type is kind
    assert is_signed(signer, payload, signer.sign(payload))
    assert kms.requests[-1]["MessageType"] == "RAW"


def test_moto_signs_with_rsa(moto) -> None:
    """Another hand's reading of the service."""
    client = boto3.client("kms", endpoint_url=moto, region_name=REGION)
    made = client.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]
    client.create_alias(AliasName="alias/bot", TargetKeyId=made["KeyId"])
    text = f"aws-kms://alias/bot?region={REGION}&endpoint_url={moto}"
    signer = opened(SignerURI.parse(text))
    assert signer.version.name.endswith(made["KeyId"])  # moto leaves the rest of the ARN out
    assert is_signed(signer, b"timestamp=2", signer.sign(b"timestamp=2"))


def test_rsa_signs_the_digest_of_what_is_longer(kms, uri) -> None:
    signer, payload = opened(uri(kms.make("RSA_2048"))), b"x" * 4097
    assert is_signed(signer, payload, signer.sign(payload))
    assert kms.requests[-1]["MessageType"] == "DIGEST"


def test_ed25519_refuses_what_is_longer_and_says_how_long(kms, uri) -> None:
    signer = opened(uri(kms.make()))
    error = caught(signer.sign, b"x" * 4097)
    assert type(error) is ConfigurationError
    assert "this request has 4,097 bytes to be signed; AWS KMS signs 4,096 at most" in str(error)
    assert "use an RSA key" in str(error)
    assert kms.calls["Sign"] == 1  # the one that proved it


def test_a_key_is_described_and_proven_once(kms, uri) -> None:
    source = uri(kms.make())
    first, second = opened(source), opened(source)
    assert first is second
    assert kms.calls == {"GetPublicKey": 2, "Sign": 1}


@pytest.mark.parametrize("form", ["id", "arn", "alias"])
def test_a_key_is_named_by_id_arn_or_alias(kms, uri, form) -> None:
    arn = kms.make()
    kms.aliases["alias/bot"] = arn
    name = {"id": arn.rpartition("/")[2], "arn": arn, "alias": "alias/bot"}[form]
    signer = opened(uri(name))
    assert signer.version.name == arn
    assert KmsKey(uri(name)).is_pinned is (form != "alias")


@pytest.mark.parametrize(
    "name", ["alias/bot", ARN, ARN.replace("key/", "alias/a/"), "mrk-" + 32 * "0", ARN[-36:]]
)
def test_forms_of_a_key_that_are_understood(uri, name) -> None:
    assert KmsKey(uri(name)).is_pinned is ("alias" not in name)


@pytest.mark.parametrize("name", ["bot", "alias", "key/" + ARN[-36:], ARN + ":1", ARN[:-40]])
def test_what_is_no_key_is_refused(uri, name) -> None:
    error = caught(KmsKey, uri(name))
    assert type(error) is ConfigurationError
    assert "alias/NAME or ARN, such as aws-kms://alias/bot" in str(error)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ("&region=eu-west-1", "contradicts the ARN"),
        ("&external_id=x", "needs 'role_arn'"),
        ("&stage=x", "unknown option 'stage'"),
    ],
)
def test_options_that_cannot_be_honoured(uri, more, says) -> None:
    error = refusal(uri(ARN, more))
    assert type(error) is ConfigurationError
    assert says in str(error)


def test_an_alias_that_moved_is_another_version(kms, uri) -> None:
    first, second = kms.make(), kms.make()
    kms.aliases["alias/bot"] = first
    source = uri("alias/bot")
    signer = opened(source)
    assert not signer.has_newer_version(Deadline(PATIENCE))
    kms.aliases["alias/bot"] = second
    assert signer.has_newer_version(Deadline(PATIENCE))
    assert is_signed(signer, b"a=1", signer.sign(b"a=1"))  # still with the key it was opened with
    assert opened(source).version.name == second


def absent(kms, arn):
    del kms.keys[arn]


def disabled(kms, arn):
    kms.keys[arn].state = "Disabled"


def deleted(kms, arn):
    kms.keys[arn].state = "PendingDeletion"


def unavailable(kms, arn):
    kms.keys[arn].state = "PendingImport"


def denied(kms, arn):
    kms.denied |= {"GetPublicKey", "Sign"}


STATES = [
    (absent, SecretNotFoundError, f"The region asked was {REGION}. Check key and region"),
    (disabled, SecretDisabledError, "aws kms enable-key"),
    (deleted, SecretDisabledError, "aws kms cancel-key-deletion"),
    (unavailable, SecretDisabledError, "aws kms describe-key"),
    (denied, AccessDeniedError, "kms:GetPublicKey and kms:Sign"),
]


@pytest.mark.parametrize(("change", "kind", "says"), STATES)
def test_a_key_that_cannot_be_used(kms, uri, change, kind, says) -> None:
    arn = kms.make()
    change(kms, arn)
    error = refusal(uri(arn))
    assert type(error) is kind
    assert says in str(error)
    assert error.source == f"aws-kms:{arn}?endpoint_url=..."


def test_a_key_that_cannot_be_used_any_longer(kms, uri) -> None:
    arn = kms.make()
    signer, whole = opened(uri(arn)), kms.keys[arn]
    for change, kind, says in STATES:
        change(kms, arn)
        error = caught(signer.sign, b"a=1")
        assert type(error) is kind
        assert says in str(error)
        kms.keys[arn], whole.state, kms.denied = whole, "Enabled", set()
    assert signer.sign(b"a=1")  # without a restart


def test_another_region_has_no_such_key(kms, uri) -> None:
    kms.aliases["alias/bot"] = kms.make()
    error = refusal(uri("alias/bot", region="eu-west-1"))
    assert type(error) is SecretNotFoundError
    assert "The region asked was eu-west-1" in str(error)


@pytest.mark.parametrize(
    ("spec", "usage", "says"),
    [
        ("ECC_NIST_P256", "SIGN_VERIFY", "ECC_NIST_P256 for SIGN_VERIFY"),
        ("RSA_2048", "ENCRYPT_DECRYPT", "RSA_2048 for ENCRYPT_DECRYPT"),
        ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "for another use than signing"),
    ],
)
def test_a_key_of_another_kind(kms, uri, spec, usage, says) -> None:
    error = refusal(uri(kms.make(spec, usage=usage)))
    assert type(error) is MalformedSecretError
    assert (error.reason, error.field) == ("unsupported_key", "signer")
    assert f"the key of this signer is {says}." in str(error)


CODES = {
    "ThrottlingException": (400, ThrottledError, "fewer requests"),
    "KeyUnavailableException": (500, ProviderUnavailableError, "not available at the moment"),
    "DependencyTimeoutException": (503, ProviderUnavailableError, "internal error"),
    "KMSInternalException": (500, ProviderUnavailableError, "internal error"),
    "InvalidArnException": (400, ConfigurationError, "the key in the URI"),
    "ValidationException": (400, ConfigurationError, "the key in the URI"),
    "InvalidKeyUsageException": (400, MalformedSecretError, "for another use than signing"),
    "ForbiddenException": (403, AccessDeniedError, "kms:Sign"),
    "NotAuthorized": (400, AccessDeniedError, "kms:Sign"),
    "OptInRequired": (403, AccessDeniedError, "kms:Sign"),
    "AccessDenied": (403, AccessDeniedError, "trust policy"),
    "UnrecognizedClientException": (400, AuthenticationError, "access key"),
    "ExpiredTokenException": (400, AuthenticationError, "temporary credentials"),
}


def test_the_codes_of_the_service(kms, uri, front) -> None:
    signer = opened(uri(kms.make()))
    found = {}
    for code, (http, _, says) in CODES.items():
        with front.failing(status(http, f'{{"__type": "{code}"}}'.encode())):
            error = caught(signer.sign, b"a=1")
        found[code] = (http, type(error), says if says in str(error) else str(error))
    assert found == CODES
    assert signer.sign(b"a=1")  # without a restart


def test_what_is_throttled_once_is_signed(kms, uri, front) -> None:
    signer = opened(uri(kms.make()))
    with front.failing(status(400, b'{"__type": "ThrottlingException"}'), times=1):
        assert is_signed(signer, b"a=1", signer.sign(b"a=1"))


def test_an_answer_of_a_portal_is_no_signature(kms, uri, front) -> None:
    signer = opened(uri(kms.make()))
    with front.failing(status(200, b"<html>")):
        error = caught(signer.sign, b"a=1")
    assert type(error) is ProviderUnavailableError
    assert "not from AWS KMS" in str(error)


def test_a_public_key_that_is_none(kms, uri, front) -> None:
    body = b'{"KeyId": "a", "PublicKey": "AAAA", "SigningAlgorithms": ["ED25519_SHA_512"]}'
    with front.failing(status(200, body)):
        error = refusal(uri(ARN))
    assert type(error) is ProviderUnavailableError
    assert "not from AWS KMS" in str(error)


def test_one_that_hangs_does_not_hold_the_next(kms, uri, front) -> None:
    """A call that outlived its caller may go on for ten seconds; the next takes another lane."""
    signer = opened(uri(kms.make(), "&timeout=2s"))
    with front.failing(hang, times=1):
        assert type(caught(signer.sign, b"a=1")) is ProviderUnavailableError
        for _ in range(LANES):
            assert is_signed(signer, b"a=2", signer.sign(b"a=2"))


def test_signatures_are_made_beside_each_other(kms, uri) -> None:
    """All of them are at the service at once: there they wait for each other."""
    signer = opened(uri(kms.make()))
    kms.meeting = threading.Barrier(LANES, timeout=PATIENCE)
    payloads = [f"a={number}".encode() for number in range(2 * LANES)]
    with ThreadPoolExecutor(len(payloads)) as pool:
        signatures = list(pool.map(signer.sign, payloads))
    assert all(map(is_signed, [signer] * len(payloads), payloads, signatures))


def test_a_login_that_ended_is_made_anew(kms, uri, front) -> None:
    signer = opened(uri(kms.make()))
    with front.failing(status(400, b'{"__type": "ExpiredTokenException"}'), times=1):
        assert is_signed(signer, b"a=1", signer.sign(b"a=1"))


def test_a_key_of_a_kind_that_nobody_knows_yet(kms, uri, front) -> None:
    """Its identifier is read, and no library here has it: 1.3.6.1.4.1.99999.1."""
    der = bytes.fromhex("3013300b06092b06010401868d1f01030400" + "00" * 3)
    body = json.dumps(
        {
            "KeyId": ARN,
            "PublicKey": base64.b64encode(der).decode(),
            "SigningAlgorithms": ["ED25519_SHA_512"],
        }
    )
    with front.failing(status(200, body.encode())):
        error = refusal(uri(ARN))
    assert type(error) is MalformedSecretError
    assert "the key of this signer is of an unknown kind." in str(error)


def test_a_key_that_is_asked_over_http_is_warned_of() -> None:
    """The login goes there too; this machine itself is fine."""
    uri = "aws-kms://alias/bot?region=eu-west-1&endpoint_url="
    with pytest.warns(CredentialsWarning, match="over http"):
        key_of(SignerURI.parse(f"{uri}http://kms.internal"))
    key_of(SignerURI.parse(f"{uri}http://127.0.0.1:1"))
