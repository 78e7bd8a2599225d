"""Your own keys, in every encoding that people paste, and remembered without them."""

from __future__ import annotations

import base64
import io
import json
import os
import urllib.parse

import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from scan_corpus import Values
from support import build, new_key

from binance_creds import KeyType, scan
from binance_creds.errors import AccessDeniedError, ConfigurationError

IT = Values(21)
KEY, SECRET, OTHER = IT.key(), IT.key(), IT.key()


@pytest.fixture
def own() -> scan.OwnKeys:
    keys = scan.OwnKeys()
    keys.add("main", build(api_key=KEY, api_secret=SECRET))
    return keys


def found_in(text: str | bytes, own: scan.OwnKeys) -> list[tuple[int, str, str]]:
    raw = text.encode() if isinstance(text, str) else text
    found = scan.stream(io.BytesIO(raw), own=own).findings
    return [(one.line, one.rule, one.profile) for one in found if one.profile]


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


BOTH = ["own-api-key", "own-api-secret"]


@pytest.mark.parametrize(
    "text",
    [
        KEY,
        f"abc{KEY}def",
        f"/{KEY}-x",
        KEY.encode().hex(),
        encoded(KEY),
        encoded(f"x{KEY}"),
        encoded(encoded(KEY)),
        f"\\n{encoded(KEY)}",
        base64.urlsafe_b64encode(b"??>>~~" + KEY.encode() + b"~~??").decode(),
        "".join(f"%{ord(one):02X}" for one in KEY),
        "".join(f"\\u{ord(one):04x}" for one in KEY),
        "".join(f"\\x{ord(one):02x}" for one in KEY),
        "".join(f"&#{ord(one)};" for one in KEY),
        "".join(f"&#x{ord(one):x};" for one in KEY),
        f"{KEY[:20]}\n{KEY[20:]}",
        f"{KEY[:50]}=\r\n{KEY[50:]}",
        f"{KEY[:10]}\\\n    {KEY[10:]}",
        f'("{KEY[:40]}"\n    "{KEY[40:]}")',
        f'"{KEY[:32]}" + \\\n    "{KEY[32:]}"',
        f'"{KEY[:30]}" "{KEY[30:]}"',
        f"# {KEY[:33]}\n# {KEY[33:]}",
        f"+{KEY[:33]}\\\n+{KEY[33:]}",
        f"{KEY[:22]}\n{KEY[22:54]}\n{KEY[54:]}",
        json.dumps(f"a\n{KEY[:30]}\n{KEY[30:]}"),
        "\n".join([OTHER] * 20 + [KEY] + [OTHER] * 20),
        "x" * 5000 + KEY,
        b"\x00\x01" + KEY.encode("utf-16-le") + b"\x00",
        KEY.encode("utf-16"),
    ],
)
def test_an_own_key_is_found_once_in_every_encoding(text, own) -> None:
    assert [one[1:] for one in found_in(text, own)] == [("own-api-key", "main")]


@pytest.mark.parametrize(
    "text",
    [
        f"{KEY}:{SECRET}",
        encoded(f"{KEY}:{SECRET}"),
        encoded(json.dumps({"api_key": KEY, "api_secret": SECRET})),
        base64.encodebytes(f"user={KEY}:{SECRET}".encode() * 3).decode(),
        f"?apiKey={KEY}&secret={SECRET}",
    ],
)
def test_a_pair_is_found_as_both_halves(text, own) -> None:
    assert sorted({one[1] for one in found_in(text, own)}) == BOTH


@pytest.mark.parametrize("text", ["", OTHER, KEY[:-1], encoded(OTHER), f"{KEY[:30]}\n\n{KEY[31:]}"])
def test_what_is_not_an_own_key_is_none(text, own) -> None:
    assert found_in(text, own) == []


def test_an_own_key_is_not_found_again_as_one_that_looks_like_a_key(own) -> None:
    report = scan.stream(io.BytesIO(f"api_key={KEY}\n\n{OTHER}".encode()), own=own)
    assert [(one.line, one.column, one.rule) for one in report.findings] == [
        (1, 9, "own-api-key"),
        (3, 1, "binance-key"),
    ]


def test_own_keys_are_looked_for_in_lock_files_and_on_allowed_lines(own, tmp_path) -> None:
    (tmp_path / "uv.lock").write_text(f"x = {KEY}  # pragma: allowlist secret")
    assert [one.rule for one in scan.paths([tmp_path], own=own).findings] == ["own-api-key"]


def test_an_own_key_where_parts_meet_is_found_once(own) -> None:
    text = f"{'x ' * 255_000}\n{KEY}\n{'y ' * 400_000}{SECRET}"
    assert [one[:2] for one in found_in(text, own)] == [(2, "own-api-key"), (3, "own-api-secret")]


