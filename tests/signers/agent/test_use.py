"""What a program does with credentials whose key is in an SSH agent."""

from __future__ import annotations

import json

import pytest
from ssh_agents import Agent
from support import caught, token, write_dotenv

from binance_creds import KeyType, load_credentials
from binance_creds.cli import main
from binance_creds.errors import ConfigurationError, MalformedSecretError, SecretNotFoundError
from binance_creds.launch import variables_for


@pytest.fixture(scope="module")
def agent(tmp_path_factory):
    agent = Agent(tmp_path_factory.mktemp("agent"))
    agent.names = agent.add(), agent.add()
    yield agent
    agent.stop()


@pytest.fixture
def fields(agent, monkeypatch) -> dict[str, str]:
    monkeypatch.setenv("SSH_AUTH_SOCK", agent.socket)
    return {"api_key": token(), "signer": f"ssh-agent:{agent.names[0]}"}


def dotenv(tmp_path, fields) -> str:
    write_dotenv(tmp_path / ".env", fields)
    return f"dotenv:{tmp_path}/.env"


def test_each_kind_of_source_names_a_signer(fields, tmp_path, monkeypatch) -> None:
    """A variable, a line of a `.env`, a member of a document, and an entry of a profile."""
    for name, text in fields.items():
        monkeypatch.setenv(f"BINANCE_{name.upper()}", text)
    document = tmp_path / "pair.json"
    document.write_text(json.dumps(fields))
    document.chmod(0o600)
    alone = tmp_path / "key.json"
    alone.write_text(json.dumps({"api_key": fields["api_key"]}))
    alone.chmod(0o600)
    profile = {"source": f"file:{alone}", "signer": fields["signer"]}
    signed = {
        load_credentials(source).sign(b"timestamp=1")
        for source in ("env://BINANCE", dotenv(tmp_path, fields), f"file:{document}")
    }
    signed.add(load_credentials(config={"profiles": {"main": profile}}).sign(b"timestamp=1"))
    assert len(signed) == 1


@pytest.mark.parametrize("other", ["api_secret", "private_key"])
def test_a_signer_and_a_secret_are_one_too_many(fields, tmp_path, other) -> None:
    refusal = caught(load_credentials, dotenv(tmp_path, fields | {other: token()}))
    assert isinstance(refusal, MalformedSecretError)
    assert (refusal.reason, refusal.message) == (
        "two_secrets",
        f"both {other} and signer are given.",
    )


@pytest.mark.parametrize(
    "signer", ["", "my-agent", "ssh-agent:" + "Ab1" * 22, "https://api.binance.com"]
)
def test_what_is_no_signer_is_told_without_its_text(fields, tmp_path, signer) -> None:
    """It may be a key that was pasted into the wrong line."""
    refusal = caught(load_credentials, dotenv(tmp_path, fields | {"signer": signer}))
    assert isinstance(refusal, MalformedSecretError | ConfigurationError)
    assert not signer or signer not in str(refusal)


def test_a_key_that_is_absent_does_not_move_a_chain_on(fields, tmp_path, monkeypatch) -> None:
    """An old pair in the next source must not trade in its place."""
    monkeypatch.setenv("BINANCE_API_KEY", token())
    monkeypatch.setenv("BINANCE_API_SECRET", token())
    lost = fields | {"signer": "ssh-agent:SHA256:" + "a" * 43}
    refusal = caught(load_credentials, [dotenv(tmp_path, lost), "env://BINANCE"])
    assert isinstance(refusal, SecretNotFoundError)
    assert "does not list this key" in refusal.message


def test_a_signer_of_a_second_source_tells_what_was_tried_before(fields, tmp_path) -> None:
    lost = fields | {"signer": "ssh-agent:SHA256:" + "a" * 43}
    refusal = caught(load_credentials, ["env://NOTHING", dotenv(tmp_path, lost)])
    assert refusal.attempts[0].source == "env:NOTHING"
    assert len(refusal.attempts) == 2


