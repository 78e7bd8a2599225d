"""`show --reveal`: on a terminal, after a typed fingerprint, and nowhere else."""

from __future__ import annotations

import signal

import forked
import pytest
from support import new_key

from binance_creds import load_credentials
from binance_creds.cli import ExitCode, main

pexpect = pytest.importorskip("pexpect", reason="terminals are of POSIX")


@pytest.fixture
def key(tmp_path, monkeypatch):
    """A pair in a .env of the working directory."""
    monkeypatch.chdir(tmp_path)
    key = new_key()
    path = tmp_path / ".env"
    path.touch(0o600)
    path.write_text(f"BINANCE_API_KEY={key.api_key}\nBINANCE_API_SECRET={key.api_secret}\n")
    return key


@pytest.fixture
def terminal(key):
    child = forked.spawn(["show", "dotenv:.env", "--reveal"])
    child.expect("Type [0-9a-f]{8} to show")
    yield child
    child.close(force=True)


def test_who_types_the_fingerprint_sees_the_pair_until_enter(key, terminal) -> None:
    terminal.sendline(load_credentials("dotenv:.env").fingerprint)
    terminal.expect_exact("\x1b[?1049h")  # the other screen of the terminal
    terminal.expect_exact(key.api_secret)
    terminal.expect("Enter hides this.")
    terminal.sendline()
    terminal.expect_exact("\x1b[H\x1b[J\x1b[?1049l")
    terminal.expect(pexpect.EOF)
    assert key.api_secret not in terminal.before
    terminal.wait()
    assert terminal.exitstatus == ExitCode.DONE


@pytest.mark.parametrize(
    ("typed", "code"), [("yes\n", ExitCode.USAGE), ("\x03", ExitCode.INTERRUPTED)]
)
def test_anything_else_shows_nothing(key, terminal, typed, code) -> None:
    terminal.send(typed)
    terminal.expect(pexpect.EOF)
    assert key.api_secret not in terminal.before
    terminal.wait()
    assert terminal.exitstatus == code


@pytest.mark.parametrize("end", ["Ctrl-C", "TERM", "HUP"])
def test_what_ends_it_while_it_is_shown_clears_the_screen(terminal, end) -> None:
    terminal.sendline(load_credentials("dotenv:.env").fingerprint)
    terminal.expect("Enter hides this.")
    terminal.send("\x1a")  # Ctrl-Z, which would leave it there
    if end == "Ctrl-C":
        terminal.send("\x03")
    else:
        terminal.kill(getattr(signal, f"SIG{end}"))
    terminal.expect_exact("\x1b[H\x1b[J\x1b[?1049l")
    terminal.expect(pexpect.EOF)
    terminal.wait()
    assert terminal.exitstatus == ExitCode.INTERRUPTED


@pytest.mark.parametrize("option", [[], ["--json"], ["--no-input"]])
def test_without_a_terminal_nothing_is_shown(key, capsys, option) -> None:
    assert main(["show", "dotenv:.env", "--reveal", *option]) == ExitCode.USAGE
    shown = capsys.readouterr()
    assert "needs a terminal" in shown.err
    assert key.api_secret not in shown.out + shown.err
