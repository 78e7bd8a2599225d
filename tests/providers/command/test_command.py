"""`command:` reads what a program prints, and says why one that fails did."""

from __future__ import annotations

import json
import os
import sys
import threading

import pytest
import stand_ins
from language import refusal
from support import caught, new_key, pair, token
from waiting import PATIENCE

from binance_creds import KeyType, SourceURI
from binance_creds._command import Command
from binance_creds._raw import VALUE
from binance_creds.errors import (
    AuthenticationError,
    ConfigurationError,
    MalformedSecretError,
    ProviderUnavailableError,
    SecretNotFoundError,
)
from binance_creds.providers import Deadline, Diagnose, Unchanged
from binance_creds.providers.command.external_program import CommandProvider
from binance_creds.testing import ProviderContract, assert_no_leak

KEY, SECRET = token(), token()
PAIR = {"api_key": KEY, "api_secret": SECRET}


def read(provider: CommandProvider, seconds: float = PATIENCE) -> dict[str, str]:
    raw = provider.fetch(Deadline(seconds))
    return {name: secret.reveal().strip() for name, secret in raw.fields.items()}


class TestCommand(ProviderContract):
    """Obeys every law."""

    @pytest.fixture(autouse=True)
    def _folder(self, programs) -> None:
        self.programs = programs
        programs.script("security", "exit 44")

    def open(self, uri):
        name = {"main": "show", "missing": "security", "bad": "bad"}[uri.location]
        return CommandProvider(uri.with_settings(Command((name,))), environ=self.programs.environ)

    def write(self, fields):
        self.programs.script("show", "cat {data}", fields)
        return "command:main"

    def missing(self):
        return "command:missing"

    def malformed(self):
        self.programs.script("bad", "echo '{'")
        return "command:bad"


SHAPES = {
    "JSON": json.dumps(PAIR),
    "TOML": f'api_key = "{KEY}"\napi_secret = "{SECRET}"\n',
    ".env": f"# pass show binance\nBINANCE_API_KEY={KEY}\nBINANCE_API_SECRET={SECRET}\n",
}


@pytest.mark.parametrize("text", SHAPES.values(), ids=SHAPES.keys())
def test_output_is_read_as_a_file_is(programs, text) -> None:
    programs.script("show", "cat {data}", text)
    assert read(programs.provider("show")) == PAIR


def test_a_pem_a_member_and_a_prefix_are_read(programs) -> None:
    """A PEM as it is; `#member` and `prefix` as everywhere."""
    key = new_key(KeyType.ED25519)
    programs.script("show", "cat {data}", key.private_key_pem)
    assert read(programs.provider("show")) == {VALUE: key.private_key_pem.strip()}
    programs.script(
        "show", "cat {data}", {"live": PAIR, "BOT_API_KEY": KEY, "BOT_API_SECRET": SECRET}
    )
    assert read(programs.provider("show", source="command:main#live")) == PAIR
    assert read(programs.provider("show", source="command:main?prefix=BOT")) == PAIR


def test_a_file_that_the_output_names_is_read(programs) -> None:
    """As in a `.env`: the program may print where a mounted secret is."""
    secret = programs.folder / "secret"
    secret.touch(0o600)
    secret.write_text(SECRET)
    programs.script("show", f"echo BINANCE_API_KEY={KEY}; echo BINANCE_API_SECRET_FILE={secret}")
    assert read(programs.provider("show")) == PAIR


def test_no_shell_reads_the_arguments(programs) -> None:
    """But `~/` at the start is the home folder."""
    programs.script("show", 'for one in "$@"; do printf "%s|" "$one"; done')
    given = ["$HOME", "`id`", "a b", "*", "~/x", "a~/x"]
    home = os.path.expanduser("~")
    assert read(programs.provider("show", *given)) == {VALUE: f"$HOME|`id`|a b|*|{home}/x|a~/x|"}


def test_the_same_output_is_unchanged(programs) -> None:
    programs.script("show", "cat {data}", PAIR)
    provider = programs.provider("show")
    raw = provider.fetch(Deadline(PATIENCE))
    again = provider.fetch(Deadline(PATIENCE), known_version=raw.version)
    assert Unchanged(raw.version) == again
    assert raw.origin == "command:main"


def test_it_has_no_input_and_no_terminal(programs) -> None:
    """What asks a question gets an end of file instead of an answer."""
    programs.script(
        "ask", "read answer && exit 3; (: < /dev/tty) 2> /dev/null && exit 4; cat {data}", PAIR
    )
    assert read(programs.provider("ask")) == PAIR


