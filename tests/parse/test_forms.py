"""What is said of a document that holds a pair in a place or a form that is not read."""

from __future__ import annotations

import base64
import json

import pytest
from language import refusal
from support import token

from binance_creds import Secret, load_credentials
from binance_creds.errors import MalformedSecretError
from binance_creds.storing import pair_of_text
from binance_creds.testing import assert_no_leak

KEY, SECRET = token(), token()
PAIR = {"api_key": KEY, "api_secret": SECRET}
TABLE = f'api_key = "{KEY}"\napi_secret = "{SECRET}"\n'


@pytest.fixture
def refused(tmp_path):
    """Return a function that writes a document and gives the error of loading it."""

    def load(text: str, member: str = "") -> MalformedSecretError:
        path = tmp_path / "pair"
        path.touch(0o600)
        path.write_text(text)
        error = refusal(load_credentials, f"file:{path}{member}", fresh=True)
        assert MalformedSecretError is type(error)
        assert_no_leak(SECRET, error)
        return error

    return load


MEMBERS = {
    "objects": json.dumps({"live": PAIR, "test": PAIR, "other": {"user": "x"}}),
    "texts": json.dumps({"live": PAIR, "test": json.dumps(PAIR), "broken": "{{"}),
    "a field": json.dumps({"environment": "live", "live": PAIR, "test": PAIR}),
    "tables": f"[live]\n{TABLE}[test]\n{TABLE}",
}


@pytest.mark.parametrize("form", MEMBERS)
@pytest.mark.parametrize("member", ["", "#lvie"])
def test_members_that_hold_a_pair_are_named_with_the_source_to_write(refused, form, member) -> None:
    """Which loads."""
    error = refused(MEMBERS[form], member)
    source = error.source.partition("#")[0]
    assert f"Name the member: {source}#live or {source}#test." == error.hint
    assert KEY == load_credentials(f"{source}#live").api_key.reveal()


def test_a_member_whose_name_may_be_a_key_is_not_shown(refused) -> None:
    """The hint says how to write it."""
    error = refused(json.dumps({SECRET: PAIR}))
    assert error.hint.endswith("#NAME.")


def test_a_pair_that_no_member_names_is_noticed(refused) -> None:
    """In a list, or deeper than one member."""
    for document, member in (({"b": PAIR}, ""), ([PAIR, PAIR], ""), ({"b": PAIR}, "#a")):
        error = refused(json.dumps({"a": document}), member)
        assert ("in_members", True) == (error.reason, "Give each pair a name" in error.hint)


FORMS = {
    "JSON list": [json.dumps([PAIR]), json.dumps([KEY, SECRET], indent=1)],
    "YAML": [f"API Key: {KEY}\nSecret Key: {SECRET}\n", f"api_key: {KEY}\napi_secret: {SECRET}\n", f"---\nlive:\n  key: {KEY}\n", f"- {KEY}\n"],
    "more than one value": [f"{KEY}\n{SECRET}\n", f"{KEY}:{SECRET}", f"api_key,secret\n{KEY},x"],
    "HTML": [f"<html>{KEY}</html>"],
    "JSON with comments": [f'// main\n{{"api_key": "{KEY}"}}', "/* a */ {}", "const keys = {"],
    "a document in base64": [base64.b64encode(json.dumps(PAIR).encode()).decode()],
    "a pointer of Git LFS": ["version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n"],
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_another_form_is_named(refused, form) -> None:
    """By a load, with and without a member, and by what takes a pair as text."""
    for text in FORMS[form]:
        for error in (refused(text), refused(text, "#live"), refusal(pair_of_text, Secret(text))):
            assert ("other_form", True) == (error.reason, form in error.message)


def test_a_text_that_is_no_source_is_given_no_member_to_name() -> None:
    """Such as standard input."""
    error = refusal(pair_of_text, Secret(json.dumps({"live": PAIR})))
    assert ("in_members", True) == (error.reason, "#" not in error.hint)


BROKEN = [f'api_key = "{KEY}\n', f'{TABLE}api_key = "{SECRET}"\n', TABLE.replace('"', "")]


@pytest.mark.parametrize("text", BROKEN, ids=["open quote", "twice", "no quotes"])
def test_where_a_toml_file_is_wrong_is_told(tmp_path, text) -> None:
    """Rather than that its names are not those of a `.env`."""
    path = tmp_path / "pair.toml"
    path.touch(0o600)
    path.write_text(text)
    error = refusal(load_credentials, f"file:{path}")
    assert ("bad_toml", True) == (error.reason, "called TOML and is not (line " in error.message)
    assert_no_leak(SECRET, error)


def test_what_is_nearly_toml_is_told_how_to_become_it(refused) -> None:
    """Where a file is not called so."""
    error = refused(TABLE.replace('"', ""))
    assert "found api_key and api_secret" in error.message
    assert "or write TOML, with values in quotes" in error.hint


NEAR = [
    ({"accessKey": KEY, "secretKey": SECRET}, "found accessKey"),
    ({"API Key": KEY, "Secret Key": SECRET}, "found API Key and Secret Key"),
    (
        {f"{name}_{half}": KEY for name in ("live", "test") for half in ("api_key", "api_secret")},
        "found live_api_key, live_api_secret, test_api_key and test_api_secret",
    ),
]


@pytest.mark.parametrize(("document", "words"), NEAR)
def test_names_that_were_probably_meant_are_told(refused, document, words) -> None:
    assert words in refused(json.dumps(document)).message


def test_a_pair_of_another_prefix_is_told(tmp_path) -> None:
    """Not every API key that a shared file has."""
    (tmp_path / ".env").touch(0o600)
    (tmp_path / ".env").write_text("OPENAI_API_KEY=x\nBNB_API_KEY=y\nBNB_API_SECRET=z\n")
    error = refusal(load_credentials, f"dotenv:{tmp_path}/.env")
    assert error.message.endswith("is set; found BNB_API_KEY and BNB_API_SECRET.")
