"""Mounted directories and single files."""

from __future__ import annotations

import json
import os
import threading

import pytest
from language import refusal
from support import caught, new_key, token
from waiting import PATIENCE

from binance_creds import KeyType, SourceURI, load_credentials
from binance_creds._raw import VALUE
from binance_creds.errors import (
    ConfigurationError,
    MalformedSecretError,
    ProviderUnavailableError,
    SecretNotFoundError,
)
from binance_creds.providers import Deadline, RawSecret
from binance_creds.providers.local.file import FileProvider
from binance_creds.testing import ProviderContract, assert_no_leak

KEY, SECRET = token(), token()


def write(path, text: str) -> None:
    path.touch(0o600)
    path.write_text(text)


def fetch(source: str, **options) -> dict[str, str]:
    raw = FileProvider(SourceURI.parse(source), **options).fetch(Deadline(PATIENCE))
    assert isinstance(raw, RawSecret)
    return {name: secret.reveal().strip() for name, secret in raw.fields.items()}


class TestDirectory(ProviderContract):
    """Obeys every law."""

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path) -> None:
        self.folder = tmp_path / "mounted"
        self.folder.mkdir(0o700)
        (tmp_path / "ambiguous").mkdir(0o700)

    def open(self, uri):
        return FileProvider(uri)

    def write(self, fields):
        for name, text in fields.items():
            write(self.folder / name, text)
        return f"file:{self.folder}"

    def missing(self):
        return f"file:{self.folder}-absent"

    def malformed(self):
        write(self.folder.parent / "ambiguous" / "api_key", KEY)
        write(self.folder.parent / "ambiguous" / "BINANCE_API_KEY", SECRET)
        return f"file:{self.folder.parent / 'ambiguous'}"


class TestJson(TestDirectory):
    """Obeys every law."""

    def write(self, fields):
        write(self.folder / "pair.json", json.dumps(fields))
        return f"file:{self.folder / 'pair.json'}"

    def malformed(self):
        write(self.folder / "bad.json", '{"api_key": ')
        return f"file:{self.folder / 'bad.json'}"


@pytest.mark.parametrize(
    "names",
    [
        ("api_key", "api_secret"),
        ("api-key", "api-secret"),
        ("apiKey", "secretKey"),
        ("BINANCE_API_KEY", "binance_api_secret"),
    ],
)
def test_the_names_of_docker_and_kubernetes_are_understood(tmp_path, names) -> None:
    """Bare, hyphenated, camel case, prefixed; other files are left alone."""
    for name, text in zip(names, (KEY, SECRET), strict=True):
        write(tmp_path / name, f"{text}\n")
    write(tmp_path / "README", "x")
    assert fetch(f"file:{tmp_path}") == {"api_key": KEY, "api_secret": SECRET}


def test_another_prefix_can_be_asked_for(tmp_path) -> None:
    """For several accounts in one directory; then no other name counts, and no bare one."""
    names = "alpha_api_key", "alpha_api_secret", "beta_api_key", "api_key", "BINANCE_API_KEY"
    for name, text in zip(names, (KEY, SECRET, "b", "c", "d"), strict=True):
        write(tmp_path / name, text)
    assert fetch(f"file:{tmp_path}?prefix=ALPHA") == {"api_key": KEY, "api_secret": SECRET}


def test_a_directory_without_our_files_has_nothing(tmp_path) -> None:
    """The hint says how to name them."""
    error = caught(fetch, f"file:{tmp_path}")
    assert isinstance(error, SecretNotFoundError)
    assert "api_key" in error.hint


def test_systemd_credentials_are_found_by_their_variable(tmp_path) -> None:
    """The one variable that is replaced in a location."""
    write(tmp_path / "api_key", KEY)
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert fetch("file:$CREDENTIALS_DIRECTORY", environ=environ) == {"api_key": KEY}
    assert fetch("file:$CREDENTIALS_DIRECTORY/api_key", environ=environ) == {VALUE: KEY}
    assert "LoadCredential" in str(caught(fetch, "file:$CREDENTIALS_DIRECTORY", environ={}))


@pytest.mark.parametrize(
    "text",
    [
        '{"apiKey": "%s", "secret": "%s", "username": "x"}',
        '\ufeff{"api_key": "%s",\r\n "api_secret": "%s"}',
        'api_key = "%s"\r\nsecret = "%s"\n',
        "BINANCE_API_KEY=%s\nBINANCE_API_SECRET=%s\n",
        "# note\nexport BINANCE_KEY=%s\nBINANCE_SECRET='%s'\n",
    ],
)
def test_one_file_may_be_json_toml_or_env_lines(tmp_path, text) -> None:
    """By its content, not by its name."""
    write(tmp_path / "pair", text % (KEY, SECRET))
    assert fetch(f"file:{tmp_path}/pair") == {"api_key": KEY, "api_secret": SECRET}


