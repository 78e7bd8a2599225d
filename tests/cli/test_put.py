"""`binance-creds put`, and `storing.put`: over a keychain, with a local exchange."""

from __future__ import annotations

import io
import json

import pytest
from support import new_key, pair, token

from binance_creds import (
    ConfigurationError,
    ConflictError,
    KeyType,
    MalformedSecretError,
    Secret,
    load_credentials,
)
from binance_creds.cli import ExitCode, main
from binance_creds.exchange import ExchangeCheck
from binance_creds.providers import memory
from binance_creds.storing import check_for, copy, pair_of_text, put, rollback
from binance_creds.testing import FakeExchange

keyring = pytest.importorskip("keyring")
from keyring.backend import KeyringBackend  # noqa: E402  # as above

SOURCE = "keyring://bot/main"


class _Keychain(KeyringBackend):
    priority = 9

    def __init__(self) -> None:
        super().__init__()
        self.items: dict[tuple[str, str], str] = {}

    def get_password(self, service, username):
        return self.items.get((service, username))

    def set_password(self, service, username, password) -> None:
        self.items[service, username] = password

    def delete_password(self, service, username) -> None:
        del self.items[service, username]


@pytest.fixture(autouse=True)
def keychain():
    before = keyring.get_keyring()
    keyring.set_keyring(_Keychain())
    yield keyring.get_keyring()
    keyring.set_keyring(before)


def secrets_of(fields) -> dict[str, Secret]:
    return {name: Secret(text) for name, text in fields.items()}


def give(monkeypatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))


def loaded():
    return load_credentials(SOURCE, fresh=True)


def test_a_pair_from_standard_input_is_stored(monkeypatch, capsys) -> None:
    fields = pair()
    give(monkeypatch, json.dumps(fields))
    assert main(["put", SOURCE, "--offline"]) == ExitCode.DONE
    shown = capsys.readouterr()
    assert loaded().api_secret.reveal() == fields["api_secret"]
    assert f"holds the key {loaded().fingerprint} now" in shown.out
    assert not any(value in shown.out + shown.err for value in fields.values())


def test_what_is_there_is_replaced_only_by_its_name(monkeypatch, capsys) -> None:
    old, new = pair(), pair()
    put(SOURCE, secrets_of(old))
    mark = loaded().fingerprint
    lines = "".join(f"BINANCE_{name.upper()}={value}\n" for name, value in new.items())
    give(monkeypatch, lines)
    assert main(["put", SOURCE, "--offline"]) == ExitCode.FINDING
    assert f"it holds the key {mark}" in capsys.readouterr().err
    assert loaded().api_key.reveal() == old["api_key"]
    give(monkeypatch, lines)
    assert main(["put", SOURCE, "--offline", "--replace", mark, "--json"]) == ExitCode.DONE
    assert json.loads(capsys.readouterr().out)["stored"]["replaced"] == mark
    assert loaded().api_key.reveal() == new["api_key"]


def test_an_incomplete_pair_is_replaced_by_name(keychain) -> None:
    """Its version would be no use to another process."""
    keychain.items["bot", "main"] = json.dumps({"api_secret": token()})
    with pytest.raises(ConflictError, match="an incomplete pair, .* name incomplete"):
        put(SOURCE, secrets_of(pair()))
    stored = put(SOURCE, secrets_of(pair()), replace="incomplete")
    assert stored.version is None
    assert loaded().fingerprint == stored.fingerprint


def test_a_pair_that_the_exchange_refuses_is_not_written(keychain) -> None:
    with FakeExchange() as exchange:
        good = exchange.issue().fields()
        check = ExchangeCheck(base_url=exchange.url)
        with pytest.raises(Exception, match="secret"):
            put(SOURCE, secrets_of({**good, "api_secret": token()}), verify=check)
        assert keychain.items == {}
        put(SOURCE, secrets_of(good), verify=check)
    assert loaded().api_key.reveal() == good["api_key"]


@pytest.mark.parametrize("text", ["", "{", token()], ids=["nothing", "half", "a value alone"])
def test_what_is_no_pair_is_not_written(text, monkeypatch, capsys, keychain) -> None:
    give(monkeypatch, text)
    assert main(["put", SOURCE, "--offline"]) == ExitCode.FINDING
    assert "error[malformed]: standard input: " in capsys.readouterr().err
    assert keychain.items == {}


def test_without_standard_input_nothing_waits(monkeypatch, capsys) -> None:
    monkeypatch.setattr("sys.stdin", None)
    assert main(["put", SOURCE, "--offline"]) == ExitCode.USAGE
    assert "no pair on standard input" in capsys.readouterr().err


def test_a_key_in_the_place_of_a_target_is_not_repeated(monkeypatch, capsys) -> None:
    key = token()
    for words in ([key], [SOURCE, key], [f"x:{key}"]):
        give(monkeypatch, json.dumps(pair()))
        assert main(["put", *words, "--offline"]) == ExitCode.USAGE
    shown = capsys.readouterr()
    assert key not in shown.out + shown.err


@pytest.mark.parametrize(
    ("target", "words"), [("env:X", "cannot be written"), ("several", "several sources")]
)
def test_what_cannot_be_written_is_said(target, words) -> None:
    config = {"profiles": {"several": {"source": ["memory:a", SOURCE]}}}
    with pytest.raises(ConfigurationError, match=words):
        put(target, secrets_of(pair()), config=config)


