"""What UTF-8 cannot hold, and what a parser cannot take, is refused by every way in."""

from __future__ import annotations

import json

import keyring
import pytest
from keyring.backend import KeyringBackend
from language import refusal
from support import token

from binance_creds import load_credentials
from binance_creds.errors import MalformedSecretError
from binance_creds.testing import assert_no_leak

KEY, SECRET = token(), token()
ESCAPED = (SECRET.encode() + b"\xff").decode("utf-8", "surrogateescape")


class OneItem(KeyringBackend):
    """A keychain that holds one text."""

    priority = 0.1
    text = ""

    def get_password(self, service, username):
        return self.text if username in {"main", "api-key"} else None

    set_password = None


@pytest.fixture
def file(tmp_path):
    def write(data: str | bytes, name: str = "pair") -> str:
        path = tmp_path / name
        path.touch(0o600)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return f"file:{path}"

    return write


@pytest.fixture
def keychain():
    backend = OneItem()
    before = keyring.get_keyring()
    keyring.set_keyring(backend)
    yield backend
    keyring.set_keyring(before)


def refused(source: str, reason: str, field: str | None) -> None:
    error = refusal(load_credentials, source, fresh=True)
    assert (MalformedSecretError, reason, field) == (type(error), error.reason, error.field)
    assert error.__context__ is None or isinstance(error.__context__, MalformedSecretError)
    for canary in (KEY, SECRET):
        assert_no_leak(canary, error)


def test_a_surrogate_in_json_is_refused_by_its_field(file, keychain) -> None:
    """From a file and from a keychain, whole and as a member."""
    text = json.dumps({"api_key": KEY, "api_secret": SECRET + "\ud800"})
    assert "\\ud800" in text
    refused(file(text), "not_utf8", "api_secret")
    refused(f"{file(text)}#api_secret", "not_utf8", "api_secret")
    keychain.text = text
    refused("keyring://binance/main", "not_utf8", "api_secret")


def test_a_surrogate_in_a_keychain_is_refused(keychain) -> None:
    """Backends give text, and some give any."""
    keychain.text = SECRET + "\ud800"
    refused("keyring://binance/main", "not_utf8", None)
    refused("keyring://binance", "not_utf8", None)


@pytest.mark.parametrize("name", ["BCT_API_SECRET", "BCT_API_SECRET_FILE"])
def test_a_byte_of_the_environment_that_is_not_utf8_is_refused_by_its_name(
    monkeypatch, name
) -> None:
    """Python keeps it as a surrogate."""
    monkeypatch.setenv("BCT_API_KEY", KEY)
    monkeypatch.setenv(name, ESCAPED)
    refused("env://BCT", "not_utf8", "api_secret")
    assert f"{name} is not UTF-8 text" in str(refusal(load_credentials, "env://BCT"))


@pytest.mark.parametrize("name", [".env", "pair.json", "api_secret"])
def test_a_byte_of_a_file_that_is_not_utf8_is_refused(file, name) -> None:
    """In a `.env`, a document, a file of a folder."""
    source = file(f"BINANCE_API_SECRET={SECRET}".encode() + b"\xff", name)
    refused(source.removesuffix("/api_secret"), "not_utf8", None)
    if name == ".env":
        refused(source.replace("file:", "dotenv:"), "not_utf8", None)


DIGITS = "1" * 5000
BAD = {
    "deep JSON": ('{"api_key": "K", "api_secret": "S", "x": ' + "[" * 20_000, "bad_json"),
    "deep JSON objects": ('{"api_key": "K", "api_secret": "S", "x":' + '{"a":' * 10_000, "bad_json"),
    "long integer in JSON": ('{"api_key": "K", "api_secret": "S", "x": %s}' % DIGITS, "bad_json"),
    "long integer for a field in JSON": ('{"api_key": "K", "rotation_days": %s}' % DIGITS, "bad_json"),
    "infinite number": ('{"api_key": "K", "api_secret": 1e999999}', "wrong_type"),
    "no number": ('{"api_key": "K", "api_secret": NaN}', "wrong_type"),
    "repeated member deep down": ('{"api_key": "K", "api_secret": "S", "x": {"a": 1, "a": 2}}', "duplicate"),
    "deep TOML": ('api_key = "K"\napi_secret = "S"\nx = ' + "[" * 6000 + "]" * 6000, "bad_toml"),
    "deep TOML tables": ('api_key = "K"\napi_secret = "S"\nx = ' + "{a=" * 6000 + "1" + "}" * 6000, "bad_toml"),
    "long integer in TOML": (f'api_key = "K"\napi_secret = "S"\nx = {DIGITS}', "bad_toml"),
    "date in TOML": ('api_key = "K"\napi_secret = 2026-01-01', "wrong_type"),
    "list in TOML": ('api_key = "K"\napi_secret = ["S"]', "wrong_type"),
    "byte order mark between": ("BINANCE_API_KEY=K\n\ufeffBINANCE_API_SECRET=S\n", "bad_line"),
}  # fmt: skip


WRONG_TYPES = {
    '"api_secret": 1.5': "api_secret is float, not text.",
    '"api_secret": ["S"]': "api_secret is list, not text.",
    '"private_key": {"a": "b"}': "private_key is dict, not text.",
    '"rotation_days": true': "rotation_days is bool, not text.",
    '"created": 2026': "created is int, not text.",
}


@pytest.mark.parametrize(("member", "message"), WRONG_TYPES.items())
def test_a_field_of_another_type_is_named_with_it(file, member, message) -> None:
    """Its value is not shown."""
    error = refusal(load_credentials, file(f'{{"api_key": "{KEY}", {member}}}'))
    assert (message, message.split()[0]) == (error.message, error.field)


def test_where_json_breaks_is_told(file) -> None:
    """And when Python's parser gives up."""
    message = refusal(load_credentials, file('{"api_key": "K",\n  x')).message
    assert message == "it begins like JSON and is not (line 2, column 3)."
    message = refusal(load_credentials, file('{"a": ' + "[" * 20_000), fresh=True).message
    assert "(nested too deeply, or a number has too many digits)" in message


@pytest.mark.parametrize(("text", "reason"), BAD.values(), ids=BAD.keys())
def test_what_a_parser_cannot_take_has_its_reason_and_leaks_nothing(file, text, reason) -> None:
    """Neither the error of the parser nor the text is in it."""
    source = file(text.replace('"K"', f'"{KEY}"').replace('"S"', f'"{SECRET}"'))
    error = refusal(load_credentials, source)
    assert (MalformedSecretError, reason) == (type(error), error.reason)
    assert error.__context__ is None
    for canary in (KEY, SECRET):
        assert_no_leak(canary, error)


def test_a_number_of_any_size_beside_the_variables_is_nobodys_concern(file) -> None:
    """The lines of a `.env` are text."""
    text = f"X={DIGITS}\nY={'[' * 6000}\nBINANCE_API_KEY={KEY}\nBINANCE_API_SECRET={SECRET}\n"
    assert load_credentials(file(text, ".env")).api_secret.reveal() == SECRET
