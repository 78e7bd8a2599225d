"""What a signer of any place refuses before it asks, and what its errors name."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from support import caught, token

from binance_creds import load_credentials
from binance_creds._time._deadline import Deadline
from binance_creds.errors import ConfigurationError, MalformedSecretError
from binance_creds.providers import memory
from binance_creds.signers._outside import OutsideSigner
from binance_creds.signers._public_key import key_version
from binance_creds.testing import FakeClock

FINGERPRINT = "ssh-agent:SHA256:" + "a" * 43


class Echo:
    """A key that signs with what it is given."""

    is_pinned = True

    def sign(self, payload, version, deadline) -> bytes:
        assert type(payload) is bytes
        return payload


class Version:
    public_key_pem = None


@pytest.fixture
def signer() -> OutsideSigner:
    return OutsideSigner(Echo(), Version(), "echo:key", timeout_seconds=5.0)


def load(signer: str):
    memory.register("outside", {"api_key": token(), "signer": signer})
    try:
        return caught(load_credentials, "memory:outside", fresh=True)
    finally:
        memory.unregister("outside")


@pytest.mark.parametrize("payload", ["a=1", 5, None])
def test_text_is_no_payload_outside_either(signer, payload) -> None:
    """An SDK would encode it in its own way, or raise its own error."""
    error = caught(signer.sign, payload)
    assert type(error) is TypeError
    assert f"bytes, not {type(payload).__name__}" in str(error)


@pytest.mark.parametrize("payload", [b"a=1", bytearray(b"a=1"), memoryview(b"a=1")])
def test_every_buffer_is_a_payload(signer, payload) -> None:
    assert signer.sign(payload) == b"a=1".hex()


def test_a_timeout_that_no_lock_or_socket_takes_is_refused() -> None:
    error = load(f"{FINGERPRINT}?socket=/nowhere&timeout=99999999d")
    assert isinstance(error, ConfigurationError)
    assert "the option 'timeout' is more than ten years" in str(error)


def test_an_unknown_scheme_is_told_as_that_of_a_signer() -> None:
    """With the source that names it: nothing else says where to look."""
    error = load("tpm:bot")
    assert str(error).startswith("memory:outside: unknown scheme of a signer; the known ones are")


def test_an_error_before_anything_is_asked_names_the_signer(monkeypatch) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    assert load(FINGERPRINT).source == FINGERPRINT


class Swapped:
    """A key whose store begins to sign with another one, and what each signature is."""

    is_pinned = True

    def __init__(self) -> None:
        self.private = Ed25519PrivateKey.generate()
        self.version = key_version(self.private.public_key())

    def sign(self, payload, version, deadline) -> bytes:
        return self.private.sign(payload)


@pytest.mark.parametrize(("seconds", "fails"), [(0.9, 0), (1.1, 2)])
def test_one_signature_a_second_is_verified_and_each_after_a_wrong_one(seconds, fails) -> None:
    clock, key = FakeClock(), Swapped()
    signer = OutsideSigner(key, key.version, "store:key", timeout_seconds=5.0, clock=clock)
    signer.prove(Deadline(5.0))
    key.private = Ed25519PrivateKey.generate()
    clock.advance(seconds)
    errors = 0
    for _ in range(2):
        try:
            signer.sign(b"a=1")
        except MalformedSecretError as error:
            errors += error.reason == "signature_mismatch"
    assert (fails, "malformed" if fails else None) == (errors, signer.error)
