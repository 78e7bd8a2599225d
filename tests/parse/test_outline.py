"""An outline can be parsed as the document can, and shows no key."""

from __future__ import annotations

import json
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import new_key, token

from binance_creds import KeyType, Secret, SourceURI
from binance_creds._parse._document import read_document
from binance_creds._parse._dotenv_text import read_dotenv
from binance_creds._parse._names import Names
from binance_creds._parse._outline import Outline

pytestmark = pytest.mark.unmeasured

WORDS = st.text("abcXYZ019+/", min_size=20, max_size=90)
TEXTS = st.lists(
    WORDS | st.sampled_from(["\n", "\\", '"', "'", " ", "=", "é", "\U0001f511", "n", "u0041"])
).map("".join)
URI = SourceURI.parse("file:pair")


def outline(text: str, prefix: str = "BINANCE") -> Outline:
    return Outline(Secret(text), Names(prefix))


@given(st.dictionaries(st.text(max_size=30), TEXTS), st.booleans())
def test_what_json_says_of_the_outline_is_what_it_says_of_the_document(members, is_ascii) -> None:
    """Whatever is escaped."""
    found = outline(json.dumps(members, ensure_ascii=is_ascii))
    seen = json.loads(found.text)
    assert list(members.values()) == [found.secret(value).reveal() for value in seen.values()]
    assert [found.name(name) for name in members] == list(seen)


@given(TEXTS.filter(lambda text: "\n" not in text))
def test_what_toml_says_of_the_outline_is_what_it_says_of_the_document(text) -> None:
    """TOML escapes as JSON does, and has longer escapes."""
    written = json.dumps(text, ensure_ascii=False).replace("X", "\\U00000058")
    found = outline(f"text = {written}")
    assert found.secret(tomllib.loads(found.text)["text"]).reveal() == text


@pytest.mark.parametrize("key_type", KeyType)
def test_a_document_of_every_form_gives_the_key_and_its_outline_does_not(key_type) -> None:
    """JSON, JSON within JSON, TOML and `.env` lines."""
    key = new_key(key_type)
    name, text = (
        ("api_secret", key.api_secret) if key.api_secret else ("private_key", key.private_key_pem)
    )
    fields = {"api_key": key.api_key, name: text}
    lines = "".join(f'BINANCE_{name.upper()}="{text}"\n' for name, text in fields.items())
    toml = "".join(f"{name} = '''{text}'''\n" for name, text in fields.items())
    for document in (json.dumps(fields), toml, lines):
        read = read_document(Secret(document), URI)
        assert fields == {name: secret.reveal() for name, secret in read.items()}
        assert text not in outline(document).text
    within = SourceURI.parse("file:pair#bot")
    for document in (json.dumps({"bot": fields}), json.dumps({"bot": json.dumps(fields)})):
        assert fields == {n: s.reveal() for n, s in read_document(Secret(document), within).items()}


def test_equal_words_look_equal_and_keep_their_length() -> None:
    """So that a name that is given twice is found, and a column is that of the document."""
    word, other = token(), token()
    text = outline(f"{word} {word} {other}").text
    first, second, third = text.split()
    assert first == second != third
    assert len(first) == len(word)
    assert first.isalnum()


def test_a_member_with_a_long_name_is_found() -> None:
    """By the name that stands behind `#`."""
    name = "theCredentialsOfTheThirdSubAccount"
    uri = SourceURI.parse(f"file:pair#{name}")
    document = Secret(json.dumps({name: "x" + name}))
    assert read_document(document, uri)["value"].reveal() == "x" + name


@pytest.mark.parametrize(
    ("text", "prefix"),
    [
        ("1" * 30, "BINANCE"),
        ("1234567890123456789012E+99", "BINANCE"),
        ("binanceApiSecretKeyOfTheFirst", "BOT"),
        ("MYBOTNUMBERONEAPISECRETKEY", "MY_BOT_NUMBER_ONE"),
        ("short" * 4, "BINANCE"),
    ],
)
def test_numbers_and_our_names_stay(text, prefix) -> None:
    """A parser must see the one, and we must see the other."""
    assert outline(text, prefix).text == text


def test_a_prefix_of_one_letter_does_not_uncover_keys() -> None:
    """Many begin with it."""
    word = "a" + token()
    assert word not in outline(word, "A").text


def test_what_looks_like_a_stand_in_is_none() -> None:
    """Only those that were made for this document are replaced."""
    text = "Q0123456789abcdef Q" + "0123456789abcdef"
    assert outline(text).secret(text).reveal() == text


def test_names_of_others_keep_their_values() -> None:
    """`.env` lines with an export, a comment, quotes and escapes around long words."""
    word = token()
    lines = f'export OTHER=\'{word}\'  # {word}\nBINANCE_API_KEY="a\\n{word}\\""\n'
    found = read_dotenv(Secret(lines), Names(takes_bare=False), source="")
    assert [word, f'a\n{word}"'] == [secret.reveal() for secret in found.values()]