def test_variables_are_inherited_without_the_pair(programs) -> None:
    """A store's login goes to its program; a key of Binance to nobody."""
    programs.script("show", "env | cut -d= -f1 | sort | tr '\\n' ' '")
    environ = {"AWS_PROFILE": "a", "BINANCE_API_KEY": KEY, "BINANCE_APISECRET": SECRET, "LC_ALL": "C",
               "BINANCE_ENVIRONMENT": "live", "LD_PRELOAD_NOT": "x"}  # fmt: skip
    names = read(programs.provider("show", environ=environ))[VALUE].split()
    assert {"AWS_PROFILE", "HOME", "PATH", "BINANCE_ENVIRONMENT", "LD_PRELOAD_NOT"} <= set(names)
    assert not {"BINANCE_API_KEY", "BINANCE_APISECRET"} & set(names)
    some = read(programs.provider("show", environ=environ, variables=("AWS_PROFILE",)))[VALUE]
    assert {"AWS_PROFILE", "HOME", "LC_ALL", "PATH", "PWD"} == {*some.split(), "PWD"} - {
        "_",
        "SHLVL",
        "OLDPWD",
    }


def test_a_frozen_program_lends_nobody_its_libraries(programs, monkeypatch) -> None:
    """PyInstaller points the linker at its own, and keeps what was set before."""
    programs.script("show", 'printf "%s|" "$LD_LIBRARY_PATH" "${DYLD_LIBRARY_PATH-unset}"')
    environ = {
        "LD_LIBRARY_PATH": "/frozen",
        "DYLD_LIBRARY_PATH": "/frozen",
        "LD_LIBRARY_PATH_ORIG": "/own",
    }
    assert read(programs.provider("show", environ=environ)) == {VALUE: "/frozen|/frozen|"}
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert read(programs.provider("show", environ=environ)) == {VALUE: "/own|unset|"}


STAND_INS = {
    "op": (stand_ins.OP, ("inject", "--in-file", "binance.tpl"), "OP_SERVICE_ACCOUNT_TOKEN", "Sign in"),
    "bw": (stand_ins.BW, ("get", "notes", "binance", "--nointeraction"), "BW_SESSION", "BW_SESSION"),
    "sops": (stand_ins.SOPS, ("decrypt", "binance.json"), "SOPS_AGE_KEY_FILE", "SOPS_AGE_KEY_FILE"),
}  # fmt: skip


@pytest.mark.parametrize("name", STAND_INS)
def test_a_password_manager_gives_the_pair_or_the_fix(programs, name) -> None:
    """Locked is never absent: no other source is read instead. Standard error is not shown."""
    body, arguments, variable, advice = STAND_INS[name]
    programs.script(name, body, PAIR)
    assert read(programs.provider(name, *arguments, environ={variable: "x"})) == PAIR
    error = refusal(programs.provider(name, *arguments).fetch, Deadline(PATIENCE))
    assert ProviderUnavailableError is type(error)
    assert advice in error.hint
    assert error.source == "command:main"
    assert_no_leak(programs.canary, error)


def test_a_prompt_that_nobody_answers_ends_with_the_deadline(programs) -> None:
    """With the option that keeps the program from asking."""
    programs.script("bw", stand_ins.BW)
    error = refusal(programs.provider("bw", "get", "notes", "binance").fetch, Deadline(0.5))
    assert ProviderUnavailableError is type(error)
    assert "in time" in error.message
    assert "--nointeraction" in error.hint


CODES = {
    44: (SecretNotFoundError, "no such item"),
    51: (AuthenticationError, "refused the password"),
    36: (ProviderUnavailableError, "locked"),
    128: (ProviderUnavailableError, "dismissed"),
    1: (ProviderUnavailableError, "exit code 1"),
}


@pytest.mark.parametrize(("code", "expected"), CODES.items())
def test_the_codes_of_security_are_told_apart(programs, code, expected) -> None:
    programs.script("security", f"exit {code}")
    error = refusal(programs.provider("security").fetch, Deadline(PATIENCE))
    assert expected[0] is type(error)
    assert expected[1] in error.message


def test_security_gives_an_item(programs) -> None:
    programs.script("security", stand_ins.SECURITY, PAIR)
    assert (
        read(programs.provider("security", "find-generic-password", "-s", "binance", "-w")) == PAIR
    )


BAD_OUTPUT = {
    "nothing": ("", "empty"),
    "an empty line": ("echo", "empty"),
    "a question": ("printf 'Enter the passphrase for binance: '", "prompt"),
    "a question in colour": (r"printf '? \033[1mMaster password:\033[0m [hidden] '", "prompt"),
    "too much": ("head -c 70000 /dev/zero", "too_large"),
    "as much as is allowed and one": ("head -c 65537 /dev/zero", "too_large"),
    "too much without an end": ("yes", "too_large"),
    "no UTF-8": (r"printf '\377'", "not_utf8"),
    "half of JSON": ("printf '{\"api_key\": '", "bad_json"),
}


@pytest.mark.parametrize(("body", "reason"), BAD_OUTPUT.values(), ids=BAD_OUTPUT.keys())
def test_output_that_is_no_credential_is_malformed(programs, body, reason) -> None:
    programs.script("show", body)
    error = caught(programs.provider("show").fetch, Deadline(PATIENCE))
    assert MalformedSecretError is type(error)
    assert (error.reason, error.source) == (reason, "command:main")


def test_what_only_looks_like_a_question_is_read(programs) -> None:
    text = f"BINANCE_API_KEY={KEY}\nBINANCE_PASSPHRASE=password?\n"
    programs.script("show", "cat {data}", text)
    assert read(programs.provider("show")) == {"api_key": KEY, "passphrase": "password?"}


