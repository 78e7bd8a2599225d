"""`binance-creds exec`: with real programs, signals, terminals and rotations."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest
from support import new_key, pair, write_dotenv

from binance_creds import ConfigurationError, KeyType
from binance_creds.cli import main
from binance_creds.launch import OnRotation
from binance_creds.testing import FakeExchange

PROGRAM = [sys.executable, "-m", "binance_creds"]
pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no exec and no signals")


@pytest.fixture
def stored(tmp_path):
    """A `.env` with a pair."""
    path = tmp_path / ".env"
    write_dotenv(path, pair())
    return path


def run(path, *arguments: str, **options) -> subprocess.CompletedProcess[str]:
    command = [*PROGRAM, "exec", f"dotenv:{path}", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=60, **options
    )


@contextmanager
def running(path, *arguments: str, **options):
    command = [*PROGRAM, "exec", f"dotenv:{path}", "--splay", "0", *arguments]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, **options,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(30)


@pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not installed")
def test_a_program_of_node_reads_its_variables(stored) -> None:
    code = "console.log(process.env.BINANCE_API_KEY.length, process.env.BINANCE_ENVIRONMENT)"
    assert run(stored, "--", "node", "-e", code).stdout == "64 live\n"


def test_the_process_becomes_the_program(stored) -> None:
    with running(stored, "--", "sh", "-c", "echo $$; read line") as process:
        assert int(process.stdout.readline()) == process.pid


def test_nothing_of_a_key_is_in_the_list_of_processes(stored) -> None:
    with running(stored, "--", "sh", "-c", 'echo "$BINANCE_API_SECRET"; exec sleep 60') as process:
        secret = process.stdout.readline().strip()
        listed = subprocess.run(["ps", "axww"], capture_output=True, text=True, check=True).stdout
        assert "sleep 60" in listed
        assert secret not in listed


def test_a_pem_arrives_unchanged(stored) -> None:
    key = new_key(KeyType.ED25519)
    write_dotenv(stored, key.fields())
    shown = run(stored, "--", "sh", "-c", 'printf %s "$BINANCE_PRIVATE_KEY"').stdout
    assert shown.strip() == key.private_key_pem.strip()


def test_files_of_memory_are_read_by_grandchildren(stored) -> None:
    code = 'test -z "$BINANCE_API_SECRET" && sh -c "wc -c < $BINANCE_API_SECRET_FILE"'
    assert run(stored, "--file", "--", "sh", "-c", code).stdout.strip() == "64"


def test_a_clean_environment(stored) -> None:
    done = run(stored, "--clean", "--", "env", env={**os.environ, "EXTRA": "1", "VAULT_TOKEN": "t"})
    names = {line.partition("=")[0] for line in done.stdout.splitlines()}
    assert {"BINANCE_API_KEY", "PATH"} <= names
    assert names.isdisjoint({"EXTRA", "VAULT_TOKEN"})


@pytest.mark.parametrize(
    ("program", "code", "says"),
    [
        ([], 125, "Write it after two dashes"),
        (["--", "no-such-program"], 127, "there is no program 'no-such-program'"),
        (["--", "/etc/passwd"], 126, "cannot be run: Permission denied"),
        (["--names", "nope", "--", "true"], 125, "names of variables"),
        (["--on-rotation", "jump", "--", "true"], 125, "Write restart, signal:HUP"),
        (["--on-rotation", "exit", "--", "no-such-program"], 127, "there is no program"),
        (["--", "sh", "-c", "exit 7"], 7, ""),
        (["--on-rotation", "exit", "--", "sh", "-c", "exit 7"], 7, ""),
        (["--on-rotation", "exit", "--", "sh", "-c", "kill -9 $$"], 128 + 9, ""),
    ],
)
def test_exit_codes(stored, program, code, says) -> None:
    done = run(stored, *program)
    assert done.returncode == code
    assert says in done.stderr


def test_missing_credentials_start_nothing(tmp_path) -> None:
    done = run(tmp_path / "absent", "--", "echo", "started")
    assert (done.returncode, done.stdout) == (125, "")


@pytest.mark.parametrize("rights", [{}, {"enableWithdrawals": True}], ids=["fits", "withdraws"])
def test_a_key_that_can_do_more_starts_nothing(stored, rights, monkeypatch, capfd) -> None:
    with FakeExchange() as exchange:
        key = exchange.issue(permissions=rights, ip_list=("127.0.0.1",))
        write_dotenv(stored, key.fields())
        policy = stored.with_name("own.toml")
        policy.write_text('base = "spot-trading"\n')
        done = run(
            stored, "--require", str(policy), "--base-url", exchange.url, "--", "echo", "started"
        )
    assert done.stdout == ("" if rights else "started\n")
    assert done.returncode == (125 if rights else 0)
    assert ("forbids withdrawals" in done.stderr) is bool(rights)


def test_a_rotation_restarts_the_program_and_all_of_its_group(stored) -> None:
    script = 'sleep 60 & trap "kill $!; exit 0" TERM; echo "$BINANCE_API_KEY"; wait'
    with running(stored, "--on-rotation", "restart", "--", "sh", "-c", script) as process:
        first = process.stdout.readline()
        new = pair()
        write_dotenv(stored, new)
        assert process.stdout.readline().strip() == new["api_key"] != first.strip()
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def test_the_next_program_waits_for_what_the_last_one_left(stored, tmp_path) -> None:
    gate = tmp_path / "gate"
    script = (
        f'[ -e {gate} ] || (trap "" TERM; while ! [ -e {gate} ]; do sleep 0.05; done; echo left) &'
        ' trap "exit 0" TERM; echo "started"; while true; do sleep 0.05; done'
    )
    with running(stored, "--on-rotation", "restart", "--", "sh", "-c", script) as process:
        assert process.stdout.readline() == "started\n"
        write_dotenv(stored, pair())
        assert "rotated" in process.stderr.readline()
        gate.touch()
        assert [process.stdout.readline() for _ in range(2)] == ["left\n", "started\n"]


def test_a_signal_on_rotation_finds_the_new_value_in_the_file(stored) -> None:
    script = (
        'trap "cat \\$BINANCE_API_KEY_FILE; echo" HUP; echo ready; while true; do sleep 0.05; done'
    )
    arguments = ["--file", "--on-rotation", "signal:HUP", "--", "sh", "-c", script]
    with running(stored, *arguments) as process:
        assert process.stdout.readline() == "ready\n"
        new = pair()
        write_dotenv(stored, new)
        assert process.stdout.readline().strip() == new["api_key"]


def test_a_command_on_rotation_gets_the_new_variables(stored, tmp_path) -> None:
    script = tmp_path / "tell"
    script.write_text('#!/bin/sh\necho "$BINANCE_API_KEY" "$BINANCE_CREDS_PID"; exit 3\n')
    script.chmod(0o755)
    program = ["sh", "-c", "echo $$; while true; do sleep 0.05; done"]
    with running(stored, "--on-rotation", f"command:{script}", "--", *program) as process:
        pid = process.stdout.readline().strip()
        new = pair()
        write_dotenv(stored, new)
        assert process.stdout.readline().split() == [new["api_key"], pid]
        said = process.stderr.readline() + process.stderr.readline()
        assert "ended with code 3" in said


def test_exit_on_rotation_runs_a_command_first(stored, tmp_path) -> None:
    mark = tmp_path / "mark"
    script = 'trap "exit 9" TERM; echo ready; while true; do sleep 0.05; done'
    options = ["--on-rotation", "exit", "--before-stop", f"touch {mark}"]
    with running(stored, *options, "--", "sh", "-c", script) as process:
        assert process.stdout.readline() == "ready\n"
        write_dotenv(stored, pair())
        assert process.wait(30) == 9
    assert mark.exists()


def test_what_is_left_of_a_group_gets_a_signal_too(stored, tmp_path) -> None:
    left = '(trap "" TERM; trap "echo told; exit 0" USR1; echo left; for n in $(seq 1200); do sleep 0.05; done) &'
    script = f'{left} trap "exit 0" TERM; while true; do sleep 0.05; done'
    with running(stored, "--on-rotation", "restart", "--", "bash", "-c", script) as process:
        assert process.stdout.readline() == "left\n"
        write_dotenv(stored, pair())
        assert "rotated" in process.stderr.readline()
        process.send_signal(signal.SIGUSR1)  # the program itself may have ended by now
        assert process.stdout.readline() == "told\n"
        assert process.stdout.readline() == "left\n"  # the next program
        process.send_signal(signal.SIGUSR1)  # ends both
        assert process.stdout.readline() == "told\n"


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="Linux lists them there")
@pytest.mark.parametrize("option", [[], ["--on-rotation", "exit"]], ids=["replaced", "supervised"])
def test_what_python_ignores_is_not_ignored_by_the_program(stored, option) -> None:
    shown = run(stored, *option, "--", "grep", "SigIgn", "/proc/self/status").stdout
    ignored = int(shown.split()[1], 16)
    assert not any(ignored >> (it - 1) & 1 for it in (signal.SIGPIPE, signal.SIGXFSZ))


def test_a_system_without_processes_to_follow_says_so(monkeypatch) -> None:
    monkeypatch.delattr(os, "posix_spawnp")
    with pytest.raises(ConfigurationError, match="neither process groups nor signals"):
        OnRotation.parse("restart")


def test_the_usage_shows_where_the_program_stands(capsys) -> None:
    main(["exec", "--help"])
    assert "-- PROGRAM ..." in capsys.readouterr().out


@pytest.mark.parametrize("name", ["HUP", "USR1", "TERM", "INT"])
def test_signals_reach_the_program(stored, name) -> None:
    script = f'trap "echo {name}; exit 0" {name}; echo ready; while true; do sleep 0.05; done'
    options = ["--on-rotation", "restart", "--", "bash", "-c", script]
    with running(stored, *options, start_new_session=True) as process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(getattr(signal, f"SIG{name}"))
        assert process.stdout.readline() == f"{name}\n"
        assert process.wait(30) == 0


def test_ctrl_c_on_a_terminal_reaches_the_program_once(stored) -> None:
    pexpect = pytest.importorskip("pexpect", reason="terminals are of POSIX")
    script = 'trap "echo told" INT; trap "exit 4" HUP; echo ready; while true; do sleep 0.05; done'
    command = [*PROGRAM[1:], "exec", f"dotenv:{stored}", "--on-rotation", "restart", "--splay", "0"]
    terminal = pexpect.spawn(
        PROGRAM[0], [*command, "--", "bash", "-c", script], encoding="utf-8", timeout=60, echo=False
    )
    try:
        terminal.expect("ready")
        terminal.sendintr()
        terminal.expect("told")
        terminal.kill(signal.SIGHUP)  # which the supervisor passes on
        terminal.expect(pexpect.EOF)
        assert "told" not in terminal.before
    finally:
        terminal.close()
    assert terminal.exitstatus == 4


def test_ctrl_c_while_a_program_stops_for_a_rotation_starts_no_other(stored) -> None:
    pexpect = pytest.importorskip("pexpect", reason="terminals are of POSIX")
    script = (
        'trap "echo stopping" TERM; trap "exit 4" INT; echo ready; while true; do sleep 0.05; done'
    )
    command = [*PROGRAM[1:], "exec", f"dotenv:{stored}", "--on-rotation", "restart", "--splay", "0"]
    terminal = pexpect.spawn(
        PROGRAM[0], [*command, "--", "bash", "-c", script], encoding="utf-8", timeout=60, echo=False
    )
    try:
        terminal.expect("ready")
        write_dotenv(stored, pair())
        terminal.expect("stopping")
        terminal.sendintr()
        terminal.expect(pexpect.EOF)
        assert "ready" not in terminal.before
    finally:
        terminal.close()
    assert terminal.exitstatus == 4


REPLACED = """
import os, signal, sys, time
gate, mark = sys.argv[1:]

