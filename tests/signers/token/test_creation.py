"""`keygen --signer pkcs11:...`: the key is made in the token, and only its public half is seen."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from pkcs11 import Attribute, ObjectClass, exceptions
from softhsm import text_of, verify
from support import caught
from waiting import PATIENCE

from binance_creds._enums import KeyType
from binance_creds._time._deadline import Deadline
from binance_creds.cli import ExitCode, main
from binance_creds.errors import ConfigurationError
from binance_creds.providers.signing.token._creation import make_key
from binance_creds.providers.signing.token.pkcs11 import TokenKey

pytestmark = pytest.mark.real_server


def private_keys(hsm, label: str) -> list:
    with hsm.session("bot") as session:
        wanted = {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.LABEL: label}
        names = (Attribute.EXTRACTABLE, Attribute.SENSITIVE, Attribute.ALWAYS_SENSITIVE)
        return [[key[name] for name in names] for key in list(session.get_objects(wanted))]


@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
def test_a_key_is_made_where_it_signs(hsm, capsys, kind) -> None:
    path = f"token=bot;object=new-{kind}"
    text = text_of(hsm.uri(path))
    assert ExitCode.DONE == main(["keygen", "--signer", text, "--type", kind])
    out, err = capsys.readouterr()
    load_pem_public_key(out.encode())
    assert f"BINANCE_SIGNER={text}" in err
    signer = hsm.signer(path)
    assert (KeyType[kind.upper()], out) == (signer.key_type, signer.public_key_pem())
    verify(signer)
    assert [[False, True, True]] == private_keys(hsm, f"new-{kind}")


def test_a_key_that_is_there_stays(hsm, capsys) -> None:
    text = text_of(hsm.uri("token=bot;object=kept;id=%0A"))
    found = []
    for _ in range(2):
        main(["keygen", "--json", "--signer", text])
        found.append(json.loads(capsys.readouterr().out)["key"])
    assert [True, False] == [one.pop("is_new") for one in found]
    assert found[0] == found[1]
    assert 1 == len(private_keys(hsm, "kept"))


def test_a_new_key_needs_a_name(hsm) -> None:
    key = TokenKey(hsm.uri("token=empty"))
    error = caught(key.create, KeyType.ED25519, Deadline(PATIENCE))
    assert isinstance(error, ConfigurationError)
    assert "a new one cannot have this name. Add object= to the URI." in str(error)


def test_a_token_that_makes_no_such_key_says_so() -> None:
    """As TPM 2.0, which knows no Ed25519."""

    def refuse(*_, **__):
        raise exceptions.MechanismInvalid

    parameters = SimpleNamespace(generate_keypair=refuse)
    session = SimpleNamespace(create_domain_parameters=lambda *_, **__: parameters)
    error = caught(make_key, session, {"id": b"1"}, KeyType.ED25519)
    assert isinstance(error, ConfigurationError)
    assert "the token makes no keys of the type ED25519." == error.message


def test_an_identifier_that_is_taken_is_not_given_twice(monkeypatch) -> None:
    numbers = iter([b"\0\0", b"\1\1", b"\2\2"])
    monkeypatch.setattr("os.urandom", lambda _: next(numbers))
    made = []
    session = SimpleNamespace(
        get_objects=lambda wanted: [1] if wanted[Attribute.ID] == b"\1\1" else [],
        generate_keypair=lambda *_, **options: made.append(options["id"]),
    )
    make_key(session, {"object": b"new"}, KeyType.RSA)
    assert [b"\2\2"] == made
