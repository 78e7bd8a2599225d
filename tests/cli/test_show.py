"""`binance-creds show`, `policy` and the scripts of `completion`."""

from __future__ import annotations

import json

import pytest
from support import pair

from binance_creds.cli import ExitCode, main
from binance_creds.providers import memory


@pytest.fixture
def stored():
    """A pair in memory, under the name `bot`."""
    fields = pair(created="2026-01-02")
    memory.register("bot", fields)
    yield fields
    memory.unregister("bot")


@pytest.fixture
def configured(tmp_path, monkeypatch, stored):
    """A configuration with two profiles, of which one has no credentials."""
    path = tmp_path / "named.toml"
    path.write_text(
        '[profiles.main]\nsource = "memory:bot"\nrotation_days = 90\n'
        '[profiles.other]\nsource = "memory:absent"\n'
        '[policies.mine]\nbase = "spot-trading"\nrotation_days = 7\n'
    )
    monkeypatch.setenv("BINANCE_CREDS_CONFIG", str(path))
    return stored


def test_show_names_a_key_by_its_fingerprint_alone(stored, capsys) -> None:
    assert main(["show", "memory:bot"]) == ExitCode.DONE
    shown = capsys.readouterr().out
    assert "created      2026-01-02" in shown
    assert not any(value in shown for value in (stored["api_key"], stored["api_secret"]))


def test_a_profile_that_fails_hides_no_other(configured, capsys) -> None:
    assert main(["show", "--all"]) == ExitCode.FINDING
    shown = capsys.readouterr()
    assert "rotate by    2026-04-02" in shown.out
    assert "error[not_found]: other: " in shown.err


def test_an_error_names_its_source_once(monkeypatch, capsys) -> None:
    monkeypatch.setenv("BINANCE_API_KEY", "k1" * 32)
    monkeypatch.setenv("BINANCE_SIGNER", "transit/bot")
    main(["show", "env://BINANCE"])
    assert capsys.readouterr().err.count("env:BINANCE") == 1


def test_json_has_a_version_and_the_same_exit_code(configured, capsys) -> None:
    assert main(["show", "--all", "--json"]) == main(["--json", "show", "--all"])
    document, _ = json.JSONDecoder().raw_decode(capsys.readouterr().out)
    assert document["version"] == 1
    assert [each["name"] for each in document["credentials"]] == ["main"]
    assert [each["code"] for each in document["errors"]] == ["not_found"]


def test_find_tells_which_profile_has_a_key(configured, capsys) -> None:
    main(["show", "--find", configured["api_key"][:8]])
    assert capsys.readouterr().out.startswith("main\n")


def test_find_says_when_no_profile_has_a_key(stored, capsys) -> None:
    assert main(["show", "memory:bot", "--find", "zzzzzzzz"]) == ExitCode.FINDING
    assert capsys.readouterr().err == "No profile has this key.\n"


def test_a_fingerprint_finds_a_key(stored, capsys) -> None:
    main(["show", "memory:bot", "--json"])
    mark = json.loads(capsys.readouterr().out)["credentials"][0]["fingerprint"]
    assert main(["show", "memory:bot", "--find", mark.upper()]) == ExitCode.DONE


def test_without_a_configuration_there_is_no_profile(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    assert main(["show", "--all"]) == ExitCode.FINDING
    assert capsys.readouterr().err == "The configuration has no profile.\n"


def test_without_words_the_default_is_shown(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in pair().items():
        monkeypatch.setenv(f"BINANCE_{name.upper()}", value)
    assert main(["show"]) == ExitCode.DONE
    assert "env:BINANCE" in capsys.readouterr().out


def test_the_list_of_policies_has_own_ones_first(configured, capsys) -> None:
    assert main(["policy"]) == ExitCode.DONE
    names = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert names[:2] == ["mine", "read-only"]


def test_a_policy_is_explained(configured, capsys) -> None:
    assert main(["policy", "mine"]) == ExitCode.DONE
    assert "  rotate after   7 days" in capsys.readouterr().out


def test_policies_as_json(capsys, configured) -> None:
    assert main(["policy", "read-only", "--json"]) == ExitCode.DONE
    (policy,) = json.loads(capsys.readouterr().out)["policies"]
    assert policy["name"] == "read-only"


def test_an_unknown_policy_is_wrong_usage(capsys) -> None:
    assert main(["policy", "nope"]) == ExitCode.USAGE
    assert "The policies are read-only, " in capsys.readouterr().err


def test_a_wrong_own_policy_is_named(tmp_path, capsys) -> None:
    path = tmp_path / "named.toml"
    path.write_text('[policies.mine]\nbase = "nope"\n')
    assert main(["policy", "--config", str(path)]) == ExitCode.USAGE
    assert "policies.mine.base" in capsys.readouterr().err


def test_a_wrong_configuration_is_named(tmp_path, capsys) -> None:
    path = tmp_path / "named.toml"
    path.write_text("[profiles.main]\nsauce = 1\n")
    assert main(["show", "--all", "--config", str(path)]) == ExitCode.USAGE
    assert f"config:{path}" in capsys.readouterr().err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_for_a_shell_asks_for_words(shell, capsys) -> None:
    assert main(["completion", shell]) == ExitCode.DONE
    assert "binance-creds completion words" in capsys.readouterr().out
