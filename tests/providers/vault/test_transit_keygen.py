"""`keygen --signer`: the key is made in Transit, and only its public half is seen."""

from __future__ import annotations

import importlib.metadata
import json

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from fault_proxy import answer, hang, status
from support import caught, token
from transit_owner import TransitOwner

from binance_creds import ConflictError, KeyType
from binance_creds.cli import ExitCode, main
from binance_creds.errors import (
    AccessDeniedError,
    ConfigurationError,
    ProviderUnavailableError,
    SecretNotFoundError,
    ThrottledError,
)
from binance_creds.providers import Deadline
from binance_creds.providers.signing import opened_signer
from binance_creds.rotation import keygen_outside
from binance_creds.signers import KeyVersion, SignerURI


@pytest.fixture
def owner(operator):
    return TransitOwner(operator)


def text_of(owner, name: str) -> str:
    return f"vault-transit://{owner.mount}/{name}?address={owner.proxy.url}"


@pytest.mark.parametrize(("kind", "key_type"), [("ed25519", "ED25519"), ("rsa", "RSA")])
def test_a_key_is_made_where_it_signs(owner, capsys, kind, key_type) -> None:
    """The public half is printed, and what to write as the signer."""
    text = text_of(owner, "new-bot" + kind)
    assert ExitCode.DONE == main(["keygen", "--signer", text, "--type", kind])
    out, err = capsys.readouterr()
    load_pem_public_key(out.encode())
    assert f"BINANCE_SIGNER={text}" in err
    signer = opened_signer(SignerURI.parse(text), Deadline())
    assert (KeyType[key_type], out) == (signer.key_type, signer.public_key_pem())
    made = owner.operator.client.read(f"{owner.mount}/keys/new-bot{kind}")["data"]
    assert made["exportable"] is False


def test_a_key_that_is_there_stays(owner, capsys) -> None:
    text = text_of(owner, owner.make())
    main(["keygen", "--json", "--signer", text])
    first = json.loads(capsys.readouterr().out)["key"]
    assert (False, "ED25519") == (first["is_new"], first["key_type"])
    main(["keygen", "--json", "--type", "ed25519", "--signer", text])
    assert first == json.loads(capsys.readouterr().out)["key"]


def test_a_key_of_another_type_than_was_asked_for_is_not_shown(owner, capsys) -> None:
    """It would be registered by mistake; without a type any is shown."""
    text = text_of(owner, owner.make("rsa-2048"))
    main(["keygen", "--type", "ed25519", "--signer", text])
    out, err = capsys.readouterr()
    assert ("", True) == (out, "error[conflict]" in err)
    main(["keygen", "--signer", text])
    out, err = capsys.readouterr()
    assert "PUBLIC KEY" in out
    assert "The RSA key was there already" in err


def test_the_name_of_a_secret_is_taken(owner) -> None:
    error = caught(keygen_outside, text_of(owner, owner.import_hmac(token())))
    assert ConflictError is type(error)


@pytest.mark.parametrize("more", [["--finish"], ["vault://secret/bot"]])
def test_a_signer_needs_nothing_else(owner, capsys, more) -> None:
    assert ExitCode.USAGE == main(["keygen", "--signer", text_of(owner, "bot"), *more])


def test_a_version_is_not_made(owner) -> None:
    error = caught(keygen_outside, text_of(owner, "bot") + "&key_version=1")
    assert ConfigurationError is type(error)
    assert "Leave out the option `key_version`" in str(error)


class Creation:
    """Answer what makes a key by a fault; the server never hears of it."""

    def __init__(self, fault) -> None:
        self.fault = fault

    def needs_no_upstream(self, handler) -> bool:
        return handler.command == "POST"

    def __call__(self, handler, *response) -> None:
        (self.fault if handler.command == "POST" else answer)(handler, *response)


REFUSALS = {
    403: ("permission denied", AccessDeniedError),
    429: ("rate limit quota exceeded", ThrottledError),
    500: ("internal error", ProviderUnavailableError),
    503: ("Vault is sealed", ProviderUnavailableError),
}


@pytest.mark.parametrize("code", REFUSALS)
def test_a_creation_that_is_refused_made_nothing(owner, code) -> None:
    says, kind = REFUSALS[code]
    text = text_of(owner, f"refused-{code}")
    refused = status(code, json.dumps({"errors": [says]}).encode())
    with owner.proxy.failing(Creation(refused)):
        assert kind is type(caught(keygen_outside, text))
    assert keygen_outside(text).is_new


def test_a_creation_that_hangs_ends_with_the_deadline(owner) -> None:
    text = text_of(owner, "hangs")
    with owner.proxy.failing(Creation(hang)):
        error = caught(keygen_outside, text, timeout_seconds=0.5)
    assert ProviderUnavailableError is type(error)
    owner.proxy.recover()


def test_binance_makes_its_secrets_itself(owner) -> None:
    error = caught(keygen_outside, text_of(owner, "bot"), key_type=KeyType.HMAC)
    assert "Binance makes HMAC keys itself" in str(error)


class Borrowed:
    """A key of another package, in a place where none can be made."""

    is_pinned = False
    name, load = "borrowed", lambda _: Borrowed

    def __init__(self, uri: SignerURI | None = None) -> None:
        self.uri = uri

    def describe(self, deadline: Deadline) -> KeyVersion:
        raise SecretNotFoundError("it is not there.")

    def close(self) -> None:
        """Nothing is open."""


def test_where_none_can_be_made_the_error_says_so(monkeypatch) -> None:
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda **_: [Borrowed()])
    error = caught(keygen_outside, "borrowed:token")
    assert SecretNotFoundError is type(error)
    assert "No key can be made there from here" in str(error)
    assert "borrowed:token" in str(error)
