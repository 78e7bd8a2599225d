"""Fields of pydantic, msgspec and attrs: taken from a source, masked, never in an error."""

from __future__ import annotations

import json
from contextlib import closing

import attrs
import msgspec
import pydantic
import pytest
from listener import Listener
from support import caught, new_key, write_dotenv

from binance_creds import Credentials, LiveCredentials, Secret, SourceURI, load_credentials
from binance_creds.integrations.models import (
    CredentialsField,
    LiveCredentialsField,
    as_credentials,
    as_live_credentials,
    as_secret,
    dec_hook,
    enc_hook,
)
from binance_creds.providers import memory
from binance_creds.testing import assert_no_leak

CANARY = "Qz7Rk2Vw9Xy4Lm1Np8Ts"


class Model(pydantic.BaseModel):
    binance: CredentialsField
    webhook: Secret = Secret("x")


class LiveModel(pydantic.BaseModel):
    binance: LiveCredentialsField


class Struct(msgspec.Struct):
    binance: Credentials
    webhook: Secret


@attrs.frozen
class Attrs:
    binance: Credentials = attrs.field(converter=as_credentials)
    webhook: Secret = attrs.field(converter=as_secret)


def decoded(source: object, webhook: object = CANARY) -> Struct:
    text = json.dumps({"binance": source, "webhook": webhook})
    return msgspec.json.decode(text, type=Struct, dec_hook=dec_hook)


@pytest.fixture
def key():
    issued = new_key()
    memory.register("models", issued.fields())
    yield issued
    memory.unregister("models")


@pytest.mark.parametrize(
    "make",
    [
        lambda source: Model(binance=source, webhook=CANARY),
        lambda source: Attrs(source, CANARY),
        decoded,
    ],
    ids=["pydantic", "attrs", "msgspec"],
)
def test_a_model_loads_its_credentials_and_shows_no_secret(key, make) -> None:
    model = make("memory:models")
    assert model.binance.fingerprint == load_credentials("memory:models").fingerprint
    assert Secret(CANARY) == model.webhook
    for secret in (key.api_secret, CANARY):
        assert_no_leak(secret, model, repr(model))


def test_what_is_given_as_credentials_is_taken_as_it_is(key) -> None:
    pair = load_credentials("memory:models")
    assert Model(binance=pair).binance is pair is as_credentials(pair)
    assert pair is as_credentials(SourceURI.parse("memory:models"))
    secret = Secret(CANARY)
    assert as_secret(secret) is secret


def test_a_live_field_opens_a_handle(key) -> None:
    with LiveModel(binance="memory:models").binance as live:
        assert isinstance(live, LiveCredentials)
        assert as_live_credentials(live) is live
        assert '{"binance":"**********"}' == LiveModel(binance=live).model_dump_json()


def test_every_dump_is_masked(key) -> None:
    """To JSON; Python gets the object itself."""
    model = Model(binance="memory:models", webhook=CANARY)
    assert '{"binance":"**********","webhook":"**********"}' == model.model_dump_json()
    assert model.model_dump()["binance"] is model.binance
    struct = decoded("memory:models")
    assert b'{"binance":"**********","webhook":"**********"}' == msgspec.json.encode(
        struct, enc_hook=enc_hook
    )
    assert {"type": "string", "format": "uri", "writeOnly": True} == {
        name: value
        for name, value in Model.model_json_schema()["properties"]["binance"].items()
        if name != "title"
    }


@pytest.mark.parametrize(
    "wrong",
    [f"nowhere://{CANARY}:{CANARY}@host/x", f"memory:{CANARY}", {"api_secret": CANARY}, 7],
    ids=["uri", "absent", "mapping", "number"],
)
def test_no_error_shows_what_was_given(wrong) -> None:
    """Each says which field; the input of pydantic's report is the mask."""
    error = caught(Model, binance=wrong)
    assert isinstance(error, pydantic.ValidationError)
    (found,) = error.errors()
    assert (("binance",), "**********") == (found["loc"], found["input"])
    refused = caught(decoded, wrong)
    assert isinstance(refused, msgspec.ValidationError)
    assert "$.binance" in str(refused)
    assert isinstance(caught(Attrs, wrong, "x"), ValueError)
    if "memory" not in str(wrong):  # the name of a source is not secret
        assert_no_leak(CANARY, error, error.errors(), error.json(), refused)


def test_a_wrong_secret_is_not_shown_either() -> None:
    refused = caught(decoded, "memory:x", [CANARY])
    assert isinstance(refused, msgspec.ValidationError)
    assert_no_leak(CANARY, refused)


def test_other_types_are_left_to_the_program() -> None:
    """As the hooks of msgspec do."""
    for hook, values in ((dec_hook, (complex, "1")), (enc_hook, (1j,))):
        error = caught(hook, *values)
        assert isinstance(error, NotImplementedError)
        assert "complex" in str(error)


FIELDS = {
    "pydantic": lambda source: Model(binance=source).binance,
    "pydantic, live": lambda source: LiveModel(binance=source).binance,
    "msgspec": lambda source: decoded(source).binance,
    "attrs": as_credentials,
    "attrs, live": as_live_credentials,
}


@pytest.mark.parametrize("take", FIELDS.values(), ids=FIELDS.keys())
def test_a_text_does_not_say_where_a_login_is_sent(take, monkeypatch) -> None:
    """It may be of a `.env` that came with a repository, or of a request."""
    monkeypatch.setenv("VAULT_TOKEN", f"hvs.{CANARY}")
    with closing(Listener()) as listener:
        source = f"vault://secret/bot?address=http://127.0.0.1:{listener.port}"
        error = caught(take, source)
        assert "the option 'address' decides where a login or a secret is sent" in str(error)
        assert "Set VAULT_ADDR, or give the field a SourceURI" in str(error)
        assert listener.heard == []


@pytest.mark.parametrize("take", [as_credentials, as_live_credentials])
def test_a_source_that_the_program_parsed_is_named(take, monkeypatch) -> None:
    monkeypatch.setenv("VAULT_TOKEN", f"hvs.{CANARY}")
    with closing(Listener()) as listener:
        address = f"http://127.0.0.1:{listener.port}"
        caught(take, SourceURI.parse(f"vault://secret/bot?address={address}&kv=2"))
        assert CANARY.encode() in b"".join(listener.heard)


def test_a_file_that_a_text_names_does_not_say_which_code_runs(tmp_path) -> None:
    signer = "pkcs11:token=t;object=o?module-path=/nowhere/evil.so"
    write_dotenv(tmp_path / ".env", {"api_key": new_key().api_key, "signer": signer})
    refusal = caught(as_credentials, f"dotenv:{tmp_path}/.env")
    assert "decides which code runs" in str(refusal)
