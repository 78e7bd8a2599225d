"""`binance-creds put` on a real terminal: what is entered is not shown, and Ctrl-C writes nothing."""

from __future__ import annotations

import subprocess
import sys

import forked
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from support import new_key, pair

from binance_creds import KeyType, load_credentials
from binance_creds.cli import ExitCode

pexpect = pytest.importorskip("pexpect", reason="terminals are of POSIX")


PASSPHRASE = " correct horse battery "


@pytest.fixture
def target(tmp_path):
    return f"file:{tmp_path / 'pair.json'}"


@pytest.fixture
def run():
    """Run `put` on a terminal."""
    children = []

    def run(*words, columns: int = 80):
        child = forked.spawn(["put", *map(str, words), "--offline"], columns=columns)
        children.append(child)
        return child

    yield run
    for child in children:
        child.close(force=True)


@pytest.fixture(params=[80, 120])
def terminal(request, run, target):
    child = run(target, columns=request.param)
    child.expect("API key .hidden.: ")
    return child


@pytest.fixture
def locked_key(tmp_path):
    """A private key in a file, locked by a passphrase."""
    key = Ed25519PrivateKey.generate()
    form = serialization.BestAvailableEncryption(PASSPHRASE.encode())
    path = tmp_path / "keys" / "key.pem"
    path.parent.mkdir(0o700)
    path.touch(0o600)
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, form)
    )
    return path


def answer_both(child, fields) -> str:
    child.sendline(fields["api_key"])
    child.expect("API secret.*: ")
    child.sendline(fields.get("api_secret") or fields["private_key"])
    child.expect(pexpect.EOF)
    child.wait()  # else closing it may come first, as SIGHUP
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
    terminal.wait()  # else closing it may come first, as SIGHUP
    terminal.close()
    assert terminal.exitstatus == ExitCode.INTERRUPTED
    assert list(tmp_path.iterdir()) == []


def test_an_empty_answer_is_refused(terminal, tmp_path) -> None:
    terminal.sendline("")
    terminal.expect("nothing was entered")
    terminal.expect(pexpect.EOF)
    terminal.wait()  # else closing it may come first, as SIGHUP
    terminal.close()
    assert terminal.exitstatus == ExitCode.USAGE
    assert list(tmp_path.iterdir()) == []


def test_without_a_terminal_nothing_is_asked() -> None:
    script = "from binance_creds.cli._input._prompt import hidden; hidden('?')"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False,
        start_new_session=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert "there is no terminal to ask on." in done.stderr


def ended(child) -> str:
    child.expect(pexpect.EOF)
    child.wait()  # else closing it may come first, as SIGHUP
    child.close()
    return child.before


def test_what_a_file_lacks_is_asked_for(run, target, locked_key) -> None:
    """The API key, and the passphrase, whose spaces count."""
    child, fields = run(target, "--from", locked_key), pair()
    child.expect("API key .hidden.: ")
    child.sendline(fields["api_key"])
    child.expect("Passphrase of the private key .hidden.: ")
    child.sendline(PASSPHRASE)
    shown = ended(child)
    assert child.exitstatus == ExitCode.DONE
    assert load_credentials(target).key_type is KeyType.ED25519
    assert fields["api_key"] not in shown
    assert PASSPHRASE not in shown


def test_an_interrupt_at_the_passphrase_writes_nothing(run, target, locked_key, tmp_path) -> None:
    child = run(target, "--from", locked_key)
    child.expect("API key .hidden.: ")
    child.sendline(pair()["api_key"])
    child.expect("Passphrase.*: ")
    child.sendintr()
    ended(child)
    assert child.exitstatus == ExitCode.INTERRUPTED
    assert list(tmp_path.iterdir()) == [locked_key.parent]


def test_a_wrong_passphrase_writes_nothing(run, target, locked_key, tmp_path) -> None:
    child = run(target, "--from", locked_key)
    child.expect("API key .hidden.: ")
    child.sendline(pair()["api_key"])
    child.expect("Passphrase.*: ")
    child.sendline("wrong")
    assert "does not open private_key" in ended(child)
    assert child.exitstatus == ExitCode.FINDING
    assert list(tmp_path.iterdir()) == [locked_key.parent]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["dotenv:{}/none/.env"], "there is no such folder"),
        (["env:BINANCE"], "cannot be written"),
        (["dotenv:{}/.env", "--replace", "0a1b2c3d"], "nothing that could be replaced"),
        (["dotenv:{}/.env", "--from", "{}/none.pem"], "no such file"),
        (["dotenv:{}/.env", "--environment", "real"], "invalid choice: 'real'"),
        (["dotenv:{}/.env", "--policy", "read-only"], "--offline leaves the exchange out"),
    ],
)
def test_nothing_is_asked_for_that_could_not_be_written(run, words, says, tmp_path) -> None:
    child = run(*(word.format(tmp_path) for word in words))
    shown = " ".join(ended(child).split())
    assert says in shown
    assert "hidden" not in shown
    assert child.exitstatus in {ExitCode.USAGE, ExitCode.FINDING}
