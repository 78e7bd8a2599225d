"""What is known of a target before anything is written, and how something is removed."""

from __future__ import annotations

import errno
import importlib.metadata
import json
import os

import pytest
from support import caught, pair, token

from binance_creds import ConfigurationError, ConflictError, Secret, load_credentials
from binance_creds.errors import (
    AccessDeniedError,
    CredentialsError,
    MalformedSecretError,
    ProviderUnavailableError,
    SecretNotFoundError,
)
from binance_creds.providers import Deadline, SourceURI, memory, provider_for
from binance_creds.rotation import Rotation, keygen
from binance_creds.signers._fingerprint import fingerprint_of
from binance_creds.storing import check_target, copy, erase, put, rollback


def secrets_of(fields) -> dict[str, Secret]:
    return {name: Secret(text) for name, text in fields.items()}


def lines_of(fields) -> str:
    return "".join(f"BINANCE_{name.upper()}={text}\n" for name, text in fields.items())


@pytest.fixture
def write(tmp_path):
    def write(text: str, name: str = ".env"):
        path = tmp_path / name
        path.touch(0o600)
        path.write_text(text)
        return path

    return write


def test_nothing_is_there(tmp_path) -> None:
    assert check_target(f"dotenv:{tmp_path}/.env") is None
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_told_to_who_names_it(write) -> None:
    target = f"dotenv:{write(lines_of(pair()))}"
    key = load_credentials(target).fingerprint
    with pytest.raises(ConflictError, match=f"holds the key {key}, .* name {key}"):
        check_target(target)
    held = check_target(target, replace=key)
    assert (held.target, held.fingerprint) == (target, key)


def test_who_replaces_nothing_is_told(tmp_path) -> None:
    with pytest.raises(ConflictError, match="nothing that could be replaced"):
        check_target(f"dotenv:{tmp_path}/.env", replace="0a1b2c3d")


@pytest.mark.parametrize("text", ["", "{}"])
def test_a_file_without_a_pair_holds_nothing(write, text) -> None:
    target = f"file:{write(text, 'pair.json')}"
    assert check_target(target) is None
    assert put(target, secrets_of(pair())).replaced is None


def test_damaged_text_is_not_written_over(write) -> None:
    target = f"file:{write('{', 'pair.json')}"
    with pytest.raises(MalformedSecretError):
        check_target(target, replace="incomplete")


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("pair.toml", 'api_key = "{k}"\napi_secret = "{s}"\na.b = 1\n', "dotted names"),
        ("value", "{k}", "one value and a pair"),
        (".env", "BINANCE_API_KEY={k}\nBINANCE_API_SECRET_FILE=secret\n", "change apart"),
    ],
)
def test_a_text_that_cannot_take_a_pair_is_told(write, tmp_path, name, text, says) -> None:
    """Before anybody types one."""
    (tmp_path / "secret").touch(0o600)
    (tmp_path / "secret").write_text(token())
    path = write(text.replace("{k}", token()).replace("{s}", token()), name)
    found = provider_for(SourceURI("file", str(path))).fetch(Deadline())
    key = found.fields.get("api_key")
    replace = fingerprint_of(key) if key else "incomplete"
    with pytest.raises(ConfigurationError, match=says):
        check_target(f"file:{path}", replace=replace)
    assert sorted(it.name for it in tmp_path.iterdir()) == sorted({name, "secret"})


