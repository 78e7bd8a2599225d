"""`.env` files without python-dotenv's surprises."""

from __future__ import annotations

import os

import pytest
from language import refusal
from support import caught, token
from waiting import PATIENCE

from binance_creds import SourceURI, load_credentials
from binance_creds.errors import MalformedSecretError, SecretNotFoundError
from binance_creds.providers import Deadline, RawSecret
from binance_creds.providers.local.dotenv import DotenvProvider
from binance_creds.testing import StoreContract, assert_no_leak

KEY, SECRET = token(), token()


class TestDotenv(StoreContract):
    """Obeys every law."""

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path) -> None:
        self.folder = tmp_path

    def open(self, uri):
        return DotenvProvider(uri)

    def write(self, fields):
        return self.text(".env", "".join(f"BINANCE_{n.upper()}={t}\n" for n, t in fields.items()))

    def text(self, name, text):
        path = self.folder / name
        path.touch(0o600)
        path.write_text(text)
        return f"dotenv:{path}"

    def missing(self):
        return f"dotenv:{self.folder}/absent"

    def malformed(self):
        return self.text("bad", "BINANCE_API_KEY\n")


@pytest.mark.parametrize("text", ["", "OTHER=1\n"])
def test_a_file_that_was_emptied_is_not_absent(tmp_path, text) -> None:
    """For who has read it before; for a first load there is nothing, and a removed one is gone."""
    path = tmp_path / ".env"
    path.touch(0o600)
    path.write_text(text)
    provider = DotenvProvider(SourceURI.parse(f"dotenv:{path}"))
    error = caught(provider.fetch, Deadline(PATIENCE), known_version="content-1")
    assert (MalformedSecretError, f"dotenv:{path}") == (type(error), error.source)
    assert "remove the file" in error.hint
    assert SecretNotFoundError is type(caught(provider.fetch, Deadline(PATIENCE)))
    path.unlink()
    gone = caught(provider.fetch, Deadline(PATIENCE), known_version="content-1")
    assert SecretNotFoundError is type(gone)


@pytest.fixture
def dotenv(tmp_path):
    def fetch(text: str | bytes, query: str = "") -> dict[str, str]:
        path = tmp_path / ".env"
        path.touch(0o600)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        raw = DotenvProvider(SourceURI.parse(f"dotenv:{path}{query}")).fetch(Deadline(PATIENCE))
        assert isinstance(raw, RawSecret)
        return {name: secret.reveal() for name, secret in raw.fields.items()}

    return fetch


@pytest.mark.parametrize(
    "shape",
    [
        "BINANCE_API_KEY={k}\nBINANCE_API_SECRET={s}",
        "\ufeff# comment\n\nexport BINANCE_API_KEY='{k}'\r\nBINANCE_API_SECRET=\"{s}\" # note\r\n",
        "BINANCE_API_KEY = {k} # note\nBINANCE_API_SECRET={s}\nOTHER=1\nOTHER=1",
    ],
)
def test_the_usual_forms_are_read(dotenv, shape) -> None:
    """Comments, export, quotes, CRLF, a byte order mark."""
    assert dotenv(shape.format(k=KEY, s=SECRET)) == {"api_key": KEY, "api_secret": SECRET}


def test_a_quoted_pem_keeps_its_lines(dotenv) -> None:
    """And another prefix can be asked for."""
    pem = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"
    assert dotenv(f'X_API_KEY={KEY}\nX_PRIVATE_KEY="{pem}"', "?prefix=X")["private_key"] == pem


def test_nothing_is_interpolated(dotenv, monkeypatch) -> None:
    """python-dotenv alone would cut the value; the parser of credentials refuses it later."""
    monkeypatch.setenv("NOPE", "yes")
    assert (
        dotenv("BINANCE_API_KEY=ab${NOPE}cd\nBINANCE_API_SECRET='${NOPE}'")["api_key"]
        == "ab${NOPE}cd"
    )


TRAPS = {
    "no equals sign": ("BINANCE_API_KEY\n", "bad_line", 1),
    "colon": ("A=1\nBINANCE_API_KEY: {k}\n", "bad_line", 2),
    "open quote": ('A=1\n\n\nBINANCE_API_KEY="{k}\nB=2\n', "bad_line", 4),
    "bare key": ("{k}\n", "bad_line", 1),
    "duplicate": ("BINANCE_API_KEY={k}\nBINANCE_API_KEY={s}\n", "duplicate", 2),
    "unquoted PEM": ("BINANCE_PRIVATE_KEY=-----BEGIN PRIVATE KEY-----\n{k}\n", "unquoted_pem", 1),
    "odd name": ("A=1\n BIN-ANCE={k}\n", "bad_line", 2),
}


@pytest.mark.parametrize(("text", "reason", "line"), TRAPS.values(), ids=TRAPS.keys())
def test_what_would_be_dropped_silently_is_an_error_with_its_line(
    dotenv, text, reason, line
) -> None:
    """No value and no part of one is shown."""
    error = refusal(dotenv, text.format(k=KEY, s=SECRET))
    assert isinstance(error, MalformedSecretError)
    assert error.reason == reason
    assert f"line {line}: " in str(error)
    for canary in (KEY, SECRET):
        assert_no_leak(canary, error)


@pytest.mark.parametrize(
    "data", [KEY.encode("utf-16"), b"BINANCE_API_KEY=\xff" + KEY.encode()], ids=["utf16", "latin1"]
)
def test_other_encodings_are_refused(dotenv, data) -> None:
    """UTF-16 from a Windows editor, for example."""
    error = caught(dotenv, data)
    assert error.reason == "not_utf8"
    assert_no_leak(KEY, error)


def test_a_relative_file_variable_starts_at_the_folder_of_the_file(dotenv, tmp_path) -> None:
    """Wherever the program runs."""
    (tmp_path / "pem").touch(0o600)
    (tmp_path / "pem").write_text("x")
    assert dotenv(f"BINANCE_API_KEY={KEY}\nBINANCE_PRIVATE_KEY_FILE=pem")["private_key"] == "x"


def test_a_parents_file_is_not_searched(tmp_path, monkeypatch) -> None:
    """Another project's .env must not decide."""
    (tmp_path / ".env").write_text(f"BINANCE_API_KEY={KEY}\nBINANCE_API_SECRET={SECRET}\n")
    (tmp_path / "child").mkdir()
    monkeypatch.chdir(tmp_path / "child")
    assert isinstance(caught(load_credentials, "dotenv:.env"), SecretNotFoundError)
    assert isinstance(caught(load_credentials, "dotenv:"), SecretNotFoundError)


def test_the_process_environment_is_left_alone(dotenv) -> None:
    """Child processes inherit nothing."""
    before = dict(os.environ)
    dotenv(f"BINANCE_API_KEY={KEY}\nBINANCE_API_SECRET={SECRET}")
    assert before == dict(os.environ)