def test_dates_and_numbers_may_be_what_they_are(tmp_path) -> None:
    """In TOML and JSON."""
    write(tmp_path / "a", f'key = "{KEY}"\ncreated = 2026-01-01\nrotation_days = 90')
    assert fetch(f"file:{tmp_path}/a") == {
        "api_key": KEY,
        "created": "2026-01-01",
        "rotation_days": "90",
    }


def test_a_member_is_named_by_the_part_after_the_hash(tmp_path) -> None:
    """An object, a text, or a text that is JSON again."""
    document = {
        "bot": {"key": KEY},
        "plain": SECRET,
        "nested": json.dumps({"key": KEY}),
        "number": 5,
    }
    write(tmp_path / "all", json.dumps(document))
    assert fetch(f"file:{tmp_path}/all#bot") == {"api_key": KEY}
    assert fetch(f"file:{tmp_path}/all#plain") == {VALUE: SECRET}
    assert fetch(f"file:{tmp_path}/all#nested") == {"api_key": KEY}
    for member in ("number", "absent"):
        error = refusal(fetch, f"file:{tmp_path}/all#{member}")
        assert ("no_member", f"it has no member {member!r} of text.") == (
            error.reason,
            error.message,
        )
    write(tmp_path / "one", SECRET)
    error = refusal(fetch, f"file:{tmp_path}/one#bot")
    message = "it holds one value, so there is no member 'bot'."
    assert ("no_document", message) == (error.reason, error.message)


def test_a_byte_order_mark_before_a_table_does_not_count(tmp_path) -> None:
    """Editors of Windows write it."""
    write(tmp_path / "pair", f'\ufeff[bot]\r\nkey = "{KEY}"\r\n')
    assert fetch(f"file:{tmp_path}/pair#bot") == {"api_key": KEY}


@pytest.mark.parametrize(
    "text",
    [KEY, new_key(KeyType.ED25519).private_key_pem, "MC4CAQAwBQYDK2Vw=="],
    ids=["token", "pem", "base64"],
)
def test_one_value_stays_one_value(tmp_path, text) -> None:
    """Base64 padding is no assignment."""
    write(tmp_path / "value", text)
    assert fetch(f"file:{tmp_path}/value") == {VALUE: text.strip()}


BAD = {
    "half JSON": ('{"api_key": "%s"', "bad_json"),
    "deep JSON": ('{"a":' * 100_00 + "1", "bad_json"),
    "repeated member": ('{"api_key": "%s", "api_key": "x"}', "duplicate"),
    "number": ('{"api_key": 5, "api_secret": "%s"}', "wrong_type"),
    "boolean": ('{"api_key": "%s", "api_secret": true}', "wrong_type"),
    "list": ('{"api_key": ["%s"]}', "wrong_type"),
    "null": ('{"api_key": null, "x": "%s"}', "empty"),
    "boolean days": ('{"api_key": "%s", "rotation_days": true}', "wrong_type"),
    "inverted": ('{"%s": "secret"}', "no_fields"),
    "two spellings": ('{"api_key": "%s", "apiKey": "other"}', "ambiguous"),
    "env line": ("BINANCE_API_KEY=%s\nBINANCE_API_SECRET\n", "bad_line"),
    "NUL": ("%s\0", "nul"),
    "nothing": (" \n", "empty"),
}


@pytest.mark.parametrize(("text", "reason"), BAD.values(), ids=BAD.keys())
def test_a_broken_document_has_its_reason_and_leaks_nothing(tmp_path, text, reason) -> None:
    """Position or member; never content."""
    write(tmp_path / "bad", text.replace("%s", KEY))
    error = refusal(fetch, f"file:{tmp_path}/bad")
    assert isinstance(error, MalformedSecretError)
    assert error.reason == reason
    assert error.source == f"file:{tmp_path}/bad"
    assert_no_leak(KEY, error)


def test_a_location_is_needed() -> None:
    """`file:` alone says nothing."""
    assert isinstance(caught(FileProvider, SourceURI.parse("file:")), ConfigurationError)