def test_a_profile_can_be_a_target() -> None:
    config = {"profiles": {"main": {"source": SOURCE}}}
    assert put("main", secrets_of(pair()), config=config).replaced is None


def test_an_error_of_a_text_names_its_origin() -> None:
    with pytest.raises(MalformedSecretError) as caught:
        pair_of_text(Secret(token()), origin="a form")
    assert caught.value.source == "a form"


@pytest.fixture
def registered():
    fields = pair()
    memory.register("other", fields)
    yield fields
    memory.unregister("other")


def test_a_pair_is_copied_and_its_source_keeps_it(registered, capsys) -> None:
    assert main(["copy", "memory:other", SOURCE, "--offline"]) == ExitCode.DONE
    assert loaded().api_key.reveal() == registered["api_key"]
    assert load_credentials("memory:other").fingerprint == loaded().fingerprint
    shown = capsys.readouterr()
    assert not any(value in shown.out + shown.err for value in registered.values())


def test_the_environment_of_a_profile_is_copied_too(registered) -> None:
    config = {"profiles": {"test": {"source": "memory:other", "environment": "testnet"}}}
    copy("test", SOURCE, config=config, verify=False)
    assert loaded().environment.value == "testnet"


def test_a_copy_replaces_only_what_is_named(registered) -> None:
    put(SOURCE, secrets_of(pair()))
    with pytest.raises(ConflictError, match="nothing was written"):
        copy("memory:other", SOURCE)
    copy("memory:other", SOURCE, replace=loaded().fingerprint)
    assert loaded().api_key.reveal() == registered["api_key"]


def test_a_chain_is_not_copied() -> None:
    config = {"profiles": {"several": {"source": ["memory:a", SOURCE]}}}
    with pytest.raises(ConfigurationError, match="several sources"):
        copy("several", SOURCE, config=config)


def test_a_key_in_the_place_of_a_source_is_not_repeated(capsys) -> None:
    key = token()
    for words in (["copy", key, SOURCE], ["copy", f"x:{key}", SOURCE], ["rollback", key]):
        assert main([*words, "--offline"]) == ExitCode.USAGE
    shown = capsys.readouterr()
    assert key not in shown.out + shown.err


def test_a_store_without_versions_has_nothing_to_roll_back_to() -> None:
    put(SOURCE, secrets_of(pair()))
    with pytest.raises(ConfigurationError, match="keep no version before"):
        rollback(SOURCE)


@pytest.mark.parametrize("name", [".env", "pair.json"])
def test_a_pair_is_written_into_a_file(name, tmp_path, registered) -> None:
    target = f"file:{tmp_path / name}"
    copy("memory:other", target)
    assert load_credentials(target).api_key.reveal() == registered["api_key"]
    assert (tmp_path / name).stat().st_mode & 0o777 == 0o600


def test_a_pair_is_read_from_a_file(tmp_path, capsys) -> None:
    fields, path = pair(), tmp_path / "pair.toml"
    path.touch(0o600)
    path.write_text("".join(f'{name} = "{value}"\n' for name, value in fields.items()))
    words = ["put", SOURCE, "--from", str(path), "--environment", "testnet", "--offline"]
    assert main(words) == ExitCode.DONE
    assert loaded().api_secret.reveal() == fields["api_secret"]
    assert loaded().environment.value == "testnet"
    assert fields["api_secret"] not in capsys.readouterr().out


def test_the_api_key_of_a_private_key_comes_from_standard_input(tmp_path, monkeypatch) -> None:
    key, path = new_key(KeyType.ED25519), tmp_path / "key.pem"
    path.touch(0o600)
    path.write_text(key.private_key_pem)
    give(monkeypatch, f"{key.api_key}\n")
    assert main(["put", SOURCE, "--from", str(path), "--offline"]) == ExitCode.DONE
    assert loaded().key_type is KeyType.ED25519
    assert loaded().api_key.reveal() == key.api_key


def test_a_file_with_one_value_is_no_pair(tmp_path, capsys) -> None:
    path = tmp_path / "secret"
    path.touch(0o600)
    path.write_text(token())
    assert main(["put", SOURCE, "--from", str(path), "--offline"]) == ExitCode.FINDING
    assert f"file:{path}: this holds one value without a name" in capsys.readouterr().err


def test_an_environment_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="must be one of live"):
        put(SOURCE, secrets_of(pair()), environment="real")


def test_a_pair_of_a_test_network_is_proven_there(monkeypatch, keychain, capsys) -> None:
    """The environment is that of the pair; the policy is compared with what its key may do."""
    with FakeExchange() as exchange:
        give(monkeypatch, json.dumps(exchange.issue().fields()))
        words = ["put", SOURCE, "--base-url", exchange.url]
        assert main([*words, "--policy", "read-only"]) == ExitCode.FINDING
        assert "error[rejected]" in capsys.readouterr().err
        assert keychain.items == {}
        give(monkeypatch, json.dumps(exchange.issue().fields()))
        assert main([*words, "--environment", "testnet"]) == ExitCode.DONE
    assert loaded().environment.value == "testnet"


def test_a_key_in_the_place_of_a_target_of_a_check_is_not_repeated() -> None:
    key = token()
    with pytest.raises(ConfigurationError) as caught:
        check_for(key)
    assert key not in str(caught.value)
