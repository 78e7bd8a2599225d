"""What is a key, by itself and by what stands near it."""

from __future__ import annotations

import base64
import io
import random

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from scan_corpus import ALNUM, Values

from binance_creds import scan

IT = Values(7)
KEY, OTHER, HEX = IT.key(), IT.key(), IT.hex()
PEM = (
    Ed25519PrivateKey.generate()
    .private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    .decode()
)


def found_in(text: str | bytes) -> list[scan.Finding]:
    raw = text.encode() if isinstance(text, str) else text
    return scan.stream(io.BytesIO(raw)).findings


def seen(text: str | bytes) -> list[tuple[str, str]]:
    return [(one.rule, one.confidence) for one in found_in(text)]


HIGH, MEDIUM = [("binance-key", "high")], [("binance-key", "medium")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (KEY, MEDIUM),
        (f"api_key={KEY}", HIGH),
        (f"apiSecret: {KEY}", HIGH),
        (f"x = '{KEY}'  # Secret-Key", HIGH),
        (f"# binance\n\n\nx = '{KEY}'", HIGH),
        ("# binance" + "\n" * 41 + f"x = '{KEY}'", MEDIUM),
        (f"binance{' ' * 1000}{KEY}", MEDIUM),
        (f"'{KEY}'\n\n\n# binance", HIGH),
        (f"x={KEY[:-1]}", []),
        (f"x={KEY}a", []),
        (f"x_{KEY}", []),
        (f"{KEY}-x", []),
        (f"{KEY}/x", []),
        (f"x/{KEY}", []),
        (f"{KEY}+x", []),
        (f"{KEY}%2Bx", []),
        (f"x%2f{KEY}", []),
        (f"{KEY}\\u002bx", []),
        (f"{KEY}\\/x", []),
        (f"{KEY}.html", []),
        (f"x.{KEY}", []),
        (f"The key is {KEY}.", MEDIUM),
        (f"=={KEY}==", MEDIUM),
        (f"%3D{KEY}", MEDIUM),
        (f"\\n{KEY}\\n", MEDIUM),
        (f"%252522{KEY}%252522", MEDIUM),
        (f"x=3D{KEY}", MEDIUM),
        (f"\\u0022{KEY}\\u0022", MEDIUM),
        (f"\n+{KEY}\n", MEDIUM),
        (f"-{KEY}\n", MEDIUM),
        (f" +{KEY}\n", []),
        (f"session_id={KEY}", []),
        (f"\\u003d{KEY}\\u0026", MEDIUM),
        (f"\x1b[1;35m{KEY}\x1b[0m", MEDIUM),
        (f"binance_signature={KEY}", []),
        (f"api_key_sha256={KEY}", []),
        (f"session_api_key={KEY}", HIGH),
        (f"publicKey: {KEY}", []),
        (f"signature of the API key {KEY}", HIGH),
        (f"signature: 1, value: {KEY}", []),
        (f"api_key={KEY}  # binance-creds: ignore", []),
        (f"api_key={KEY}  # pragma: allowlist secret", []),
        (f"x  # pragma: allowlist secret\napi_key={KEY}", HIGH),
        (f"api_key={KEY.lower()}", []),
        (f"api_key={KEY.upper()}", []),
        (f"api_key={'aB1' * 21}x", []),
    ],
)  # fmt: skip
def test_a_key_of_letters_and_digits(text, expected) -> None:
    assert seen(text) == expected


def test_fewer_than_three_digits_or_distinct_characters_are_no_key() -> None:
    letters = [one for one in KEY if not one.isdigit()]
    few = ("".join(letters) * 2)[:62] + "12"
    assert seen(few) == []
    narrow = "".join(random.Random(1).choices("aAbBcCdDeEfFgG1234567", k=64))
    assert seen(narrow) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (HEX, []),
        (f"api_key={HEX}", []),
        (f"binance api_key={HEX}", "high"),
        (f"Client('{HEX}')  # binance testnet", "medium"),
        (f"binance id={HEX}", []),
        (f"binance\n{HEX}  binance.zip", []),
        (f"binance\n{HEX} *binance.zip", []),
        (f"binance api_key={HEX.upper()}", []),
        (f"binance api_key={'0123456789abcdef' * 4}", []),
        (f"binance api_key={'1234' * 16}", []),
    ],
)
def test_a_key_of_hexadecimal_digits_needs_binance_beside_it(text, expected) -> None:
    assert seen(text) == ([("binance-testnet-key", expected)] if expected else [])


