"""Edits of JSON, TOML and `.env` texts: what is stored reads back, and nothing else changes."""

from __future__ import annotations

import json
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import caught

from binance_creds import Secret
from binance_creds._parse._dotenv_text import read_dotenv
from binance_creds._parse._edit._dotenv import edited_dotenv
from binance_creds._parse._edit._json import edited_json
from binance_creds._parse._edit._toml import edited_toml
from binance_creds._parse._names import Names

pytestmark = pytest.mark.unmeasured

TEXTS = st.text(st.characters(codec="utf-8"), max_size=12)
VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), min_size=1, max_size=12)
SPELLINGS = ("api_key", "apiKey", "BINANCE_API_SECRET", "private-key", "environment")
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.dictionaries(
    st.sampled_from(("api_key", "api_secret", "private_key")), VALUES, min_size=1
)
NAMES = Names()


def others(members) -> dict[str, object]:
    return {name: value for name, value in members.items() if NAMES.field(name) is None}


def ours(members) -> dict[str, object]:
    return {NAMES.field(name): value for name, value in members.items() if NAMES.field(name)}


def secrets(fields: dict[str, str]) -> dict[str, Secret]:
    return {name: Secret(text) for name, text in fields.items()}


@given(
    members=st.dictionaries(TEXTS | st.sampled_from(SPELLINGS), JSON, max_size=6),
    fields=FIELDS,
    indent=st.sampled_from((None, 0, 2, "\t")),
    separators=st.sampled_from(((",", ":"), (", ", ": "), (" ,", " : "))),
    is_ascii=st.booleans(),
)
def test_a_document_has_what_is_stored_and_what_is_not_ours(
    members, fields, indent, separators, is_ascii
) -> None:
    """In their order, and those of ours that stay in their places."""
    text = json.dumps(members, indent=indent, separators=separators, ensure_ascii=is_ascii)
    edited = edited_json(Secret(text), secrets(fields), NAMES, None).reveal()
    after = json.loads(edited)
    assert fields == ours(after)
    assert others(members) == others(after)
    assert list(others(members)) == list(others(after))
    again = edited_json(Secret(edited), secrets(fields), NAMES, None).reveal()
    assert again == edited


@given(
    lines=st.lists(
        st.sampled_from(
            ("", "# api_key = 'x'", "a = 1 # b", 'api_key = "old"', "  apiSecret='old'  # c", "d = '#'", 'e = "\\"" ', "f = [1, 2]")
        ),
        max_size=8, unique=True,
    ),
    fields=FIELDS,
    end=st.sampled_from(("\n", "\r\n")),
    is_ended=st.booleans(),
    table=st.sampled_from((None, "live")),
)  # fmt: skip
def test_lines_of_toml_stay_beside_what_is_stored(lines, fields, end, is_ended, table) -> None:
    text = end.join(lines) + (end if is_ended else "")
    if table is not None:
        text = f"api_key = 'above'{end}[{table}]{end}{text}"
    before = tomllib.loads(text)
    edited = edited_toml(Secret(text), secrets(fields), NAMES, table).reveal()
    after = tomllib.loads(edited)
    inner = after if table is None else after[table]
    assert fields == ours(inner)
    assert others(before if table is None else before[table]) == others(inner)
    assert table is None or after["api_key"] == "above"
    for line in lines:
        assert line in edited or line.strip().startswith(("api_key =", "apiSecret="))


@given(
    lines=st.lists(
        st.sampled_from(
            ("", "# BINANCE_API_KEY=x", "A=1 # b", "BINANCE_API_KEY=old", "export BINANCE_SECRET_KEY='old' # c",
             "B='two\nlines'", 'C="a\\"b"', "not a line", "set -a", "D")
        ),
        max_size=8, unique=True,
    ),
    fields=FIELDS,
    end=st.sampled_from(("\n", "\r\n")),
    is_ended=st.booleans(),
)  # fmt: skip
def test_lines_of_a_dotenv_stay_beside_what_is_stored(lines, fields, end, is_ended) -> None:
    names = Names(takes_bare=False)
    text = end.join(lines) + (end if is_ended else "")
    edited = edited_dotenv(Secret(text), secrets(fields), names)
    before = read_dotenv(Secret(text), names, source="dotenv:x")
    after = read_dotenv(edited, names, source="dotenv:x")
    plain = {name: value.reveal() for name, value in after.items()}
    assert fields == {
        names.field(name): value for name, value in plain.items() if names.field(name)
    }
    kept = {name: value.reveal() for name, value in before.items() if names.field(name) is None}
    assert kept == {name: value for name, value in plain.items() if names.field(name) is None}
    for line in lines:
        assert line in edited.reveal() or "BINANCE" in line


ONE_LINE = st.text(
    st.characters(codec="utf-8", exclude_characters="\0=", exclude_categories=("Cc", "Zl", "Zp")),
    min_size=1, max_size=12,
).filter(lambda text: "-----BEGIN" not in text)  # fmt: skip  # of a PEM there is more
FOREIGN = (
    "", "# BINANCE_API_KEY=x", "A=1 # b", "  export B = 'x y'", "C=$A", "not a line", "set -a",
    "spring.profiles.active=prod", "D='two\nlines'", 'E="a\\"b"', "BINANCE_SUB_A_KEY=abc",
    "F=#", "BOTTLE_API_KEY=x",
)  # fmt: skip
SPELLED = {"api_key": ("API_KEY", "APIKEY"), "api_secret": ("API_SECRET", "SECRET_KEY")}
HEADS = ("", "export ", "  ", "\t", " export\t")
OLD = ("old", "'old x'", '"old # x"', "")
COMMENTS = ("", " # of May", "\t# a=b 'c'")


