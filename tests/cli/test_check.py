"""`binance-creds check`, and the report behind it, against a local exchange."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from support import pair, token

from binance_creds import ConfigurationError
from binance_creds.cli import ExitCode, main
from binance_creds.diagnosis import Verdict, check
from binance_creds.exchange import policy_named
from binance_creds.providers import memory
from binance_creds.testing import FakeExchange

POLICY = {"ip_list": ("127.0.0.1",)}


@pytest.fixture
def exchange():
    with FakeExchange() as running:
        yield running


def store(fields) -> None:
    memory.register("bot", fields)


@pytest.fixture(autouse=True)
def _forgotten():
    yield
    memory.unregister("bot")


def run(exchange, *arguments: str) -> int:
    return main(["check", "memory:bot", "--base-url", exchange.url, *arguments])


def test_a_good_key_is_proven(exchange, capsys) -> None:
    store(exchange.issue(**POLICY).fields())
    assert run(exchange, "--policy", "spot-trading") == ExitCode.DONE
    shown = capsys.readouterr().out
    assert shown.startswith("memory:bot: proven\n")
    assert "  may          reading, spot-and-margin-trading\n" in shown
    assert "  IP list      set\n" in shown


def test_a_key_that_can_do_more_is_refused_with_the_sentence(exchange, capsys) -> None:
    key = exchange.issue(permissions={"enableWithdrawals": True}, **POLICY)
    store(key.fields())
    assert run(exchange, "--policy", "spot-trading") == ExitCode.FINDING
    shown = capsys.readouterr()
    assert shown.out.startswith("memory:bot: refused\n")
    assert "forbids withdrawals" in shown.err
    assert key.api_secret not in shown.out + shown.err


def test_a_policy_is_checked_against_a_key(exchange, capsys) -> None:
    store(exchange.issue(**POLICY).fields())
    asked = ["policy", "read-only", "memory:bot", "--base-url", exchange.url]
    assert main(asked) == ExitCode.FINDING
    assert "forbids spot-and-margin-trading" in capsys.readouterr().err
    asked[1] = "spot-trading"
    assert main(asked) == ExitCode.DONE
    assert capsys.readouterr().out.startswith("memory:bot: proven\n")
    assert main(["policy", "absent", "memory:bot"]) == ExitCode.USAGE


def test_a_foreign_secret_is_refused(exchange, capsys) -> None:
    store({**exchange.issue().fields(), "api_secret": token()})
    assert run(exchange) == ExitCode.FINDING
    assert "error[rejected]: memory:bot: " in capsys.readouterr().err


def test_an_exchange_that_does_not_answer_leaves_it_undecided(exchange, capsys) -> None:
    store(exchange.issue().fields())
    exchange.fail(count=9)
    assert run(exchange) == ExitCode.UNAVAILABLE
    assert capsys.readouterr().out.startswith("memory:bot: undecided\n")


def test_offline_asks_nobody(exchange, capsys) -> None:
    store(exchange.issue().fields())
    assert run(exchange, "--offline") == ExitCode.DONE
    assert capsys.readouterr().out.startswith("memory:bot: not asked\n")
    assert exchange.requests == []


def test_an_old_key_has_an_exit_code_of_its_own(exchange, capsys) -> None:
    old = datetime.now(UTC) - timedelta(days=80)
    store({**exchange.issue(created_at=old).fields(), "rotation_days": "90"})
    assert run(exchange) == ExitCode.DUE
    assert "  warning      80 % of the key's time are over" in capsys.readouterr().out


def test_what_has_no_credentials_lists_where_it_looked(capsys) -> None:
    assert main(["check", "memory:absent"]) == ExitCode.FINDING
    shown = capsys.readouterr()
    assert shown.out == "memory:absent: not loaded\n  looked in    memory:absent\n"


def test_json_says_the_same(exchange, capsys) -> None:
    store(exchange.issue(**POLICY).fields())
    assert run(exchange, "--json") == ExitCode.DONE
    (row,) = json.loads(capsys.readouterr().out)["checks"]
    assert row["verdict"] == "proven"
    assert row["permissions"] == ["reading", "spot-and-margin-trading"]
    assert row["is_ip_restricted"] is True
    assert row["error"] is None


def test_json_of_what_failed(capsys) -> None:
    assert main(["check", "memory:absent", "--json"]) == ExitCode.FINDING
    (row,) = json.loads(capsys.readouterr().out)["checks"]
    assert row["verdict"] == "not loaded"
    assert row["error"]["code"] == "not_found"
    assert row["looked"] == ["memory:absent"]


def test_a_report_is_for_programs_too(exchange) -> None:
    store(exchange.issue().fields())
    report = check("memory:bot", base_url=exchange.url)
    assert report.verdict is Verdict.PROVEN
    assert report.credentials.created_at is not None


def test_a_test_network_does_not_say_what_a_key_may(capsys) -> None:
    from binance_creds import Environment

    with FakeExchange(Environment.TESTNET) as testnet:
        store({**testnet.issue().fields(), "environment": "testnet"})
        assert run(testnet) == ExitCode.DONE
    assert "  may          unknown" in capsys.readouterr().out


def test_wrong_arguments_are_raised() -> None:
    with pytest.raises(ConfigurationError):
        check("memory:bot", profile="main")


def test_a_scheme_that_nobody_has_is_in_the_report() -> None:
    report = check("nope://x", is_offline=True)
    assert isinstance(report.error, ConfigurationError)


def test_the_profile_names_the_policy(exchange, tmp_path, capsys) -> None:
    store(exchange.issue().fields())
    path = tmp_path / "named.toml"
    path.write_text(
        '[profiles.main]\nsource = "memory:bot"\nverify = true\npolicy = "spot-trading"\n'
    )
    code = main(["check", "main", "--config", str(path), "--base-url", exchange.url])
    assert code == ExitCode.FINDING
    assert "requires an IP restriction" in capsys.readouterr().err


def test_a_policy_of_the_configuration_is_found_by_its_name(exchange, tmp_path, capsys) -> None:
    store(exchange.issue(**POLICY).fields())
    path = tmp_path / "named.toml"
    path.write_text('[policies.mine]\nrequired = ["futures"]\n')
    assert run(exchange, "--policy", "mine", "--config", str(path)) == ExitCode.FINDING
    assert "policy 'mine' requires futures" in capsys.readouterr().err


def test_a_policy_may_be_given_as_such(exchange) -> None:
    store(exchange.issue().fields())
    report = check("memory:bot", base_url=exchange.url, policy=policy_named("spot-trading"))
    assert report.verdict is Verdict.REFUSED


def test_notes_of_a_policy_are_shown(exchange, tmp_path, capsys) -> None:
    store(exchange.issue().fields())
    path = tmp_path / "own.toml"
    path.write_text('required = ["reading"]\nip_restriction = "recommended"\n')
    assert run(exchange, "--policy", str(path)) == ExitCode.DONE
    assert "  note         policy 'own' recommends an IP restriction" in capsys.readouterr().out


def test_a_key_without_rights_may_nothing(exchange, capsys) -> None:
    rights = {"enableReading": True, "enableSpotAndMarginTrading": False}
    store(exchange.issue(permissions=rights).fields())
    assert run(exchange) == ExitCode.DONE
    assert "  may          reading\n" in capsys.readouterr().out


def test_each_subject_is_checked(exchange, capsys) -> None:
    store(exchange.issue().fields())
    main(["check", "memory:bot", "memory:absent", "--offline"])
    shown = capsys.readouterr().out
    assert "memory:bot: not asked" in shown
    assert "memory:absent: not loaded" in shown


def test_pairs_that_cannot_sign_are_not_loaded(capsys) -> None:
    store({"api_key": pair()["api_key"]})
    assert main(["check", "memory:bot", "--offline"]) == ExitCode.FINDING
    assert "error[malformed]" in capsys.readouterr().err
