"""The runbooks: whole, plain, and with commands that exist."""

from __future__ import annotations

import json
import shlex

import pytest
from support import write_dotenv

from binance_creds.cli import ExitCode, main
from binance_creds.cli._commands import command_named
from binance_creds.cli._parsers import main_parser, parser_of
from binance_creds.errors import ConfigurationError
from binance_creds.runbook import runbook, runbook_names
from binance_creds.testing import FakeExchange

COMMANDS = [
    step.command
    for name in runbook_names()
    for part in runbook(name, profile="main").parts
    for step in part.steps
    if step.command
]


@pytest.fixture
def exchange():
    with FakeExchange() as running:
        yield running


@pytest.mark.parametrize("name", runbook_names())
def test_a_runbook_begins_with_what_is_most_urgent_and_leaves_no_gap(name) -> None:
    found = runbook(name, profile="main", fingerprint="1a2b3c4d")
    assert found.parts
    assert all(part.steps for part in found.parts)
    assert "{" not in str(found)


def test_a_leak_begins_with_the_deletion_of_the_key() -> None:
    first = runbook("leak", fingerprint="1a2b3c4d").parts[0].steps[0]
    assert first.do.startswith("Delete the key 1a2b3c4d at Binance")


@pytest.mark.parametrize("line", sorted(set(COMMANDS)))
def test_each_command_can_be_called_so(line) -> None:
    program, *words = shlex.split(line)
    assert program == "binance-creds"
    options = main_parser().parse_args(words)
    parser_of(options.command, command_named(options.command)).parse_args(options.rest)


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="leak, leaver, third-party, rotation"):
        runbook("../leak")


def test_all_are_listed(capsys) -> None:
    assert main(["runbook"]) == ExitCode.DONE
    assert capsys.readouterr().out.splitlines()[0] == "leak         A key has leaked"
    assert main(["runbook", "--json"]) == ExitCode.DONE
    rows = json.loads(capsys.readouterr().out)["runbooks"]
    assert [row["name"] for row in rows] == list(runbook_names())


def test_what_is_known_of_the_key_is_filled_in(exchange, tmp_path, capsys) -> None:
    key = exchange.issue(permissions={"enableWithdrawals": True}, ip_list=("127.0.0.1",))
    write_dotenv(tmp_path / ".env", key.fields())
    source = f"dotenv:{tmp_path}/.env"
    assert main(["runbook", "leak", source, "--base-url", exchange.url]) == ExitCode.DONE
    shown = capsys.readouterr().out
    assert "  may          " in shown
    assert "withdrawals" in shown
    assert "  IP list      set\n" in shown
    assert f"$ binance-creds rotate {source} --overlap 0s" in shown
    assert key.api_secret not in shown
    steps = [line for line in shown.splitlines() if line.startswith("     ")]
    assert max(len(line) for line in steps if "$" not in line) <= 80
    main(["runbook", "leak", source, "--base-url", exchange.url, "--json"])
    document = json.loads(capsys.readouterr().out)
    assert document["key"]["source"] == source
    assert document["runbook"]["parts"][0]["steps"][0]["do"].startswith(
        f"Delete the key {document['key']['key']} at"
    )


def test_a_key_without_an_ip_list_is_said_to_work_from_anywhere(exchange, tmp_path, capsys) -> None:
    write_dotenv(tmp_path / ".env", exchange.issue(permissions={}).fields())
    main(["runbook", "leak", f"dotenv:{tmp_path}/.env", "--base-url", exchange.url])
    assert "not set: it works from anywhere" in capsys.readouterr().out


def test_an_emergency_waits_for_nothing(tmp_path, capsys) -> None:
    """What cannot be found out is said, and the steps are there all the same."""
    assert main(["runbook", "leak", f"dotenv:{tmp_path}/absent"]) == ExitCode.DONE
    shown = capsys.readouterr().out
    assert "  unknown      there is no such file" in shown
    assert "Delete the key FINGERPRINT at Binance" in shown
    assert main(["runbook", "absent"]) == ExitCode.USAGE