def stop(*_):
    while not os.path.exists(gate):
        time.sleep(0.01)
    os.remove(gate)
    sys.exit()

def say(word):  # in one piece: `print` may be interrupted by a handler that prints
    os.write(1, f"{os.getpid()} {word}\\n".encode())

signal.signal(signal.SIGTERM, stop)
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
if mark == "always" or not os.path.exists(mark):
    signal.signal(signal.SIGUSR1, lambda *_: say("usr"))
if mark != "always":
    open(mark, "w").close()
say("started")
signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGUSR1])
while True:
    time.sleep(0.01)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell what is handled")
def test_a_signal_between_two_programs_reaches_the_next(stored, tmp_path) -> None:
    """Before it handles it, the signal would end it."""
    gate = tmp_path / "gate"
    program = [sys.executable, "-c", REPLACED, str(gate), "always"]
    with running(stored, "--on-rotation", "restart", "--", *program) as process:
        first = process.stdout.readline().split()
        for _ in range(5):
            write_dotenv(stored, pair())
            assert "rotated" in process.stderr.readline()
            process.send_signal(signal.SIGUSR1)
            gate.touch()
            lines = [process.stdout.readline().split() for _ in range(2)]
            if lines[0] == [first[0], "usr"]:  # the old one may still have heard it
                lines = [lines[1], process.stdout.readline().split()]
            first = lines[0]
            assert [line[1] for line in lines] == ["started", "usr"]
            assert lines[0][0] == lines[1][0]
        gate.touch()


