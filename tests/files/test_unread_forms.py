"""A path or a file in a form that is not read never counts as absent."""

from __future__ import annotations

import pytest
from language import refusal
from support import caught, token

from binance_creds import load_credentials
from binance_creds.errors import ConfigurationError, MalformedSecretError

PAIR = f"BINANCE_API_KEY={token()}\nBINANCE_API_SECRET={token()}\n"


@pytest.fixture(autouse=True)
def _old_pair(monkeypatch, tmp_path) -> None:
    """Put a pair into the environment that must not be fallen back to."""
    monkeypatch.setenv("OLD_API_KEY", token())
    monkeypatch.setenv("OLD_API_SECRET", token())
    monkeypatch.chdir(tmp_path)


FORMS = {
    "replaces *, ? or brackets": ["*.env", "{a,b}.env", "<name>/.env", "{{ home }}/.env"],
    "replaces ~ within": ["./~/.env"],
    "quotes or white space": ['".env"', "'.env'", " .env", ".env "],
    "backslashes and drives": ["C:\\bot\\.env", ".\\.env", "bot\\.env"],
    "a scheme before it": ["file:.env", "dotenv:.env"],
    "a host before it": ["//localhost/run/.env"],
}


@pytest.mark.parametrize("scheme", ["dotenv", "file"])
@pytest.mark.parametrize("form", FORMS)
def test_a_path_that_nobody_reads_so_is_no_absence(form, scheme) -> None:
    """The next source might have an old pair."""
    for path in FORMS[form]:
        error = caught(load_credentials, [f"{scheme}:{path}", "env://OLD"])
        assert (ConfigurationError, True) == (type(error), form in error.message), path


def test_such_a_name_may_still_be_that_of_a_file(tmp_path) -> None:
    for name in ("*.env", "'.env'", "C:", "a\\b.env", "~"):
        (tmp_path / name).touch(0o600)
        (tmp_path / name).write_text(PAIR)
        assert load_credentials(f"dotenv:./{name}").api_key


def test_a_relative_path_that_lacks_its_slash_is_no_absence(tmp_path) -> None:
    """`file://tmp/x` is relative; a URL of two slashes has a host there."""
    path = tmp_path / "pair.env"
    path.touch(0o600)
    path.write_text(PAIR)
    error = refusal(
        load_credentials, [f"file:/{path}".replace("//", "/", 1).replace(":/", "://"), "env://OLD"]
    )
    assert (ConfigurationError, f"Write file:{path}.") == (type(error), error.hint)


TEXTS = {
    "a NUL character": [PAIR.encode("utf-16-le"), PAIR.encode("utf-16-be"), b"\0" * 99, PAIR.encode() + b"\0" * 9],
    "is UTF-16": [PAIR.encode("utf-16")],
    "is not UTF-8 text": ["# für\n".encode("latin-1") + PAIR.encode()],
    "binary, as DER is": [b"0\x82\x04\xbd\x02\x01\x00\xff"],
    "an encrypted file": [b"$ANSIBLE_VAULT;1.1;AES256\n623\n", b"-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\nabc=\n"],
    "a pointer of Git LFS": [b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n"],
    "XML or HTML": [b"<!DOCTYPE html><html>404</html>\n"],
    "is not NAME=value": [
        b"set -gx BINANCE_API_KEY abc\n", b"setenv BINANCE_API_KEY abc\n", b"set -x 'BINANCE_API_KEY' abc\n"
    ],
    "a line of a unit of systemd": [b'[Service]\nEnvironment="BINANCE_API_KEY=abc"\n'],
}  # fmt: skip


@pytest.mark.parametrize("what", TEXTS)
def test_a_file_that_holds_something_else_is_no_absence(tmp_path, what) -> None:
    """Nor a `.env` without our names: it is damaged, or of another kind."""
    path = tmp_path / ".env"
    path.touch(0o600)
    for text in TEXTS[what]:
        path.write_bytes(text)
        error = refusal(load_credentials, [f"dotenv:{path}", "env://OLD"], fresh=True)
        assert (MalformedSecretError, True) == (type(error), what in error.message), text


@pytest.mark.parametrize("content", ["utf-16", "latin-1"])
def test_the_file_of_a_folder_that_is_no_text_is_named(tmp_path, content) -> None:
    """By its path."""
    for name, text in {"api_key": token(), "api_secret": "ü" + token()}.items():
        (tmp_path / name).touch(0o600)
        (tmp_path / name).write_bytes(text.encode("utf-8" if name == "api_key" else content))
    error = refusal(load_credentials, f"file:{tmp_path}")
    assert ("not_utf8", True) == (error.reason, f"{tmp_path}/api_secret" in error.message)


def test_a_folder_names_the_documents_in_it(tmp_path) -> None:
    """And what is called almost as a field is."""
    for name in (".env", "binance.json", "api_key.txt", "private_key.pem"):
        (tmp_path / name).touch(0o600)
    error = refusal(load_credentials, f"file:{tmp_path}")
    assert "found api_key.txt and private_key.pem" in error.message
    assert error.hint.endswith(
        f"name the file: file:{tmp_path}/.env or file:{tmp_path}/binance.json."
    )
    assert "is a folder" in caught(load_credentials, f"dotenv:{tmp_path}").message


NO_PATHS = {
    "holds a value instead of the path": [token(), "-----BEGIN PRIVATE KEY-----"],
    "holds a source instead of the path": ["op://vault/item/field", "aws-sm://x"],
    "names is empty": ["empty", "blank"],
    "does not exist": ["nowhere"],
}


@pytest.mark.parametrize("words", NO_PATHS)
def test_what_the_variable_of_a_file_holds_instead_is_named(tmp_path, monkeypatch, words) -> None:
    """It is set, so that it is no absence either."""
    (tmp_path / "empty").touch(0o600)
    (tmp_path / "blank").touch(0o600)
    (tmp_path / "blank").write_text(" \n")
    monkeypatch.setenv("BINANCE_API_KEY", token())
    for value in NO_PATHS[words]:
        monkeypatch.setenv("BINANCE_API_SECRET_FILE", value)
        error = refusal(load_credentials, ["env://BINANCE", "env://OLD"], fresh=True)
        assert (MalformedSecretError, "api_secret") == (type(error), error.field)
        assert words in error.message
        assert token() not in error.message
