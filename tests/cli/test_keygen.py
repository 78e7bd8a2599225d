"""`binance-creds keygen` as it is called: a key is made, and finished with what Binance gave for it."""

from __future__ import annotations

import json

import forked
import pytest
from rotating import Owner, name
from support import token

from binance_creds.cli import ExitCode


@pytest.fixture
def owner(tmp_path, exchange):
    tmp_path.chmod(0o700)
    return Owner(f"dotenv:{tmp_path}/.env", exchange, tmp_path)


@pytest.fixture
def keygen(owner):
    """Run the command for the source of the owner."""

    def run(*options: str, given: str = ""):
        return forked.run(["keygen", owner.source, *options], given=given)

    return run


def test_a_key_is_made_once_and_finished(keygen, owner) -> None:
    made = json.loads(keygen("--json").stdout)["key"]
    again = keygen()
    assert again.stdout == made["public_key"]
    assert "was waiting already" in again.stderr
    api_key = token()
    owner.exchange.keys.register_public_key(api_key, made["public_key"])
    options = ("--finish", "--replace", name(owner.old), "--base-url", owner.exchange.url)
    done = keygen(*options, given=f"{api_key}\n")
    assert done.returncode == ExitCode.DONE, done.stderr
    assert owner.exchange.accepted(api_key) > 0
    assert owner.left() == set()


def test_a_key_is_not_finished_over_a_pair_that_is_not_named(keygen, owner) -> None:
    keygen()
    done = keygen("--finish", "--offline", given=token())
    assert done.returncode == ExitCode.FINDING
    assert owner.holds == name(owner.old)


def test_without_an_api_key_nothing_is_finished(keygen, owner) -> None:
    keygen()
    terminal = forked.spawn(["keygen", owner.source, "--finish", "--offline"])
    terminal.expect("API key .hidden.: ")
    terminal.sendline("")
    terminal.expect("nothing was entered")
    terminal.wait()
    assert terminal.exitstatus == ExitCode.USAGE