@st.composite
def dotenv_lines(draw, prefix: str) -> list[tuple[str, str, str, str]]:
    """Lines of a `.env`: (field or nothing, all up to the value, the value, all behind it)."""
    lines = [("", line, "", "") for line in draw(st.lists(st.sampled_from(FOREIGN), unique=True))]
    for field in draw(st.lists(st.sampled_from(tuple(SPELLED)), unique=True)):
        name, head = draw(st.sampled_from(SPELLED[field])), draw(st.sampled_from(HEADS))
        equals, value = draw(st.sampled_from(("=", " = "))), draw(st.sampled_from(OLD))
        comment = draw(st.sampled_from(COMMENTS)) if value else ""  # else it is the value
        line = (field, f"{head}{prefix}_{name}{equals}", value, comment)
        lines.insert(draw(st.integers(0, len(lines))), line)
    return lines


@given(
    data=st.data(),
    prefix=st.sampled_from(("BINANCE", "BOT")),
    end=st.sampled_from(("\n", "\r\n")),
    is_ended=st.booleans(),
    has_mark=st.booleans(),
    key=ONE_LINE,
    secret=ONE_LINE,
)
def test_each_line_of_a_dotenv_keeps_all_but_its_value(
    data, prefix, end, is_ended, has_mark, key, secret
) -> None:
    """Its place, `export`, spaces, spelling, comment and line end; lines of others keep all."""
    lines = data.draw(dotenv_lines(prefix))
    names, fields = Names(prefix, takes_bare=False), {"api_key": key, "api_secret": secret}
    text = end.join("".join(line[1:]) for line in lines) + (end if is_ended else "")
    mark = "\ufeff" if has_mark else ""
    edited = edited_dotenv(Secret(mark + text), secrets(fields), names)
    found = read_dotenv(edited, names, source="dotenv:x")
    assert fields == {
        names.field(name): value.reveal() for name, value in found.items() if names.field(name)
    }
    after = edited.reveal()
    assert after.startswith(mark)
    at = len(mark)
    for number, (field, head, _, rest) in enumerate(lines):
        is_last = number == len(lines) - 1
        whole = ("" if field else head, rest + ("" if is_last and not is_ended else end))
        begin = after.index(head, at)
        stop = after.index(whole[1], begin + len(head))
        assert begin == at or _are_ours(after[at:begin], prefix)
        at = stop + len(whole[1])
    assert at == len(after) or _are_ours(after[at:], prefix)


def _are_ours(text: str, prefix: str) -> bool:
    """Return whether a part holds nothing but lines that were added."""
    return all(line.startswith(f"{prefix}_API_") for line in text.split() if "=" in line)


PAIR = {"api_key": "k", "api_secret": "s"}


@pytest.mark.parametrize(
    ("text", "edited"),
    [
        ("  api_key = 'a' # b\r\nc = 1\r\n", '  api_key = "k" # b\r\nc = 1\r\napi_secret = "s"\r\n'),
        ("api_key = 'a'", 'api_key = "k"\napi_secret = "s"\n'),
        ("c = 1\n", 'c = 1\napi_key = "k"\napi_secret = "s"\n'),
    ],
)  # fmt: skip
def test_toml_gets_the_missing_line_behind_the_last_name(text, edited) -> None:
    assert edited == edited_toml(Secret(text), secrets(PAIR), NAMES, None).reveal()


@pytest.mark.parametrize(
    ("text", "edited"),
    [
        ("API_KEY=a\nC=1\n", "API_KEY=k\nAPI_SECRET=s\nC=1\n"),
        ("BINANCE_TESTNET=1\nAPI_KEY=a\n", "BINANCE_TESTNET=1\nAPI_KEY=k\nAPI_SECRET=s\n"),
        ("C=1\nAPI_KEY=a", "C=1\nAPI_KEY=k\nAPI_SECRET=s\n"),
    ],
)
def test_a_dotenv_gets_the_missing_line_behind_the_last_of_ours(text, edited) -> None:
    names = Names("BINANCE", takes_bare=False)
    text, edited = text.replace("API", "BINANCE_API"), edited.replace("API", "BINANCE_API")
    assert edited == edited_dotenv(Secret(text), secrets(PAIR), names).reveal()


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("BINANCE_ENVIRONMENT=testnet\n", "Store the environment too"),
        ("BINANCE_API_SECRET_FILE=/run/s\n", "Store into that file"),
    ],
)
def test_a_dotenv_with_half_a_pair_elsewhere_is_refused(text, hint) -> None:
    assert hint in str(caught(edited_dotenv, Secret(text), secrets(PAIR), Names(takes_bare=False)))


@pytest.mark.parametrize(
    ("text", "edited"),
    [
        ('{"a": 1}', '{"a": 1,"api_key": "k","api_secret": "s"}'),
        ('{\n\t"a": 1\n}', '{\n\t"a": 1,\n\t"api_key": "k",\n\t"api_secret": "s"\n}'),
        ("{}", '{\n  "api_key": "k",\n  "api_secret": "s"\n}'),
    ],
)
def test_a_document_gets_members_in_its_own_form(text, edited) -> None:
    assert edited == edited_json(Secret(text), secrets(PAIR), NAMES, None).reveal()