def test_a_program_that_cannot_run_is_an_error_of_the_configuration(programs) -> None:
    """Missing, not executable, no program, a missing interpreter, a relative path."""
    programs.script("plain", "", mode=0o600)
    programs.script("none", "", mode=0o700).write_text("no first line")
    programs.script("lost", "", mode=0o700).write_text("#!/no/such/interpreter\n")
    cases = {
        "absent": "not installed", "/no/such/program": "not installed", str(programs.folder): "not installed",
        "plain": "is not executable", str(programs.folder / "plain"): "is not executable",
        "none": "cannot run this file", "lost": "or the interpreter", "./none": "relative path",
    }  # fmt: skip
    for program, words in cases.items():
        error = caught(programs.provider(program).fetch, Deadline(PATIENCE))
        assert ConfigurationError is type(error), program
        assert words in error.message


def test_a_line_of_a_shell_is_told_to_be_split(programs) -> None:
    programs.script("show", "cat {data}", PAIR)
    error = caught(programs.provider("show binance").fetch, Deadline(PATIENCE))
    assert "a text for each word" in error.hint


def test_relative_folders_of_path_are_passed_over(programs, monkeypatch) -> None:
    """A program in the working directory is anybody's."""
    programs.script("show", "cat {data}", PAIR)
    monkeypatch.chdir(programs.folder)
    for path in ("", ".", ":", "bin"):
        error = caught(programs.provider("show", environ={"PATH": path}).fetch, Deadline(PATIENCE))
        assert "not installed" in error.message
    assert read(programs.provider("show", environ={"PATH": f".:{programs.folder}:/bin"})) == PAIR


def test_a_program_that_its_own_program_lacks_is_told(programs) -> None:
    for code in (126, 127):
        programs.script("show", f"exit {code}")
        error = refusal(programs.provider("show").fetch, Deadline(PATIENCE))
        assert ConfigurationError is type(error)


@pytest.mark.parametrize(("number", "name"), [(9, "SIGKILL"), (15, "SIGTERM"), (35, "signal 35")])
def test_a_death_by_a_signal_is_unavailable(programs, number, name) -> None:
    programs.script("show", f"kill -{number} $$")
    error = caught(programs.provider("show").fetch, Deadline(PATIENCE))
    assert ProviderUnavailableError is type(error)
    assert name in error.message


def test_no_process_left_is_unavailable(programs, monkeypatch) -> None:
    """It passes; the configuration is right."""
    import subprocess

    def refused(*_, **__):
        raise BlockingIOError(11, "Resource temporarily unavailable")

    programs.script("show", "cat {data}", PAIR)
    monkeypatch.setattr(subprocess, "Popen", refused)
    error = caught(programs.provider("show").fetch, Deadline(PATIENCE))
    assert ProviderUnavailableError is type(error)
    assert "EAGAIN" in error.message


def test_a_source_alone_names_no_program() -> None:
    """Not even with an option: argv is never part of a source."""
    error = refusal(CommandProvider, SourceURI.parse("command:main"))
    assert ConfigurationError is type(error)
    assert "[commands.main]" in error.hint
    error = caught(CommandProvider, SourceURI.parse("command:main?argv=id"))
    assert "unknown option 'argv'" in str(error)


def test_a_platform_without_process_groups_is_refused(programs, monkeypatch) -> None:
    monkeypatch.delattr(os, "killpg")
    error = refusal(programs.provider, "show")
    assert "process groups" in error.message


def test_it_says_which_program_it_runs_without_running_it(programs) -> None:
    path = programs.script("show", "touch {data}.ran")
    provider = programs.provider("show", "secret argument")
    assert isinstance(provider, Diagnose)
    told = provider.diagnose(Deadline(PATIENCE), poll_seconds=30)
    assert (f"the program {path}", {"execute": True}, 0, 0.0) == told
    polled = programs.provider("show", poll_seconds=600.0)
    assert polled.diagnose(Deadline(PATIENCE), poll_seconds=30).requests_per_day == 144
    assert not path.with_name("show.data.ran").exists()
    error = refusal(programs.provider("absent").diagnose, Deadline(PATIENCE), poll_seconds=30)
    assert error.source == "command:main"


def test_nothing_of_a_failure_shows_the_output(programs) -> None:
    """Nor does the provider that printed it."""
    programs.script("show", "echo '{\"api_key\": {canary}'; echo {canary} >&2; exit 1")
    provider = programs.provider("show")
    assert_no_leak(programs.canary, caught(provider.fetch, Deadline(PATIENCE)), provider)
    programs.script("show", "echo '{\"api_key\": {canary}'")
    assert_no_leak(programs.canary, caught(provider.fetch, Deadline(PATIENCE)), provider)


def test_many_threads_run_it_at_once(programs) -> None:
    given = pair()
    programs.script("show", "cat {data}", given)
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(read(programs.provider("show"))))
        for _ in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert found == [given] * 16