def test_very_many_lines_that_may_be_one_value_are_looked_at_in_parts(own) -> None:
    text = "\n".join([OTHER, *"a" * 5_000, KEY])
    assert found_in(text, own) == [(5_002, "own-api-key", "main")]


PEMS = {kind: new_key(kind).private_key_pem for kind in (KeyType.ED25519, KeyType.RSA)}


@pytest.mark.parametrize("kind", PEMS)
@pytest.mark.parametrize(
    "form",
    [
        lambda pem: pem,
        json.dumps,
        lambda pem: json.dumps(pem).replace("/", "\\/"),
        lambda pem: encoded(pem),
        lambda pem: urllib.parse.quote(pem),
        lambda pem: pem.replace("\n", "\r\n"),
        lambda pem: "".join(pem.splitlines()[1:-1]),
        lambda pem: "".join(pem.splitlines()[1:-1]).replace("+", "-").replace("/", "_"),
        lambda pem: "\n".join(_folded("".join(pem.splitlines()[1:-1]))),
        lambda pem: (
            load_pem_private_key(pem.encode(), None)
            .private_bytes(Encoding.PEM, _old(pem), NoEncryption())
            .decode()
        ),
    ],
)
def test_a_private_key_is_found_by_its_body(kind, form) -> None:
    keys = scan.OwnKeys()
    keys.add("main", build(api_key=KEY, private_key=PEMS[kind]))
    assert {one[1] for one in found_in(form(PEMS[kind]), keys)} == {"own-private-key"}


def body_with(sign: str) -> str:
    """Return the body of a new private key that has a sign where its second line begins."""
    while True:
        body = "".join(new_key(KeyType.ED25519).private_key_pem.splitlines()[1:-1])
        if body[40] == sign:
            return body


@pytest.mark.parametrize("diff", ["", "+", "-"])
@pytest.mark.parametrize("sign", ["+", "/"])
def test_a_line_of_a_private_key_may_begin_with_a_sign(sign, diff) -> None:
    """Which is of the value; what a diff puts before it is not."""
    body = body_with(sign)
    pem = f"-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n"
    keys = scan.OwnKeys()
    keys.add("main", build(api_key=KEY, private_key=pem))
    text = "".join(f"{diff}{line}\n" for line in _folded(body))
    assert {one[1] for one in found_in(text, keys)} == {"own-private-key"}


def _folded(body: str) -> list[str]:
    return [body[start : start + 40] for start in range(0, len(body), 40)]


def _old(pem: str) -> PrivateFormat:
    return PrivateFormat.TraditionalOpenSSL if len(pem) > 500 else PrivateFormat.PKCS8


@pytest.fixture
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "binance-creds" / "own-keys.json"


def test_what_is_remembered_finds_keys_and_tells_none(state) -> None:
    assert not scan.remembered()
    assert scan.remember("main", build(api_key=KEY, api_secret=SECRET)) == str(state)
    scan.remember("other", build(api_key=OTHER, api_secret=IT.key()))
    assert found_in(KEY, scan.remembered()) == [(1, "own-api-key", "main")]
    assert found_in(OTHER, scan.remembered()) == [(1, "own-api-key", "other")]
    assert state.stat().st_mode & 0o777 == 0o600
    assert not any(value in state.read_text() for value in (KEY, SECRET))


def test_a_key_of_before_stays_remembered(state) -> None:
    scan.remember("main", build(api_key=KEY, api_secret=SECRET))
    scan.remember("main", build(api_key=OTHER, api_secret=SECRET))
    assert {one[1] for one in found_in(f"{KEY} {OTHER}", scan.remembered())} == {"own-api-key"}


@pytest.mark.parametrize("text", ["", "[]", '{"format": 2}', '{"format": 1, "key": "x"}'])
def test_a_damaged_file_is_an_error(state, text) -> None:
    state.parent.mkdir()
    state.touch(mode=0o600)
    state.write_text(text)
    with pytest.raises(ConfigurationError, match=str(state)):
        scan.remembered()


def test_a_file_that_others_can_read_is_refused(state) -> None:
    scan.remember("main", build(api_key=KEY, api_secret=SECRET))
    os.chmod(state, 0o644)
    with pytest.raises(AccessDeniedError, match="others can read"):
        scan.remembered()


def test_without_a_home_nothing_is_remembered(monkeypatch) -> None:
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setenv("HOME", "relative")
    assert not scan.remembered()
    with pytest.raises(ConfigurationError, match="no folder for the state"):
        scan.remember("main", build(api_key=KEY, api_secret=SECRET))