def test_base64_of_a_key_is_one() -> None:
    encoded = base64.b64encode(KEY.encode()).decode()
    assert seen(f"x: {encoded}") == [("binance-key-base64", "medium")]
    assert seen(f"x: {encoded.rstrip('=')}") == [("binance-key-base64", "medium")]
    assert seen("x: " + base64.b64encode(b"." * 64).decode()) == []
    assert seen(f"x: {'A' * 88}") == []
    assert seen(f"x: {KEY}{KEY[:24]}") == []


def test_a_private_key_counts_near_binance() -> None:
    assert seen(f"# binance\n{PEM}") == [("binance-private-key", "high")]
    assert seen("{'binance': '" + PEM.replace("\n", "\\n") + "'}") == [
        ("binance-private-key", "high")
    ]
    assert seen(PEM) == []
    assert seen(f"# binance, binance-creds: ignore {PEM}".replace("\n", "\\n")) == []
    assert seen("# binance\n-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----") == []
    assert (
        seen("# binance\n-----BEGIN PUBLIC KEY-----\nPRIVATE KEY\n-----END PUBLIC KEY-----") == []
    )


def test_what_stands_in_armour_is_no_key_of_its_own() -> None:
    block = f"-----BEGIN CERTIFICATE-----\n\n{KEY}\n\n-----END CERTIFICATE-----"
    assert seen(f"{block}\napi_key={OTHER}") == HIGH


@pytest.mark.parametrize("end", [f"{OTHER[:50]}==", "-----END X-----", f"{OTHER[:40]}+a/"])
def test_lines_of_base64_are_no_keys(end) -> None:
    assert seen(f'"{KEY}"\n"{OTHER}"\n"{end}"') == []
    assert seen(f"{end}\n{KEY}") == []


def test_a_key_and_a_secret_on_two_lines_are_two_keys() -> None:
    assert seen(f"{KEY}\n{OTHER}\n") == MEDIUM * 2
    assert seen(f"{KEY}\n{OTHER}\nshort\n") == MEDIUM * 2
    assert seen(f"{KEY}\n{'x' * 20}") == MEDIUM


def test_a_finding_has_line_and_column_in_characters() -> None:
    found = found_in(f"a\n\u00e9\u00e8 = '{KEY}'\n")[0]
    assert (found.line, found.column) == (2, 7)


def test_an_id_is_of_rule_path_and_value() -> None:
    first, second, third = found_in(f"\n\n{KEY} '{KEY}'\n{OTHER}\n")
    assert first.id == second.id != third.id
    other = scan.stream(io.BytesIO(KEY.encode()), name="x").findings[0]
    assert other.id != first.id


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_utf_16_is_read_by_its_content(encoding) -> None:
    text = f"\nname,\u20ac\napi_key={KEY}\n".replace("\n", "\r\n")
    assert (
        [one[:3] for one in found_in(text.encode(encoding))] == [("(standard input)", 3, 9)]
        if ("\u20ac" not in text or encoding in {"utf-16", "utf-32"})
        else seen(f"api_key={KEY}\n".encode(encoding)) == HIGH
    )


def test_text_of_any_size_is_read_in_parts() -> None:
    """Each key is found once, wherever parts meet, with its line and column."""
    keys = [IT.key() for _ in range(300)]
    lines = [f"{'x ' * (number * 37 % 4000)}\n\u00e9 {key}" for number, key in enumerate(keys)]
    text = "\n".join(lines)
    assert len(text) > 1_000_000
    assert [one[1:3] for one in found_in(text)] == [(2 * number + 2, 3) for number in range(300)]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le"])
def test_utf_16_of_any_size_is_read_in_parts(encoding) -> None:
    text = "line\n" * 200_000 + KEY
    assert [one.line for one in found_in(text.encode(encoding))] == [200_001]


def test_half_a_character_at_the_end_is_no_error() -> None:
    assert seen(KEY.encode("utf-16") + b"\n") == MEDIUM


def test_a_line_of_megabytes_has_columns() -> None:
    text = f"{'x ' * 600_000}{KEY} {'y' * 600_000} {OTHER}"
    assert [one.column for one in found_in(text)] == [1_200_001, 1_200_001 + 64 + 600_002]


def test_runs_are_found_as_the_regular_expression_finds_them() -> None:
    import re

    from binance_creds.scan._find._runs import marked, runs

    chance = random.Random(3)
    text = "".join(
        chance.choice(" -_/")
        + "".join(chance.choices(ALNUM, k=chance.choice([3, 63, 64, 65, 200])))
        for _ in range(2_000)
    ).encode()
    expected = [found.span() for found in re.finditer(rb"[A-Za-z0-9]{64,}", text)]
    assert list(runs(marked(text))) == expected
    assert list(runs(marked(b"x" * 100), 5)) == []
