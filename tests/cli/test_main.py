"""What all commands have in common: options, streams, exit codes."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys

import pytest
from support import plain_environ, token

from binance_creds import errors
from binance_creds.cli import ExitCode, main
from binance_creds.cli._exit_codes import exit_code_of
from binance_creds.cli._terminal import Terminal

PROGRAM = [sys.executable, "-m", "binance_creds"]


def test_help_lists_every_command_with_a_line(capsys) -> None:
    assert main(["--help"]) == ExitCode.DONE
    assert "\n  show        " in capsys.readouterr().out


def test_without_a_command_the_help_is_shown(capsys) -> None:
    assert main([]) == ExitCode.USAGE
    assert "commands:" in capsys.readouterr().out


def test_the_version(capsys) -> None:
    assert main(["--version"]) == ExitCode.DONE
    assert capsys.readouterr().out.startswith("binance-creds ")


def test_an_unknown_command_gets_the_nearest(capsys) -> None:
    assert main(["shwo"]) == ExitCode.USAGE
    assert "Did you mean 'show'?" in capsys.readouterr().err


def test_a_key_that_is_pasted_is_not_repeated(capsys) -> None:
    key = token()
    for arguments in (
        [key],
        ["show", f"--{key}"],
        ["show", key],
        ["policy", key],
        ["show", f"x:{key}"],
    ):
        assert main(arguments) == ExitCode.USAGE
    shown = capsys.readouterr()
    assert key not in shown.out + shown.err


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (errors.ConfigurationError, ExitCode.USAGE),
        (errors.ProviderNotInstalledError, ExitCode.USAGE),
        (errors.ThrottledError, ExitCode.UNAVAILABLE),
        (errors.ProviderUnavailableError, ExitCode.UNAVAILABLE),
        (errors.AccessDeniedError, ExitCode.DENIED),
        (errors.AuthenticationError, ExitCode.DENIED),
        (errors.SecretNotFoundError, ExitCode.FINDING),
    ],
)
def test_each_error_has_its_exit_code(kind, code) -> None:
    assert exit_code_of(kind("no")) is code


def test_a_closed_pipe_ends_it_in_silence() -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as closed:
        done = subprocess.run(
            [*PROGRAM, "policy"], stdout=closed, stderr=subprocess.PIPE, check=False
        )
    assert (done.returncode, done.stderr) == (ExitCode.CLOSED_PIPE, b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="Linux has this device")
def test_a_full_disk_is_said() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*PROGRAM, "policy"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == ExitCode.UNAVAILABLE
    assert done.stderr == "error: the output cannot be written: No space left on device.\n"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="Linux has this device")
def test_an_error_that_cannot_be_written_keeps_its_code(monkeypatch) -> None:
    with open("/dev/full", "w") as full:  # closing it would raise, too
        monkeypatch.setattr(sys, "stderr", full)
        assert main(["nothing"]) == ExitCode.USAGE


def test_closed_streams_are_no_defect() -> None:
    done = subprocess.run(["bash", "-c", '"$@" >&- 2>&- <&-', "-", *PROGRAM, "policy"], check=False)
    assert done.returncode == ExitCode.DONE


def test_an_interrupt_has_its_own_code(monkeypatch, capsys) -> None:
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("binance_creds.cli._commands.policy.run", interrupted)
    assert main(["policy"]) == ExitCode.INTERRUPTED
    assert capsys.readouterr().err == ""


def test_a_defect_shows_its_place_and_no_value(monkeypatch, capsys) -> None:
    key = token()

    def defect(*_):
        raise ValueError(key)

    monkeypatch.setattr("binance_creds.cli._commands.policy.run", defect)
    assert main(["policy"]) == ExitCode.DEFECT
    shown = capsys.readouterr().err
    assert "ValueError in defect, test_main.py" in shown
    assert key not in shown
    assert main(["policy", "--json"]) == ExitCode.DEFECT
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "defect"


def test_a_warning_is_a_line_of_status(tmp_path, capsys) -> None:
    path = tmp_path / ".env"
    path.write_text(f"BINANCE_API_KEY={token()[1:]}\nBINANCE_API_SECRET={token()}\n")
    path.chmod(0o600)
    assert main(["show", f"dotenv:{path}"]) == ExitCode.DONE
    assert capsys.readouterr().err.startswith("warning: ")


class _Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environ", "text"),
    [({}, "\x1b[1mname\x1b[0m"), ({"NO_COLOR": "1"}, "name"), ({"TERM": "dumb"}, "name")],
)
def test_styles_are_for_a_terminal_that_shows_them(environ, text) -> None:
    assert Terminal(_Tty(), _Tty(), environ).styled("name", "bold") == text


def test_a_closed_stream_is_no_terminal() -> None:
    closed = io.StringIO()
    closed.close()
    assert Terminal(closed, closed, {}).styled("name", "bold") == "name"


def test_somebody_who_is_there_can_be_asked() -> None:
    Terminal(io.StringIO(), io.StringIO(), {}, asks=True).need_input("--yes")


def test_quiet_leaves_status_out_and_errors_in() -> None:
    out, err = io.StringIO(), io.StringIO()
    terminal = Terminal(out, err, {}, is_quiet=True)
    terminal.say("status")
    terminal.fail(errors.ConfigurationError("no"))
    assert err.getvalue() == "error[invalid_argument]: no\n"


def test_json_of_what_failed_as_a_whole(capsys) -> None:
    assert main(["policy", "nope", "--json"]) == ExitCode.USAGE
    document = json.loads(capsys.readouterr().out)
    assert document["error"]["code"] == "invalid_argument"


def test_nothing_is_asked_where_nobody_is_there() -> None:
    with pytest.raises(errors.ConfigurationError, match="Answer by --yes"):
        Terminal(io.StringIO(), io.StringIO(), {}).need_input("--yes")


def test_the_help_loads_nothing_that_loads_credentials() -> None:
    """It is asked for often, and must be quick: it loads a fraction of the package."""
    program = (
        "import sys; from binance_creds.cli import main; main(['--help'])\n"
        "print([name for name in sys.modules if name.startswith('binance_creds._')], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert "binance_creds._secret" in done.stderr
    for room in ("_api", "_cache", "_chain", "_config", "_parse"):
        assert f"binance_creds.{room}" not in done.stderr


def test_a_module_of_the_working_directory_is_not_run(tmp_path) -> None:
    """`-m` makes it the first folder of Python; one may have come with a repository."""
    evil = "open('ran', 'w')"
    (tmp_path / "pydantic.py").write_text(evil)
    (tmp_path / "evil_store.py").write_text(evil)
    (tmp_path / "evil.dist-info").mkdir()
    points = "[binance_creds.providers]\nevil = evil_store:open_evil\n"
    (tmp_path / "evil.dist-info" / "entry_points.txt").write_text(points)
    (tmp_path / "evil.dist-info" / "METADATA").write_text("Name: evil\nVersion: 1\n")
    for words in (["policy"], ["check", "evil:bot"]):
        command = [*PROGRAM, *words]
        done = subprocess.run(
            command, cwd=tmp_path, env=plain_environ(), capture_output=True, check=False
        )
        assert b"defect" not in done.stderr
        assert done.returncode == (ExitCode.DONE if words == ["policy"] else ExitCode.USAGE)
    assert not (tmp_path / "ran").exists()


UNSAFE = "a\x1b]0;title\x07\x1b[2J\x1b[8m\x9b31m\r\u202eb"


def test_a_path_does_nothing_to_the_terminal(tmp_path, monkeypatch, capsys) -> None:
    """It may have come with a repository: it renames no window, and hides no text."""
    (tmp_path / UNSAFE).mkdir()
    monkeypatch.chdir(tmp_path / UNSAFE)
    (tmp_path / UNSAFE / "binance-creds.toml").write_text("x")
    for words in (["check"], ["show"], ["init", "dotenv:.env", "--dry-run"], ["scan", "--offline"]):
        main(words)
    shown = capsys.readouterr()
    assert "a?]0;title??[2J?[8m?31m??b" in shown.err
    assert not any(character in shown.out + shown.err for character in "\x1b\x07\x9b\r\u202e")
