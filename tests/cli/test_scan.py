"""`binance-creds scan`."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from scan_corpus import Values

from binance_creds.cli import ExitCode, main
from binance_creds.providers import memory
from binance_creds.testing import FakeExchange

KEY = Values(9).key()


@pytest.fixture
def tree(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path.parent / f"{tmp_path.name}-state"))
    (tmp_path / "bot.py").write_text(f"\nclient = Client('{KEY}')  # binance\n")
    return tmp_path


def test_a_finding_is_shown_without_its_value(tree, capsys) -> None:
    assert main(["scan"]) == ExitCode.FINDING
    shown = capsys.readouterr()
    assert shown.out == "high    bot.py:2:18  binance-key\n"
    assert "1 finding in 1 files" in shown.err
    assert "Client" not in shown.out + shown.err


def test_nothing_found_is_done(tree, capsys) -> None:
    (tree / "bot.py").write_text(f"x = '{KEY[:-1]}'")
    assert main(["scan", "bot.py"]) == ExitCode.DONE
    assert "0 findings in 1 files, 69 bytes; 0 left out." in capsys.readouterr().err


def test_json_has_what_was_found_read_and_left_out(tree, capsys) -> None:
    (tree / "x.zip").write_bytes(b"PK\x03\x04")
    assert main(["scan", "--json", "."]) == ExitCode.FINDING
    document = json.loads(capsys.readouterr().out)
    finding = document["findings"][0]
    assert (document["version"], document["files"]) == (1, 1)
    assert {"path", "line", "column", "rule", "confidence", "id"} <= finding.keys()
    assert [one["path"] for one in document["left_out"]] == ["x.zip"]


def test_standard_input_is_read(monkeypatch, capsys) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(KEY.encode())))
    assert main(["scan", "--stdin", "--no-input"]) == ExitCode.FINDING
    assert capsys.readouterr().out == "medium  (standard input):1:1  binance-key\n"


def test_staged_and_history_are_of_this_folder(tree, capsys) -> None:
    environ = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull}
    for command in (
        "init -q", "add bot.py", "-c user.name=x -c user.email=x commit -qm x"
    ):  # fmt: skip
        subprocess.run(["git", *command.split()], check=True, env=environ)
        if command.startswith("add"):
            assert main(["scan", "--staged"]) == ExitCode.FINDING
    assert main(["scan", "--history"]) == ExitCode.FINDING
    assert main(["scan", "--history", "HEAD"]) == ExitCode.FINDING
    assert "bot.py:2:18  binance-key  in commit " in capsys.readouterr().out


def test_own_keys_are_those_of_a_profile_or_of_before(tree, capsys) -> None:
    """They are remembered for scans that have no store."""
    secret = Values(10).key()
    memory.register("bot", {"api_key": KEY, "api_secret": secret})
    shown = "high    bot.py:2:18  own-api-key of memory:bot\n"
    assert main(["scan", "--own", "memory:bot", "--offline"]) == ExitCode.FINDING
    assert capsys.readouterr().out == shown
    assert main(["scan", "--remember", "memory:bot", "--offline"]) == ExitCode.FINDING
    memory.unregister("bot")
    assert main(["scan"]) == ExitCode.FINDING
    assert capsys.readouterr().out == shown * 2
    assert main(["scan", "--own", "memory:absent"]) == ExitCode.FINDING
    assert "error[not_found]" in capsys.readouterr().err


def test_a_baseline_leaves_out_what_is_known_wherever_it_moves(tree, capsys) -> None:
    assert main(["scan", "--write-baseline", "../known.json", "."]) == ExitCode.DONE
    written = (tree.parent / "known.json").read_text()
    assert KEY not in written
    assert '"line"' not in written
    (tree / "bot.py").write_text("\n\n" + (tree / "bot.py").read_text())
    assert main(["scan", "--baseline", "../known.json"]) == ExitCode.DONE
    (tree / "bot.py").write_text(f"api_key={Values(10).key()}")
    assert main(["scan", "--baseline", "../known.json"]) == ExitCode.FINDING


@pytest.mark.parametrize("text", [None, "x", "[]", '{"version": 2}', "[" * 100_000])
def test_what_is_no_baseline_is_an_error(tree, capsys, text) -> None:
    if text is not None:
        (tree / "known.json").write_text(text)
    expected = ExitCode.FINDING if text is None else ExitCode.USAGE
    assert main(["scan", "--baseline", "known.json"]) == expected
    assert "known.json" in capsys.readouterr().err


def test_sarif_has_places_and_ids(tree, capsys) -> None:
    assert main(["scan", "--sarif"]) == ExitCode.FINDING
    document = json.loads(capsys.readouterr().out)
    result = document["runs"][0]["results"][0]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "bot.py"
    assert place["region"] == {"startLine": 2, "startColumn": 18}
    assert (document["version"], result["level"]) == ("2.1.0", "error")
    rules = {rule["id"] for rule in document["runs"][0]["tool"]["driver"]["rules"]}
    assert result["ruleId"] in rules
    memory.register("bot", {"api_key": KEY, "api_secret": Values(10).key()})
    main(["scan", "--sarif", "--own", "memory:bot", "--offline"])
    memory.unregister("bot")
    assert "(memory:bot)" in capsys.readouterr().out


def test_how_bad_it_is_is_said_of_a_profile(tree, capsys) -> None:
    """Which half is out, what the exchange says that the key may do, and what to do first."""
    with FakeExchange() as exchange:
        key = exchange.issue()
        memory.register("bot", {"api_key": key.api_key, "api_secret": key.api_secret})
        (tree / "bot.py").write_text(f"x = '{key.api_key}'\ny = '{key.api_secret}'")
        arguments = ["scan", "--own", "memory:bot", "--base-url", exchange.url]
        assert main(arguments) == ExitCode.FINDING
        shown = capsys.readouterr().err
        assert "memory:bot: api-key, api-secret found" in shown
        assert "  IP list    not set: it works from anywhere\n" in shown
        assert "  First: Delete the key " in shown
        assert "  All steps: binance-creds runbook leak memory:bot\n" in shown
        assert main([*arguments, "--json"]) == ExitCode.FINDING
        row = json.loads(capsys.readouterr().out)["own"][0]
        assert row["fingerprint"] and row["permissions"]
        (tree / "bot.py").write_text(f"x = '{key.api_key}'")
        main(["scan", "--own", "memory:bot", "--offline"])
        assert "If only the API key is out" in capsys.readouterr().err
        memory.unregister("bot")


def test_what_is_remembered_of_a_key_is_said_when_it_is_found(tree, capsys) -> None:
    """What it may do, with the time at which the exchange said so; the store is gone by then."""
    with FakeExchange() as exchange:
        key = exchange.issue()
        memory.register("bot", {"api_key": key.api_key, "api_secret": key.api_secret})
        (tree / "bot.py").write_text(f"y = '{key.api_secret}'")
        assert main(["scan", "--remember", "memory:bot", "--base-url", exchange.url]) == 1
        memory.unregister("bot")
    before = capsys.readouterr().err
    assert main(["scan"]) == ExitCode.FINDING
    assert capsys.readouterr().err == before
    assert "memory:bot: api-secret found" in before
    assert "  may        reading, " in before
    assert f"  as of      {datetime.now(UTC):%Y-%m-%d}T" in before
    assert main(["scan", "--json"]) == ExitCode.FINDING
    assert json.loads(capsys.readouterr().out)["own"][0]["is_ip_restricted"] is False


def test_without_httpx_a_key_is_remembered_all_the_same(tree, capsys, monkeypatch) -> None:
    """Only what the exchange says of it is unknown."""
    memory.register("bot", {"api_key": KEY, "api_secret": Values(10).key()})
    monkeypatch.setitem(sys.modules, "httpx", None)
    assert main(["scan", "--remember", "memory:bot"]) == ExitCode.FINDING
    memory.unregister("bot")
    assert "memory:bot: api-key found\n  may        unknown" in capsys.readouterr().err


def test_what_contradicts_itself_is_refused(tree, capsys) -> None:
    assert main(["scan", "--staged", "bot.py"]) == ExitCode.USAGE
    assert "cannot be combined" in capsys.readouterr().err


def test_what_is_left_out_is_said_up_to_a_number(tree, capsys) -> None:
    for number in range(25):
        (tree / f"{number:02}\x1b.gz").write_bytes(b"\x1f\x8b")
    main(["scan"])
    shown = capsys.readouterr().err
    assert "left out: 00?.gz: an archive or compressed file; read it by: gzip -dc" in shown
    assert "left out: 5 more; --json lists all." in shown
    assert "\x1b" not in shown


def test_progress_is_for_terminals(tree, monkeypatch) -> None:
    """Each file comes late enough for a line of its own."""
    clock = iter(range(1_000))
    monkeypatch.setattr("time.monotonic", lambda: float(next(clock)))
    terminal, pipe = io.StringIO(), io.StringIO()
    terminal.isatty = lambda: True
    for stream in (terminal, pipe):
        monkeypatch.setattr(sys, "stderr", stream)
        main(["scan"])
    assert "\r1 files, 0 MB\x1b[K\r" in terminal.getvalue()
    assert "\r" not in pipe.getvalue()
