"""Secrets are found in text: those of this process wherever they stand, others by name or form."""

from __future__ import annotations

import base64
import json
import string
import time
import timeit
from urllib.parse import quote

import pytest
from support import new_key, token

from binance_creds import KeyType, load_credentials
from binance_creds._known import Digests
from binance_creds.providers import memory
from binance_creds.redact import redacted


@pytest.fixture(scope="module")
def pair():
    key = new_key()
    memory.register("redact", key.fields())
    yield key, load_credentials("memory:redact")
    memory.unregister("redact")


@pytest.mark.parametrize(
    "text",
    [
        "{}", "a {} b", "'{}'", "x={}&y=1", "{0}{0}", "{0},{0}", "https://h/ws/{}", "a/{}/b", "é€{}",
        "\x1b[35m{}\x1b[0m", "%20{}%0A", "u0020{}", "line\\n{}\\n", "\ud800{}", "{}...", "K{}",
        "padding-" * 300 + "{}", "/".join(["a1" * 40, "{}", "b2" * 40]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["api_key", "api_secret"])
def test_a_loaded_secret_is_found_wherever_it_stands(pair, name, text) -> None:
    secret = getattr(pair[0], name)
    shown = redacted(text.format(secret))
    assert "[redacted]" in shown
    assert secret[:16] not in shown and secret[-16:] not in shown


@pytest.mark.parametrize(
    "encode",
    [repr, json.dumps, lambda text: json.dumps(json.dumps(text)), quote, str.encode, ascii],
)
def test_it_is_found_in_what_programs_make_of_text(pair, encode) -> None:
    secret = pair[0].api_secret
    assert secret not in redacted(f"{encode(f'first line{chr(10)}{secret}{chr(9)}{secret}')}")


@pytest.mark.parametrize(
    "form", ["pem", "repr", "json", "json in json", "quoted", "list", "cut", "line"]
)
@pytest.mark.parametrize("key_type", [KeyType.ED25519, KeyType.RSA])
def test_a_private_key_is_found(key_type, form) -> None:
    """Also one that was never loaded, cut, or escaped; a line alone if it was loaded."""
    key = new_key(key_type)
    memory.register("redact", key.fields())
    kept = load_credentials("memory:redact")
    pem = key.private_key_pem
    text = {
        "pem": pem, "repr": repr(pem), "json": json.dumps(pem), "quoted": quote(pem),
        "json in json": json.dumps(json.dumps({"k": pem})), "list": repr(pem.splitlines()),
        "cut": pem[:-40], "line": pem.splitlines()[1],
    }[form]  # fmt: skip
    shown = redacted(f"before {text} after")
    assert shown.startswith("before ")
    assert not [line for line in pem.splitlines()[1:-1] if line[:20] in shown], kept


@pytest.mark.parametrize(
    "encode",
    [base64.b64encode, base64.urlsafe_b64encode, bytes.hex, lambda plain: plain.hex().upper(),
     lambda plain: base64.b64encode(plain + b"\n")],
)  # fmt: skip
@pytest.mark.parametrize("text", ["{}", "a: '{}'", "n{}", "a/{}"])
def test_base64_and_hex_of_a_secret_are_found(pair, encode, text) -> None:
    encoded = encode(pair[0].api_secret.encode())
    plain = (encoded if isinstance(encoded, str) else encoded.decode()).strip()
    shown = redacted(text.format(plain))
    assert text.format("[redacted]") == shown


def test_the_body_of_a_private_key_on_one_line_is_hidden_to_its_end() -> None:
    """Its last piece is shorter than a line."""
    key = new_key(KeyType.RSA)
    memory.register("redact", key.fields())
    kept = load_credentials("memory:redact")
    body = "".join(key.private_key_pem.splitlines()[1:-1])
    assert "a [redacted] b" == redacted(f"a {body} b"), kept


def test_each_of_several_keys_is_found() -> None:
    pem = new_key(KeyType.ED25519).private_key_pem
    assert "a [redacted]\nb [redacted]\nc" == redacted(f"a {pem}b {pem}c")


def test_a_cut_key_does_not_hide_what_comes_much_later() -> None:
    pem = new_key(KeyType.RSA).private_key_pem
    shown = redacted(f"{pem[:300]}... [kept] {pem}")
    assert "... [kept] [redacted]" in shown


@pytest.mark.parametrize(
    "text",
    [
        "GET /api/v3/account?timestamp=1&signature={} HTTP/1.1", "Signature={}", "'signature': '{}'",
        '"signature": "{}"', '{{\\"signature\\": \\"{}\\"}}', "signature%3D{}", "SIGNATURE => {}",
        "X-MBX-APIKEY: {}", "x-mbx-apikey={}", "('X-MBX-APIKEY', '{}')", "(b'X-MBX-APIKEY', b'{}')",
        "{{'X-Mbx-Apikey': '{}'}}", "apiKey={}", '"api_key": "{}"', "api_secret='{}'", "secretKey: {}",
        "secret: {}", '"private_key":"{}"', "listenKey={}", '{{"listenKey":"{}"}}', "listenToken={}",
        "wss://stream.binance.com:9443/ws/{}", "wss://fstream/stream?streams={}", "passphrase={}",
        "BINANCE_API_SECRET={}", "API_KEY = [ '{}' ]",
    ],
)  # fmt: skip
def test_a_name_or_a_form_hides_what_was_never_loaded(text) -> None:
    value = token()
    shown = redacted(text.format(value))
    assert value not in shown
    assert text.replace("{{", "{").replace("}}", "}").replace("{}", "[redacted]") == shown


def test_a_signature_in_base64_is_hidden(pair) -> None:
    """As Ed25519 and RSA make it, and as it stands in an address."""
    signature = base64.b64encode(bytes(range(200, 256)) + b"\xff" * 8).decode()
    for value in (signature, quote(signature, safe="")):
        assert "a=1&signature=[redacted]&b=2" == redacted(f"a=1&signature={value}&b=2")


@pytest.mark.parametrize(
    "text",
    [
        "", "order placed", "signature is missing", "api_key=None", "the secret: short", "secret=***",
        "c3" * 32, string.ascii_letters + string.digits + "00", "x" * 1000, "trace_id=" + "a1" * 16,
        "-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----", "listen on port 80", "/ws/btcusdt",
        "streams=btcusdt@trade/ethusdt@trade", "Secret('**********')", "é€\ud800",
    ],
)  # fmt: skip
def test_anything_else_is_left_as_it_is(text) -> None:
    """The same object, so that callers see it at once."""
    assert redacted(text) is text


def test_an_error_inside_shows_nothing() -> None:
    class Broken(str):
        __slots__ = ()

        def encode(self, *arguments):
            raise RuntimeError

    assert "[not shown: the redaction failed]" == redacted(Broken("a text that is long enough"))


def test_the_oldest_of_very_many_secrets_is_forgotten(monkeypatch) -> None:
    """Their number is bounded."""
    keys = [new_key() for _ in range(3)]
    monkeypatch.setattr("binance_creds._known.DIGESTS", Digests(most=4, buckets=1))
    for key in keys:
        memory.register("many", key.fields())
        load_credentials("memory:many", fresh=True)
    memory.unregister("many")
    assert [False, False, True] == [redacted(key.api_secret) == "[redacted]" for key in keys]


HARD = {
    "one run": "a", "spaces": "api_key= ", "a name again and again": "signature=", "backslashes": "secret\\",
    "key blocks": "-----BEGIN PRIVATE KEY-----", "cut blocks": "-----BEGIN A PRIVATE KEY-----\nabcd",
    "ends": "-----END PRIVATE KEY-----", "words": "the quick brown fox, ", "slashes": "a/",
}  # fmt: skip


def seconds(text: str) -> float:
    return min(timeit.repeat(lambda: redacted(text), number=1, repeat=5, timer=time.process_time))


@pytest.mark.parametrize("piece", HARD)
def test_the_time_grows_with_the_length_and_no_faster(piece) -> None:
    """A megabyte takes ten times what a tenth of it takes, give or take the noise of a busy machine."""
    text = HARD[piece]
    for whole in (text * (1_000_000 // len(text)), text + text[-1] * 1_000_000):
        assert seconds(whole) < 40 * seconds(whole[:100_000]) + 0.01


FULL = {
    "hex": "a1" * 32, "lines of base64": "aB1+" * 10 + "cD/2" * 9, "paths": "a/" * 10 + "b1" * 36,
    "tokens": "k9" * 35, "words": "a word",
}  # fmt: skip


@pytest.mark.parametrize("name", FULL)
@pytest.mark.parametrize("text", ["{}", "n{}", "{}n", "a+b/{}", "{}/a"])
def test_a_secret_is_found_at_the_end_of_a_text_full_of_others(pair, name, text) -> None:
    """Where a text has very many places to look at, each is still looked at."""
    secret = pair[0].api_secret
    whole = f"{FULL[name]}\n" * 4_000 + text.format(secret) + "\n" + FULL[name]
    assert whole.replace(secret, "[redacted]") == redacted(whole)


@pytest.mark.parametrize(
    "piece",
    ["{0} ", "{0}", "K{0} ", "signature={1}&", "passphrase=abcd ", "/ws/{1} ",
     "-----BEGIN PRIVATE KEY-----\nabcd.", "{0}/a/{0}\n"],
)  # fmt: skip
@pytest.mark.parametrize("before", ["", "tokens"])
def test_after_very_many_secrets_the_rest_is_hidden(pair, piece, before) -> None:
    """Nothing of it is shown, whatever it is."""
    text = piece.format(pair[0].api_secret, "a1" * 32)
    shown = redacted(f"{FULL.get(before, '')}\n" * 4_000 + text * 4_000 + "kept")
    assert shown.endswith("[redacted]")
    assert pair[0].api_secret not in shown
    assert 500 <= shown.count("[redacted]") < 1_010


def yardstick(text: str) -> float:
    """Return what a few passes in C over a text take."""
    raw = text.encode("latin-1")
    return min(timeit.repeat(lambda: [raw.lower().count(b"xyz"), raw.translate(bytes(256))] * 10,
                             number=5, repeat=5, timer=time.process_time))  # fmt: skip


@pytest.mark.parametrize("name", [*FULL, *HARD, "known", "signatures"])
def test_a_megabyte_takes_no_more_than_some_passes_over_it(pair, name) -> None:
    more = {"known": f"{pair[0].api_secret} ", "signatures": f"signature={'a1' * 32}&"}
    piece = {name: f"{text}\n" for name, text in FULL.items()} | HARD | more
    text = piece[name] * (1_000_000 // len(piece[name]))
    assert seconds(text) < 20 * yardstick(text)