def test_a_disk_without_a_block_is_told(tmp_path, monkeypatch) -> None:
    """An empty file can still be made there."""

    def write(descriptor, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", write)
    with pytest.raises(ProviderUnavailableError, match="no space left"):
        check_target(f"dotenv:{tmp_path}/.env")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_told(tmp_path, monkeypatch) -> None:
    with pytest.raises(ConfigurationError, match="no such folder"):
        check_target(f"dotenv:{tmp_path}/none/.env")
    real = os.open

    def refuse(path, flags, *rest, **more):
        if flags & os.O_CREAT:
            raise OSError(errno.EROFS, "Read-only file system")
        return real(path, flags, *rest, **more)

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(AccessDeniedError, match="EROFS"):
        check_target(f"dotenv:{tmp_path}/.env")


def test_a_pipe_is_told(tmp_path) -> None:
    with pytest.raises(ConfigurationError, match="a pipe"):
        check_target(f"file:{tmp_path}/pipe?pipe=true")


def test_a_key_in_the_place_of_a_target_is_not_repeated() -> None:
    key = token()
    for act in (check_target, lambda it: erase(it, replace="x"), lambda it: put(it, {})):
        with pytest.raises(ConfigurationError) as caught:
            act(key)
        assert key not in str(caught.value)


def test_lines_of_others_stay_where_a_pair_is_erased(write) -> None:
    path = write("A=1\n" + lines_of(pair()) + "# last\n")
    target = f"dotenv:{path}"
    key = load_credentials(target).fingerprint
    with pytest.raises(ConflictError):
        erase(target, replace="0a1b2c3d")
    assert erase(target, replace=key).fingerprint == key
    assert path.read_text() == "A=1\n# last\n"
    assert erase(target, replace=key) is None


@pytest.mark.parametrize(
    ("name", "text"),
    [("pair.json", json.dumps(pair())), (".env", lines_of(pair())), ("key", token())],
    ids=["document", "lines", "value"],
)
def test_a_file_with_nothing_else_goes(write, name, text) -> None:
    path = write(text, name)
    target = f"file:{path}"
    erase(target, replace="incomplete" if name == "key" else load_credentials(target).fingerprint)
    assert not path.exists()


def test_the_members_of_others_stay(write) -> None:
    path = write(json.dumps({**pair(), "name": "bot"}), "pair.json")
    erase(f"file:{path}", replace=load_credentials(f"file:{path}").fingerprint)
    assert json.loads(path.read_text()) == {"name": "bot"}


def test_a_member_is_not_erased_alone(write) -> None:
    target = f"file:{write(json.dumps({'live': pair()}), 'pair.json')}#live"
    with pytest.raises(ConfigurationError, match="not removed alone"):
        erase(target, replace=load_credentials(target).fingerprint)


class _Plain:
    """A store of a third party that can do no more than a store must."""

    def __init__(self, uri) -> None:
        self.uri = uri

    def fetch(self, deadline, *, known_version=None):
        raise SecretNotFoundError("none", source="plain:x")

    def store(self, fields, deadline, *, expected_version=None) -> None:
        """Keep nothing."""

    def close(self) -> None:
        """Nothing is open."""


def test_a_store_that_can_no_more_is_written_and_not_erased(monkeypatch) -> None:
    of_scheme = importlib.metadata.EntryPoint(
        "plain", f"{__name__}:_Plain", "binance_creds.providers"
    )
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda **_: [of_scheme])
    assert check_target("plain:x") is None
    assert put("plain:x", secrets_of(pair())).version is None
    with pytest.raises(ConfigurationError, match="nothing can be removed"):
        erase("plain:x", replace="x")


def test_what_nobody_can_write_nobody_can_erase() -> None:
    memory.register("kept", pair())
    try:
        with pytest.raises(ConfigurationError, match="cannot be written"):
            erase("memory:kept", replace="x")
    finally:
        memory.unregister("kept")


OF_AN_OWNER = {
    "aws-sm": "aws-sm:arn:aws:secretsmanager:eu-west-1:123456789012:secret:bot-AbCdEf",
    "gcp-sm": "gcp-sm://their-project/bot",
    "gcp-sm, whole": "gcp-sm:projects/their-project/secrets/bot",
    "gcp-sm, regional": "gcp-sm:projects/their-project/locations/europe-west3/secrets/bot",
}


@pytest.fixture
def found(tmp_path, monkeypatch):
    """Write a configuration that nobody names, with the profile `main`; return its path."""

    def write(source: str):
        monkeypatch.chdir(tmp_path)
        path = tmp_path / "binance-creds.toml"
        path.touch(0o600)
        path.write_text(f'[profiles.main]\nsource = "{source}"\n')
        return path

    return write


WRITES = {
    "check_target": check_target,
    "put": lambda target: put(target, secrets_of(pair())),
    "copy": lambda target: copy("memory:pair", target),
    "erase": lambda target: erase(target, replace="0a1b2c3d"),
    "rollback": rollback,
    "keygen": keygen,
    "rotate": lambda target: Rotation(target).status(),
}
REFUSAL = "decides whose store a secret is written to"


@pytest.fixture
def without_logins(monkeypatch):
    """No login of a cloud, and no search for one on a network."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "GOOGLE_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("NO_GCE_CHECK", "true")


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
@pytest.mark.parametrize("source", OF_AN_OWNER.values(), ids=OF_AN_OWNER.keys())
def test_a_found_profile_does_not_say_whose_store_is_written(
    found, without_logins, source, write
) -> None:
    """The owner of an account can let everybody write into a secret of his."""
    memory.register("pair", pair())
    found(source)
    error = caught(write, "main")
    memory.unregister("pair")
    assert isinstance(error, ConfigurationError)
    assert REFUSAL in str(error)


@pytest.mark.parametrize("source", OF_AN_OWNER.values(), ids=OF_AN_OWNER.keys())
def test_whoever_names_the_target_may_write_there(found, without_logins, source) -> None:
    for target, config in (("main", found(source)), (source, None)):
        error = caught(check_target, target, config=config, timeout_seconds=0.1)
        assert isinstance(error, CredentialsError)
        assert REFUSAL not in str(error)


@pytest.mark.parametrize(
    "source",
    ["gcp-sm://mine/bot", "gcp-sm:projects/mine/secrets/bot", "aws-sm://bot?region=eu-west-1"],
)
def test_a_found_profile_may_be_of_the_users_own_store(
    found, without_logins, monkeypatch, source
) -> None:
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "mine")
    found(source)
    error = caught(check_target, "main", timeout_seconds=0.1)
    assert isinstance(error, CredentialsError)
    assert REFUSAL not in str(error)
