"""`binance-creds doctor`: prepared broken set-ups, each with the cause and the fix that it names."""

from __future__ import annotations

import json
import shutil

import pytest
from support import pair, token, write_dotenv

from binance_creds import Environment
from binance_creds.cli import ExitCode, main
from binance_creds.diagnosis import Severity, diagnose
from binance_creds.providers import memory
from binance_creds.testing import FakeExchange


@pytest.fixture
def exchange():
    with FakeExchange() as running:
        yield running


@pytest.fixture(autouse=True)
def _forgotten():
    yield
    memory.unregister("bot")


def dotenv(folder, fields, *, mode: int = 0o600) -> str:
    write_dotenv(folder / ".env", fields, mode=mode)
    return f"dotenv:{folder}/.env"


def test_a_set_up_that_works_has_no_problem(exchange, tmp_path, capsys) -> None:
    source = dotenv(tmp_path, exchange.issue().fields())
    assert main(["doctor", source, "--base-url", exchange.url]) == ExitCode.DONE
    shown = capsys.readouterr().out
    assert "it has api_key, api_secret, version" in shown
    assert "exchange: key and secret belong together." in shown
    assert "change detection: by files, poll" in shown


def found(exchange, source: str, **options) -> dict[Severity, str]:
    """Return what was found, with the fixes, by severity."""
    texts: dict[Severity, str] = {}
    for one in diagnose(source, base_url=exchange.url, **options):
        texts[one.severity] = f"{texts.get(one.severity, '')}{one.text} {one.fix or ''}\n"
    return texts


def test_a_file_that_everybody_can_read(exchange, tmp_path) -> None:
    source = dotenv(tmp_path, exchange.issue().fields(), mode=0o644)
    assert "chmod 600" in found(exchange, source)[Severity.WARNING]


def test_a_file_that_is_not_there(exchange, tmp_path) -> None:
    assert "no such file" in found(exchange, f"dotenv:{tmp_path}/absent")[Severity.PROBLEM]


def test_a_placeholder(exchange, tmp_path) -> None:
    source = dotenv(tmp_path, {"api_key": "your_api_key", "api_secret": token()})
    assert "placeholder" in found(exchange, source)[Severity.PROBLEM]


def test_one_half_of_a_pair(exchange, tmp_path) -> None:
    source = dotenv(tmp_path, {"api_key": token()})
    assert "secret" in found(exchange, source)[Severity.PROBLEM]


def test_the_secret_of_another_key(exchange) -> None:
    memory.register("bot", {**exchange.issue().fields(), "api_secret": token()})
    assert "secret" in found(exchange, "memory:bot")[Severity.PROBLEM]


def test_a_key_that_was_deleted(exchange) -> None:
    key = exchange.issue()
    exchange.keys.revoke(key.api_key)
    memory.register("bot", key.fields())
    assert "deleted" in found(exchange, "memory:bot")[Severity.PROBLEM]


def test_an_address_that_is_not_on_the_list(exchange) -> None:
    memory.register("bot", exchange.issue(ip_list=("192.0.2.1",)).fields())
    assert "IP list" in found(exchange, "memory:bot")[Severity.PROBLEM]


def test_a_key_of_another_environment(exchange) -> None:
    key = exchange.issue(environment=Environment.TESTNET)
    memory.register("bot", key.fields())
    assert "BINANCE_ENVIRONMENT=testnet" in found(exchange, "memory:bot")[Severity.PROBLEM]


def test_a_key_that_is_old(exchange) -> None:
    """The exchange knows better when it was made, where it is asked."""
    dates = {"created": "2020-01-01", "rotation_days": "90"}
    memory.register("bot", {**exchange.issue().fields(), **dates})
    assert "rotat" in found(exchange, "memory:bot", is_offline=True)[Severity.WARNING]
    assert Severity.WARNING not in found(exchange, "memory:bot")


def test_a_clock_that_is_off() -> None:
    with FakeExchange(clock_offset_ms=10_000) as exchange:
        memory.register("bot", exchange.issue().fields())
        assert (
            "10 s behind the exchange's. Set the clock"
            in found(exchange, "memory:bot")[Severity.WARNING]
        )


