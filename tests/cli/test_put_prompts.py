"""`binance-creds put` on a real terminal: what is entered is not shown, and Ctrl-C writes nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest
from support import new_key, pair

from binance_creds import KeyType, load_credentials
from binance_creds.cli import ExitCode

pexpect = pytest.importorskip("pexpect", reason="terminals are of POSIX")


@pytest.fixture
def target(tmp_path):
    return f"file:{tmp_path / 'pair.json'}"


@pytest.fixture(params=[80, 120])
def terminal(request, target):
    child = pexpect.spawn(
        sys.executable, ["-m", "binance_creds", "put", target, "--offline"],
        dimensions=(24, request.param), encoding="utf-8", timeout=60,
    )  # fmt: skip
    child.expect("API key .hidden.: ")
    yield child
    child.close(force=True)


def answer_both(child, fields) -> str:
    child.sendline(fields["api_key"])
    child.expect("API secret.*: ")
    child.sendline(fields.get("api_secret") or fields["private_key"])
    child.expect(pexpect.EOF)
    child.close()
    return child.before


def test_a_pair_is_asked_for_and_not_shown(terminal, target) -> None:
    fields = pair()
    shown = answer_both(terminal, fields)
    assert terminal.exitstatus == ExitCode.DONE
    assert load_credentials(target).api_secret.reveal() == fields["api_secret"]
    assert not any(value in shown for value in fields.values())


def test_a_private_key_is_pasted_with_all_its_lines(terminal, target) -> None:
    fields = new_key(KeyType.ED25519).fields()
    shown = answer_both(terminal, fields)
    assert terminal.exitstatus == ExitCode.DONE
    assert load_credentials(target).key_type is KeyType.ED25519
    assert "-----" not in shown


@pytest.mark.parametrize("is_first", [True, False])
def test_an_interrupt_writes_nothing(terminal, tmp_path, is_first) -> None:
    if not is_first:
        terminal.sendline(pair()["api_key"])
        terminal.expect("API secret.*: ")
    terminal.sendintr()
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == ExitCode.INTERRUPTED
    assert list(tmp_path.iterdir()) == []


def test_an_empty_answer_is_refused(terminal, tmp_path) -> None:
    terminal.sendline("")
    terminal.expect("nothing was entered")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == ExitCode.USAGE
    assert list(tmp_path.iterdir()) == []


def test_without_a_terminal_nothing_is_asked() -> None:
    script = "from binance_creds.cli._commands._prompt import hidden; hidden('?')"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False,
        start_new_session=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert "there is no terminal to ask on." in done.stderr
