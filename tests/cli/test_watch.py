"""`binance-creds watch`: on a real terminal, in a pipe, as JSON."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import forked
import pytest
from support import pair, write_dotenv

from binance_creds.cli import ExitCode, main
from binance_creds.cli._output._table import rows_of
from binance_creds.providers import memory

PROGRAM = [sys.executable, "-m", "binance_creds", "watch"]
pexpect = pytest.importorskip("pexpect", reason="terminals are of POSIX")


@pytest.fixture
def stored(tmp_path):
    path = tmp_path / ".env"
    write_dotenv(path, pair())
    return path


@pytest.mark.parametrize("columns", [80, 120])
def test_a_terminal_shows_a_table_that_follows(stored, columns) -> None:
    pyte = pytest.importorskip("pyte")
    screen = pyte.Screen(columns, 24)
    stream = pyte.Stream(screen)
    terminal = forked.spawn(["watch", f"dotenv:{stored}", "memory:absent"], columns=columns)
    try:
        terminal.expect("fresh")
        write_dotenv(stored, pair())
        terminal.expect(r"(\d+s\s+){2}")  # when it was confirmed, and when rotated
        stream.feed(terminal.before + terminal.after)
        assert screen.display[0].startswith("profile")
        assert max(len(line) for line in screen.display) <= columns
        terminal.sendintr()
        terminal.expect(pexpect.EOF)
        assert "\x1b[?25h" in terminal.before  # the cursor is back
    finally:
        terminal.close()
    assert terminal.exitstatus == ExitCode.INTERRUPTED


def test_a_terminal_shows_long_times_in_their_largest_unit(stored, tmp_path) -> None:
    path = tmp_path / "named.toml"
    refresh = 'poll = "30d"\nttl = "60d"\nmax_stale = "90d"'
    path.write_text(f'[profiles.main]\nsource = "memory:bot"\n[profiles.main.refresh]\n{refresh}\n')
    memory.register("bot", pair())
    terminal = forked.spawn(["watch", "main", "--config", str(path)])
    memory.unregister("bot")
    terminal.expect(r"fresh.*\d+d")
    terminal.sendintr()
    terminal.expect(pexpect.EOF)
    terminal.wait()
    assert terminal.exitstatus == ExitCode.INTERRUPTED


def test_a_terminal_shows_why_there_is_nothing_to_follow() -> None:
    terminal = forked.spawn(["watch", "memory:absent"])
    terminal.expect("memory:absent")
    terminal.expect(pexpect.EOF)
    terminal.wait()
    assert terminal.exitstatus == ExitCode.FINDING


@contextmanager
def watching(*arguments: str):
    with subprocess.Popen(
        [*PROGRAM, *arguments], stdout=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == ExitCode.INTERRUPTED


def test_in_a_pipe_each_event_is_a_line(stored) -> None:
    source = f"dotenv:{stored}"
    with watching(source) as process:
        new = pair()
        _rotate_until_heard(process, stored, new, lambda line: "rotated to a new pair" in line)


def test_as_json_each_event_is_a_document(stored) -> None:
    with watching(f"dotenv:{stored}", "--json") as process:
        new = pair()
        line = _rotate_until_heard(process, stored, new, lambda line: '"rotated"' in line)
    document = json.loads(line)
    assert (document["version"], document["kind"]) == (1, "rotated")
    assert new["api_key"] not in line


def _rotate_until_heard(process, path, fields, is_it) -> str:
    """Rotate once the process watches, which its own log cannot tell."""
    import threading

    stop = threading.Event()

    def rotate() -> None:
        while not stop.wait(0.5):
            write_dotenv(path, pair())

    thread = threading.Thread(target=rotate)
    thread.start()
    try:
        return next(line for line in process.stdout if is_it(line))
    finally:
        stop.set()
        thread.join()


def test_nothing_to_follow_ends_at_once(capsys) -> None:
    assert main(["watch", "memory:absent"]) == ExitCode.FINDING
    assert "error[not_found]: memory:absent" in capsys.readouterr().err


def test_no_profile_ends_at_once(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    assert main(["watch", "--all"]) == ExitCode.FINDING
    assert capsys.readouterr().err == "error[not_found]: the configuration has no profile.\n"


def test_rows_are_cut_to_the_width() -> None:
    assert rows_of([("a", "bb"), ("ccc", "d")], 4) == ["a  …", "ccc…"]
    assert rows_of([("a", "bb"), ("ccc", "d")], 80) == ["a    bb", "ccc  d"]