def test_an_exchange_that_is_down(exchange) -> None:
    memory.register("bot", exchange.issue().fields())
    exchange.fail(count=9)
    assert "may succeed later" in found(exchange, "memory:bot")[Severity.PROBLEM]


def test_a_store_that_does_not_listen(exchange) -> None:
    source = "vault://secret/bot?address=http://127.0.0.1:9&auth=none"
    problems = found(exchange, source, timeout_seconds=5)[Severity.PROBLEM]
    assert "nothing listens there" in problems


def test_a_login_that_is_not_there(exchange, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("VAULT_TOKEN", raising=False)
    source = "vault://secret/bot?address=http://127.0.0.1:9"
    problems = found(exchange, source)[Severity.PROBLEM]
    assert problems.count("vault login") == 1  # though three parts meet it


def test_a_region_that_is_not_named(exchange, monkeypatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    assert "region" in found(exchange, "aws-sm://bot")[Severity.PROBLEM]


def test_a_scheme_that_nobody_has(exchange) -> None:
    assert "unknown scheme" in found(exchange, "valut://x")[Severity.PROBLEM]


def test_a_chain_goes_on_from_what_is_absent(exchange, tmp_path) -> None:
    memory.register("bot", exchange.issue().fields())
    path = tmp_path / "named.toml"
    path.write_text('[profiles.main]\nsource = ["memory:absent", "memory:bot"]\n')
    severities = [
        one.severity for one in diagnose(config=str(path), profile="main", base_url=exchange.url)
    ]
    assert Severity.PROBLEM not in severities
    assert Severity.NOTE in severities


def test_json_and_the_exit_code_of_a_warning(exchange, tmp_path, capsys) -> None:
    source = dotenv(tmp_path, exchange.issue().fields(), mode=0o644)
    assert main(["doctor", source, "--json", "--base-url", exchange.url]) == ExitCode.FINDING
    (row,) = json.loads(capsys.readouterr().out)["diagnoses"]
    assert "warning" in {finding["severity"] for finding in row["findings"]}


def test_the_exit_code_of_a_problem(capsys) -> None:
    code = main(["doctor", "vault://secret/bot?address=http://127.0.0.1:9&auth=none", "--offline"])
    assert code == ExitCode.UNAVAILABLE
    assert "fix: " in capsys.readouterr().out


def test_offline_asks_nobody(exchange) -> None:
    memory.register("bot", pair())
    found(exchange, "memory:bot", is_offline=True)
    assert exchange.requests == []


@pytest.mark.parametrize(
    ("more", "push", "words"),
    [
        ({}, [], ["never at intervals", "only where it is asked to"]),
        (
            {"poll": "10m"},
            [],
            ["every 600 s: 144 requests a day", "by poll; polls come every 600 s."],
        ),
        ({}, ["signal:SIGHUP"], ["never at intervals", "by signal."]),
    ],
)
def test_a_program_is_polled_as_its_table_says(exchange, tmp_path, more, push, words) -> None:
    path = tmp_path / "pair.json"
    path.write_text(json.dumps(exchange.issue().fields()))
    config = {
        "commands": {"main": {"argv": ["cat", str(path)], **more}},
        "profiles": {"bot": {"source": "command:main", "refresh": {"push": push}}},
    }
    shown = "".join(f"{one.text}\n" for one in diagnose(config=config, base_url=exchange.url))
    assert f"the login is the program {shutil.which('cat')}." in shown
    for text in words:
        assert text in shown


def test_a_program_that_may_ask_for_a_password_is_run_once(exchange, tmp_path) -> None:
    path, runs = tmp_path / "pair.json", tmp_path / "runs"
    path.write_text(json.dumps(exchange.issue().fields()))
    argv = ["sh", "-c", f"echo >> '{runs}'; cat '{path}'"]
    config = {
        "commands": {"main": {"argv": argv}},
        "profiles": {"bot": {"source": "command:main"}},
    }
    found = diagnose(config=config, base_url=exchange.url)
    assert runs.read_text() == "\n"
    assert "key and secret belong together." in [one.text for one in found]
