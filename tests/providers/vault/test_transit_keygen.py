"""`keygen --signer`: the key is made in Transit, and only its public half is seen."""

from __future__ import annotations

import importlib.metadata
import json

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from support import caught, token
from transit_owner import TransitOwner

from binance_creds import ConflictError, KeyType
from binance_creds.cli import ExitCode, main
from binance_creds.errors import ConfigurationError, SecretNotFoundError
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
    main(["keygen", "--json", "--type", "rsa", "--signer", text])
    assert first == json.loads(capsys.readouterr().out)["key"]


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
    assert ConfigurationError is type(error)
    assert "none can be made there" in str(error)
    assert "borrowed:token" in str(error)