@pytest.mark.skipif(sys.platform != "linux", reason="as above")
def test_a_signal_that_the_next_program_does_not_handle_does_not_end_it(stored, tmp_path) -> None:
    gate = tmp_path / "gate"
    hurried = (
        "import sys; from binance_creds.launch import _supervisor; _supervisor._LATE_SECONDS = 0.2\n"
        "from binance_creds.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", hurried, "exec", f"dotenv:{stored}", "--splay", "0",
               "--on-rotation", "restart", "--", sys.executable, "-c", REPLACED, str(gate),
               str(tmp_path / "mark")]  # fmt: skip
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert "started" in process.stdout.readline()
        write_dotenv(stored, pair())
        assert "rotated" in process.stderr.readline()
        process.send_signal(signal.SIGUSR1)
        gate.touch()
        assert any("started" in line for line in iter(process.stdout.readline, ""))
        assert "SIGUSR1 came while the program was replaced" in process.stderr.readline()
        process.terminate()
        gate.touch()
        assert process.wait(30) == 0


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0 or shutil.which("unshare") is None,
    reason="only root makes a namespace of processes",
)
def test_as_process_1_it_passes_signals_on_and_reaps_orphans(stored) -> None:
    script = 'trap "exit 5" TERM; (sh -c "exit 0" & ) ; echo ready; while true; do sleep 0.05; done'
    command = ["unshare", "--pid", "--fork", "--mount-proc", *PROGRAM, "exec", f"dotenv:{stored}",
               "--on-rotation", "restart", "--", "sh", "-c", script]  # fmt: skip
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "ready\n"
        children = f"/proc/{process.pid}/task/{process.pid}/children"
        with open(children) as file:
            inner = int(file.read().split()[0])
        os.kill(inner, signal.SIGTERM)
        assert process.wait(30) == 5


@pytest.mark.parametrize("text", ["", "jump", "restart:now", "signal:NOPE", "signal", "command: "])
def test_what_follows_a_rotation_must_be_understood(text) -> None:
    with pytest.raises(ConfigurationError, match="is not understood"):
        OnRotation.parse(text)


def test_a_program_of_another_command_is_no_argument(capsys) -> None:
    assert main(["policy", "--", "true"]) == 2
    assert "takes no program" in capsys.readouterr().err