def kubernetes(folder, generation: int, key: str, secret: str) -> None:
    """Do what kubelet does: a new directory, then one atomic move of the link."""
    data = folder / f"..{generation}"
    data.mkdir(0o700)
    write(data / "api_key", key)
    write(data / "api_secret", secret)
    link = folder / "..data_tmp"
    link.symlink_to(data.name)
    os.replace(link, folder / "..data")
    for name in ("api_key", "api_secret"):
        if not (folder / name).is_symlink():
            (folder / name).symlink_to(f"..data/{name}")


def test_a_kubernetes_swap_never_mixes_generations(tmp_path) -> None:
    """Hundreds of swaps under eight readers: key and secret always belong together."""
    kubernetes(tmp_path, 0, "k" * 63 + "0", "s" * 63 + "0")
    stop = threading.Event()
    mixed: list[tuple[str, str]] = []
    seen: set[str] = set()

    def read() -> None:
        while not stop.is_set():
            try:
                fields = fetch(f"file:{tmp_path}")
            except ProviderUnavailableError:  # swapped while it was read, each time
                continue
            seen.add(fields["api_key"])
            if fields["api_key"][63:] != fields["api_secret"][63:]:
                mixed.append((fields["api_key"], fields["api_secret"]))

    readers = [threading.Thread(target=read) for _ in range(8)]
    for reader in readers:
        reader.start()
    for generation in range(1, 300):
        while len(seen) < min(3, generation):
            stop.wait(0.001)
        kubernetes(tmp_path, generation, "k" * 63 + f"{generation}", "s" * 63 + f"{generation}")
        old = tmp_path / f"..{generation - 1}"
        for name in ("api_key", "api_secret"):
            (old / name).unlink()
        old.rmdir()
    stop.set()
    for reader in readers:
        reader.join()
    assert mixed == []
    assert len(seen) > 1


def test_a_rewrite_in_place_never_gives_a_short_value(tmp_path) -> None:
    """Truncated, half written, whole: only whole files of one generation come back."""
    path = tmp_path / "pair.json"
    texts = [json.dumps({"api_key": c * 64, "api_secret": c.upper() * 64}) for c in "abcdefgh"]
    write(path, texts[0])
    stop = threading.Event()
    wrong: list[object] = []

    def rewrite() -> None:
        pause = threading.Event()
        for number in range(25):
            text = texts[number % len(texts)]
            with open(path, "r+") as file:
                file.truncate(0)
                file.write(text[:70])
                file.flush()
                pause.wait(0.001)
                file.write(text[70:])
            pause.wait(0.12)
        stop.set()

    writer = threading.Thread(target=rewrite)
    writer.start()
    good = 0
    while not stop.is_set():
        try:
            fields = fetch(f"file:{path}")
        except MalformedSecretError as error:  # the writer paused for long: never a short value
            assert error.reason in {"bad_json", "empty"}
            continue
        good += 1
        if fields["api_key"].upper() != fields["api_secret"]:
            wrong.append(fields)
    writer.join()
    assert wrong == []
    assert good


def test_a_replaced_file_and_a_recreated_one_are_read_anew(tmp_path) -> None:
    """Another inode, the same size and the same times: the content decides."""
    path = tmp_path / "pair.json"
    for letter in "abc":
        new = tmp_path / "new"
        write(new, json.dumps({"api_key": letter * 64, "api_secret": letter.upper() * 64}))
        os.utime(new, (1_700_000_000, 1_700_000_000))
        os.replace(new, path)
        creds_version = FileProvider(SourceURI.parse(f"file:{path}")).fetch(Deadline(PATIENCE))
        assert creds_version.fields["api_key"].reveal() == letter * 64
    path.unlink()
    assert isinstance(caught(fetch, f"file:{path}"), SecretNotFoundError)


def test_an_encrypted_key_and_its_passphrase_come_from_one_directory(tmp_path) -> None:
    """As a Kubernetes secret holds them."""
    from cryptography.hazmat.primitives import serialization as s

    plain = new_key(KeyType.ED25519).private_key_pem
    encrypted = s.load_pem_private_key(plain.encode(), None).private_bytes(
        s.Encoding.PEM, s.PrivateFormat.PKCS8, s.BestAvailableEncryption(b"p w")
    )
    for name, text in (
        ("api_key", KEY),
        ("private_key", encrypted.decode()),
        ("passphrase", "p w\n"),
    ):
        write(tmp_path / name, text)
    assert load_credentials(f"file:{tmp_path}").private_key_pem.reveal() == plain
