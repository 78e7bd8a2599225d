"""Keys that are made in Google Cloud KMS, over both transports."""

from __future__ import annotations

import pytest
from fault_proxy import FaultProxy, answer, hang, refusing_address, reset
from gcp_kms import KEY, RING
from gcp_server import BOT, Code, Refusal, public_pem
from support import caught, token
from waiting import PATIENCE

from binance_creds import KeyType
from binance_creds.cli import ExitCode, main
from binance_creds.errors import (
    AccessDeniedError,
    ConfigurationError,
    ConflictError,
    ProviderUnavailableError,
    SecretDisabledError,
    ThrottledError,
)
from binance_creds.providers import Deadline
from binance_creds.providers.google.kms.key import CloudKmsKey
from binance_creds.signers import SignerURI
from binance_creds.testing import KeyMakerContract

FIRST = f"{KEY}/cryptoKeyVersions/1"


def created(source, key_type=KeyType.ED25519, deadline=None):
    return CloudKmsKey(source).create(key_type, deadline or Deadline(PATIENCE))


class TestLaws(KeyMakerContract):
    @pytest.fixture(autouse=True)
    def _kms(self, kms, server):
        self.kms, self.name = kms, kms.make()
        self.front, self.hanging = (FaultProxy(f"http://{server.plain_rest}") for _ in range(2))
        self.hanging.fault = hang
        yield
        self.front.close()
        self.hanging.close()

    def text(self, name: str, url: str = "") -> str:
        return f"gcp-kms:{name}?endpoint={url or self.front.url}"

    def uri(self) -> str:
        return self.text(self.name)

    def missing(self) -> str:
        return self.text(f"{RING}/cryptoKeys/nothing/cryptoKeyVersions/1")

    def silent(self) -> str:
        return self.text(self.name, self.hanging.url)

    def vacant(self) -> str:
        return self.text(f"{RING}/cryptoKeys/new-{token()[:8]}/cryptoKeyVersions/1")

    def unnameable(self) -> str:
        return self.text(f"{RING}/cryptoKeys/nothing/cryptoKeyVersions/2")

    def losing_answers(self):
        """The key is made, and the answer never arrives."""

        def lose(handler, *response) -> None:
            is_creation = "/cryptoKeys?" in handler.path and handler.command == "POST"
            (reset if is_creation else answer)(handler, *response)

        return self.front.failing(lose)

    def how_many(self) -> int:
        return len(self.kms.keys_of)


@pytest.mark.parametrize(("kind", "algorithm"), [
    ("ed25519", "EC_SIGN_ED25519"), ("rsa", "RSA_SIGN_PKCS1_2048_SHA256"),
])  # fmt: skip
def test_the_command_waits_until_the_key_is_generated(
    kms, endpoint, capsys, kind, algorithm
) -> None:
    kms.pending = 3
    text = f"gcp-kms:{FIRST}?{endpoint}"
    assert main(["keygen", "--type", kind, "--signer", text]) == ExitCode.DONE
    out, err = capsys.readouterr()
    assert f"BINANCE_SIGNER={text}" in err
    assert out == public_pem(kms.keys_of[FIRST].private)
    assert kms.keys_of[FIRST].algorithm == algorithm
    assert kms.requests["CreateCryptoKey"] == 1


def test_a_key_that_is_not_generated_in_time(kms, uri) -> None:
    """The next call takes it."""
    kms.pending = 10_000
    clock = lambda: 2 * PATIENCE if kms.requests["GetPublicKey"] > 3 else 0.0  # noqa: E731
    error = caught(created, uri(FIRST), deadline=Deadline(PATIENCE, clock=clock))
    assert type(error) is ProviderUnavailableError
    assert "still being generated" in str(error)
    kms.keys_of[FIRST].pending = 0
    assert created(uri(FIRST)).name == FIRST


def test_a_key_ring_must_be_there(kms, uri) -> None:
    name = FIRST.replace("/bots/", "/others/")
    error = caught(created, uri(name))
    assert type(error) is ConfigurationError
    says = "gcloud kms keyrings create others --location=europe-west3 --project=my-project"
    assert says in str(error)
    assert error.source.startswith(f"gcp-kms:{name}?")


def test_a_key_without_its_first_version_is_another_key(kms, uri) -> None:
    kms.empty.add(KEY)
    error = caught(created, uri(FIRST))
    assert type(error) is ConflictError
    assert "no version 1" in str(error)


def test_a_key_that_is_off_stays(kms, uri) -> None:
    kms.keys_of[kms.make()].state = "DISABLED"
    assert type(caught(created, uri(FIRST))) is SecretDisabledError
    assert len(kms.keys_of) == 1


def test_who_may_not_make_a_key_is_told_what_it_takes(kms, uri) -> None:
    kms.denied.add((BOT, "cloudkms.cryptoKeys.create"))
    error = caught(created, uri(FIRST))
    assert type(error) is AccessDeniedError
    assert "Grant it cloudkms.cryptoKeys.create" in str(error)
    assert not kms.keys_of


@pytest.mark.parametrize(("code", "kind", "times"), [
    (Code.RESOURCE_EXHAUSTED, ThrottledError, 4), (Code.INTERNAL, ProviderUnavailableError, 4),
    (Code.INVALID_ARGUMENT, ConfigurationError, 1),
])  # fmt: skip
def test_a_creation_that_is_refused(kms, uri, code, kind, times) -> None:
    kms.faults["CreateCryptoKey"] = [Refusal(code, "no")]
    assert type(caught(created, uri(FIRST))) is kind
    assert kms.requests["CreateCryptoKey"] == times
    kms.faults.clear()
    assert created(uri(FIRST)).name == FIRST


def test_what_is_throttled_once_is_made(kms, uri) -> None:
    kms.faults["CreateCryptoKey"] = [Refusal(Code.RESOURCE_EXHAUSTED, "no"), None]
    assert created(uri(FIRST)).name == FIRST


@pytest.mark.parametrize("given", [
    [(404, "text/html", b"<html>")], [None, (404, "text/html", b"<html>")],
], ids=["creation", "description"])  # fmt: skip
def test_a_portal_says_nothing_of_a_key_ring_or_a_version(kms, rest, given) -> None:
    kms.raw += given
    error = caught(created, rest(FIRST))
    assert type(error) is ProviderUnavailableError
    assert "not from Cloud KMS" in str(error)


def test_a_server_that_hangs_ends_with_the_deadline(kms, server) -> None:
    front = FaultProxy(f"http://{server.plain_rest}")
    source = SignerURI.parse(f"gcp-kms:{FIRST}?endpoint={front.url}")
    with front.failing(hang):
        error = caught(created, source, deadline=Deadline(0.3))
    assert type(error) is ProviderUnavailableError
    front.close()
    assert not kms.keys_of


def test_nothing_listens_there(kms) -> None:
    source = SignerURI.parse(f"gcp-kms:{FIRST}?endpoint=http://{refusing_address()}")
    error = caught(created, source)
    assert type(error) is ProviderUnavailableError
    assert "does not answer" in str(error)