def test_a_file_that_was_found_may_not_say_where_the_agent_listens(
    fields, agent, tmp_path, monkeypatch
) -> None:
    """It may have come with a repository; named, the same file is believed."""
    monkeypatch.chdir(tmp_path)
    signer = f"{fields['signer']}?socket={agent.socket}"
    source = dotenv(tmp_path, fields | {"signer": signer})
    refusal = caught(load_credentials)
    assert isinstance(refusal, ConfigurationError)
    assert "only found in the working directory" in refusal.message
    assert "SSH_AUTH_SOCK" in refusal.hint
    assert load_credentials(source).key_type is KeyType.ED25519
    write_dotenv(tmp_path / ".env", fields)
    assert load_credentials(fresh=True).key_type is KeyType.ED25519


def test_a_profile_that_was_found_may_not_either(fields, agent, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BINANCE_API_KEY", fields["api_key"])
    path = tmp_path / "binance-creds.toml"
    signer = f"{fields['signer']}?socket={agent.socket}"
    path.write_text(f'[profiles.main]\nsource = "env://BINANCE"\nsigner = "{signer}"\n')
    path.chmod(0o600)
    assert "SSH_AUTH_SOCK" in caught(load_credentials).hint
    assert load_credentials(config=path).signed_by


@pytest.mark.parametrize(
    ("entries", "what"),
    [
        ({"signer": "agent"}, "signer: this is not a signer"),
        ({"source": None, "api_key": "env://A", "api_secret": "env://A", "signer": "ssh-agent:x"},
         "there is a signer"),
    ],
)  # fmt: skip
def test_a_profile_that_contradicts_itself_is_refused(entries, what) -> None:
    profile = {"source": "env://BINANCE"} | entries
    profile = {name: value for name, value in profile.items() if value is not None}
    assert what in str(caught(load_credentials, config={"profiles": {"main": profile}}))


def test_the_parts_of_a_profile_may_be_an_api_key_and_a_signer(fields, tmp_path) -> None:
    alone = tmp_path / "key"
    alone.write_text(fields["api_key"])
    alone.chmod(0o600)
    profile = {"api_key": f"file:{alone}", "signer": fields["signer"]}
    assert load_credentials(config={"profiles": {"main": profile}}).signed_by == fields["signer"]


def test_nobody_here_can_show_or_hand_on_the_key(fields, tmp_path, capsys) -> None:
    creds = load_credentials(dotenv(tmp_path, fields))
    refusal = caught(variables_for, creds)
    assert "nobody here has it" in refusal.message
    assert fields["signer"] in refusal.message
    assert main(["show", dotenv(tmp_path, fields)]) == 0
    assert f"signed by    {fields['signer']}" in capsys.readouterr().out


def test_a_live_handle_takes_another_key_of_the_agent(fields, agent, tmp_path) -> None:
    """API key and signer rotate together; a poll of what is unchanged signs nothing."""
    source = dotenv(tmp_path, fields)
    with load_credentials(source, live=True) as live:
        first = live.current
        assert live.status().signed_by == fields["signer"]
        assert fields["signer"] in str(live.status())
        live.refresh()
        assert live.current is first
        new = {"api_key": token(), "signer": f"ssh-agent:{agent.names[1]}"}
        write_dotenv(tmp_path / ".env", new)
        live.refresh()
        assert live.current.signed_by == new["signer"]
        assert live.previous is first


def test_the_doctor_says_where_a_key_stays_or_why_it_cannot_sign(
    fields, tmp_path, monkeypatch, capsys
) -> None:
    source = dotenv(tmp_path, fields)
    assert main(["doctor", source, "--offline"]) == 0
    assert f"it stays at {fields['signer']}, and has signed there." in capsys.readouterr().out
    monkeypatch.setenv("SSH_AUTH_SOCK", f"{tmp_path}/nobody")
    assert main(["doctor", source, "--offline"]) != 0
    assert f"{fields['signer']}: no SSH agent answers" in capsys.readouterr().out


def test_keygen_says_why_a_key_of_an_agent_is_not_to_be_seen(fields, capsys) -> None:
    """A locked agent lists none: "there is no such key" would send its owner to make another."""
    main(["keygen", "--signer", "ssh-agent:SHA256:" + "a" * 43])
    said = capsys.readouterr().err
    assert "error[not_found]" in said
    assert "A locked agent lists none" in said
    assert "No key can be made there from here" in said
