"""Which variables a program gets, and which it does not."""

from __future__ import annotations

import os
import signal
import sys

import pytest
from support import build, new_key, pair

from binance_creds import ConfigurationError, KeyType
from binance_creds.launch import (
    MemoryFiles,
    child_environ,
    replace_process,
    variable_names,
    variables_for,
)


def test_the_default_names_are_those_that_this_library_reads() -> None:
    fields = pair()
    assert variables_for(build(**fields)) == {
        "BINANCE_API_KEY": fields["api_key"],
        "BINANCE_API_SECRET": fields["api_secret"],
        "BINANCE_ENVIRONMENT": "live",
    }


def test_names_can_be_chosen() -> None:
    fields = pair()
    names = variable_names("api_key=K, api_secret=S")
    assert variables_for(build(**fields), names) == {
        "K": fields["api_key"],
        "S": fields["api_secret"],
    }


def test_a_pem_arrives_unchanged() -> None:
    key = new_key(KeyType.ED25519)
    given = variables_for(build(**key.fields()))
    assert given["BINANCE_PRIVATE_KEY"].strip() == key.private_key_pem.strip()
    assert "BINANCE_API_SECRET" not in given


def test_what_signs_must_have_a_variable() -> None:
    with pytest.raises(ConfigurationError, match="private_key"):
        variables_for(build(**new_key(KeyType.ED25519).fields()), variable_names("freqtrade"))


def test_sealed_credentials_have_nothing_to_give() -> None:
    with pytest.raises(ConfigurationError, match="sealed"):
        variables_for(build(**pair()).sealed())


@pytest.mark.parametrize(
    "text",
    ["nope", "api_key", "api_key=", "pass=KEY", "api_key=1A", "api_key=PATH", "api_key=LD_PRELOAD",
     "api_secret=NODE_OPTIONS", "api_key=Path", "api_key=PYTHONPATH", "api_key=BASH_ENV"],
)  # fmt: skip
def test_names_that_cannot_be_used_are_refused(text) -> None:
    with pytest.raises(ConfigurationError):
        variable_names(text)


def test_logins_to_stores_are_not_passed_on() -> None:
    parent = {"PATH": "/bin", "VAULT_TOKEN": "t", "AWS_SECRET_ACCESS_KEY": "s", "EDITOR": "vi"}
    assert child_environ(parent, {"A": "1"}) == {"PATH": "/bin", "EDITOR": "vi", "A": "1"}


def test_a_clean_environment_has_what_any_program_needs() -> None:
    parent = {"PATH": "/bin", "LC_ALL": "C", "EDITOR": "vi", "VAULT_TOKEN": "t", "KEEP": "1"}
    cleaned = child_environ(parent, {}, is_clean=True, keep=["KEEP", "VAULT_TOKEN"])
    assert cleaned == {"PATH": "/bin", "LC_ALL": "C", "VAULT_TOKEN": "t", "KEEP": "1"}


@pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="Linux has files of memory")
def test_a_file_of_memory_is_replaced_in_place() -> None:
    files = MemoryFiles()
    (path,) = files.variables({"A": "a long first value"}).values()
    assert {"A_FILE": path} == files.variables({"A": "next"})
    with open(path) as file:
        assert file.read() == "next"
    files.close()
    assert not os.path.exists(path)


def test_a_system_without_files_of_memory_says_so(monkeypatch) -> None:
    monkeypatch.delattr(os, "memfd_create", raising=False)
    with pytest.raises(ConfigurationError, match="no files of memory"):
        MemoryFiles().variables({"A": "value"})


def test_where_no_process_can_be_replaced_the_program_is_a_child(monkeypatch) -> None:
    monkeypatch.setattr("binance_creds.launch._replacing.CAN_REPLACE", False)
    handler = signal.getsignal(signal.SIGINT)
    assert replace_process([sys.executable, "-c", "import sys; sys.exit(7)"], dict(os.environ)) == 7
    assert signal.getsignal(signal.SIGINT) is handler


@pytest.mark.skipif(not hasattr(signal, "SIGPIPE"), reason="signals of POSIX")
def test_a_program_that_is_not_there_leaves_signals_as_they_were() -> None:
    """Else the next write into a closed connection would end this process."""
    with pytest.raises(FileNotFoundError):
        replace_process(["no-such-program"], {"PATH": "/nonexistent"})
    assert signal.getsignal(signal.SIGPIPE) is signal.SIG_IGN
    assert signal.getsignal(signal.SIGXFSZ) is signal.SIG_IGN
