"""A `.env` that other programs share: their lines are skipped, ours are never lost."""

from __future__ import annotations

import json

import pytest
from language import refusal
from support import token

from binance_creds import load_credentials
from binance_creds.errors import MalformedSecretError
from binance_creds.testing import assert_no_leak

KEY, SECRET = token(), token()
PAIR = f"BINANCE_API_KEY={KEY}\nBINANCE_API_SECRET={SECRET}\n"
BODY = "\n".join(["A1" * 32, "b2" * 32, "abc=="])  # as lines of a PEM may look


@pytest.fixture(params=["dotenv:{}/.env", "file:{}/.env", "file:{}/prod.env"])
def shared(request, tmp_path):
    """Return a function that loads a text from a `.env` and `.env`-shaped file."""

    def load(text: str, query: str = ""):
        for name in (".env", "prod.env"):
            (tmp_path / name).touch(0o600)
            (tmp_path / name).write_text(text)
        return load_credentials(request.param.format(tmp_path) + query, fresh=True)

    return load


FOREIGN = [
    "spring.profiles.active=prod", "my-var=1", "HTTP_PROXY", "export FOO=1", "export FOO", "set -a", "=x", "?",
    'if [ -n "$BINANCE_API_KEY" ]; then', "fi", "source ./other.env", "FOO=1\nFOO=2", "[section]", "a: b",
    "FOO=-----BEGIN PRIVATE KEY-----\n" + BODY + "\n-----END PRIVATE KEY-----", 'FOO="a" b', "MY_API_KEY",
    'FOO="two\nlines"', "FOO=1 BAR=2", "binan", "KEY: " + "A1" * 32, 'FOO="\n# BINANCE_API_KEY=old\n"',
]  # fmt: skip


@pytest.mark.parametrize("line", FOREIGN)
@pytest.mark.parametrize("text", ["{line}\n{pair}", "{pair}{line}\n"], ids=["before", "after"])
def test_a_line_of_another_program_is_skipped(shared, text, line) -> None:
    """As python-dotenv does."""
    creds = shared(text.format(line=line, pair=PAIR))
    assert (creds.api_key.reveal(), creds.api_secret.reveal()) == (KEY, SECRET)


def test_a_quote_that_stays_open_behind_the_pair_is_skipped(shared) -> None:
    """Nothing of ours can be within it."""
    assert shared(f'{PAIR}NOTE="open\nFOO=1\n').api_key.reveal() == KEY


OURS = {
    "no equals sign": ("BINANCE_API_SECRET\n", 1),
    "exported": ("A=1\nexport BINANCE_API_SECRET\n", 2),
    "colon": ("BINANCE_API_SECRET: {s}\n", 1),
    "hyphen": ("A=1\n\nBINANCE-API-SECRET={s}\n", 3),
    "dots": ("binance.api.secret={s}\n", 1),
    "quoted name": ('  "BINANCE_API_SECRET": "{s}",\n', 1),
    "invisible character": ("\u200bBINANCE_API_SECRET={s}\n", 1),
    "list": ("- BINANCE_API_SECRET={s}\n", 1),
    "Windows": ("set BINANCE_API_SECRET={s}\n", 1),
    "PowerShell": ('$env:BINANCE_API_SECRET = "{s}"\n', 1),
    "open quote": ('BINANCE_API_SECRET="{s}\nA=1\n', 1),
    "behind an open quote": ('A=1\nNOTE="open\nB=2\nBINANCE_API_SECRET={s}\n', 2),
    "behind an open single quote": ("NOTE = 'open\nB=2\nBINANCE_API_SECRET={s}\n", 1),
    "behind an apostrophe": ("don't NOTE='open\nBINANCE_API_SECRET={s}\n", 1),
    "behind a third quote": ('NOTE="a" "b\nBINANCE_API_SECRET={s}\n', 1),
    "in a value": ('NOTE="open\nBINANCE_API_SECRET={s}\nB="\n', 1),
    "in a broken value": ('\nNOTE="open\nBINANCE_API_SECRET="{s}"\n', 2),
    "in a value of ours": ('BINANCE_ENVIRONMENT="live\nBINANCE_API_SECRET={s}\nB="\n', 1),
    "PEM": ("BINANCE_PRIVATE_KEY=-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", 1),
    "a key alone": ("A=1\n{s}\n", 2),
    "two values": ("BINANCE_API_KEY={s}\n", 2),
}  # fmt: skip


@pytest.mark.parametrize(("text", "line"), OURS.values(), ids=OURS.keys())
def test_a_line_that_could_be_ours_is_an_error_with_its_number(shared, text, line) -> None:
    """It shows neither value nor name."""
    pair = f"BINANCE_API_KEY={KEY}\n"
    before = "two" in text or text.startswith("BINANCE_API_KEY")
    text = text.format(s=SECRET)
    error = refusal(shared, pair + text if before else text + pair)
    assert isinstance(error, MalformedSecretError)
    assert f"line {line}: " in error.message
    assert error.reason in {"bad_line", "duplicate", "open_quote", "unquoted_pem"}
    for canary in (KEY, SECRET):
        assert_no_leak(canary, error)


def test_a_line_within_a_broken_value_is_ours_too(shared) -> None:
    """Also where no other follows."""
    error = refusal(shared, f'{PAIR}NOTE="open\nBINANCE_ENVIRONMENT="live"\n')
    message = "line 3: a quote that begins here is not closed before other names."
    assert ("open_quote", message) == (error.reason, error.message)


def test_what_a_line_should_be_is_said(shared) -> None:
    """In the letters of a `.env`."""
    error = refusal(shared, "BINANCE_API_KEY\n")
    assert "line 1: this is not NAME=value, or a quote is not closed." == error.message


def test_with_a_prefix_its_own_lines_count_too(shared) -> None:
    """Beside those that begin as this library's do."""
    pair = PAIR.replace("BINANCE", "TRADER")
    assert shared(f"OTHER-KEY=1\n{pair}", "?prefix=TRADER")
    for line in ("TRADER_API_SECRET", "BINANCE_API_SECRET"):
        assert "line 1: " in refusal(shared, f"{line}\n{pair}", "?prefix=TRADER").message


@pytest.mark.parametrize("shape", ["{}", "[\n{}]"])
def test_json_in_a_dotenv_is_named(tmp_path, shape) -> None:
    """And `file:` reads it."""
    (tmp_path / ".env").touch(0o600)
    (tmp_path / ".env").write_text("\ufeff\n" + shape.format(json.dumps({"api_key": KEY})))
    error = refusal(load_credentials, f"dotenv:{tmp_path}/.env")
    assert (MalformedSecretError, "json") == (type(error), error.reason)
    assert "JSON" in error.message
    assert "file:" in error.hint
    assert_no_leak(KEY, error)


def test_file_reads_json_from_a_dotenv(tmp_path) -> None:
    """As the hint says."""
    (tmp_path / ".env").touch(0o600)
    (tmp_path / ".env").write_text(json.dumps({"api_key": KEY, "api_secret": SECRET}))
    assert load_credentials(f"file:{tmp_path}/.env").api_key.reveal() == KEY
