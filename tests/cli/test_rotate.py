"""`binance-creds rotate` as it is called: what it prints, asks and remembers."""

from __future__ import annotations

import json
import os

import forked
import pytest
from rotating import Owner, name
from support import token

from binance_creds import KeyType
from binance_creds.cli import ExitCode


class Program:
    """The command, as a program calls it, or a person."""

    def __init__(self, owner) -> None:
        self._words = ["rotate", owner.source, "--base-url", owner.exchange.url]
        self._environ = {**os.environ, "XDG_STATE_HOME": str(owner.folder)}

    def run(self, *options: str, given: str = ""):
        return forked.run([*self._words, *options], given=given, environ=self._environ)

    def spawn(self, *options: str):
        return forked.spawn([*self._words, *options], environ=self._environ)


@pytest.fixture
def owner(tmp_path, exchange):
    tmp_path.chmod(0o700)
    return Owner(f"dotenv:{tmp_path}/.env", exchange, tmp_path)


@pytest.fixture
def program(owner):
    return Program(owner)


def test_a_rotation_says_what_comes_next(program, owner) -> None:
    assert "check, slot, stage" in program.run("--dry-run").stdout
    assert json.loads(program.run("--dry-run", "--json").stdout)["steps"][0] == "check"
    assert "No key of this source" in program.run("--status").stdout
    made = program.run("--make", "ed25519", "--yes")
    assert made.returncode == 0, made.stderr
    assert "-----BEGIN PUBLIC KEY-----" in made.stdout
    assert f"Then: binance-creds rotate {owner.source} --resume" in made.stderr
    api_key = token()
    pem = made.stdout[made.stdout.index("-----BEGIN") : made.stdout.index("Register")]
    owner.exchange.keys.register_public_key(api_key, pem)
    done = program.run("--resume", "--yes", "--json", given=f"{api_key}\n")
    said = json.loads(done.stdout)["rotation"]
    assert (said["step"], said["old"], said["new"]) == ("overlap", name(owner.old), owner.holds)
    assert said["waiting"]["until"] == said["overlap_ends"]
    back = program.run("--abort")
    assert f"Delete the key {said['new']} at Binance." in back.stdout
    assert json.loads(program.run("--status", "--json").stdout)["rotation"]["step"] == "aborted"
    assert owner.holds == name(owner.old)
    for run in (made, done, back):
        assert api_key not in run.stdout + run.stderr


def test_nothing_is_asked_without_a_terminal(program, owner) -> None:
    done = program.run(given=json.dumps(owner.new.fields()))
    assert done.returncode == ExitCode.USAGE
    assert "Answer by --yes" in done.stderr
    assert f"The store holds the key {name(owner.old)}, as before." in done.stderr


def test_a_pair_comes_from_a_file(program, owner, tmp_path) -> None:
    path = tmp_path / "new.json"
    path.touch(0o600)
    path.write_text(json.dumps(owner.new.fields()))
    done = program.run("--yes", "--overlap", "1ms", "--from", str(path))
    assert (done.returncode, f"{name(owner.old)} -> {name(owner.new)}, retire" in done.stdout) == (
        0,
        True,
    )
    assert "promote: done" in done.stderr
    owner.exchange.keys.revoke(owner.old.api_key)
    assert ", done" in program.run("--resume", "--yes").stdout


def test_a_sub_account_needs_its_master(program, owner, tmp_path) -> None:
    done = program.run("--sub-account", "alpha@example.com")
    assert (done.returncode, "--master PROFILE" in done.stderr) == (ExitCode.USAGE, True)
    owner.exchange.keys.sub_accounts["alpha@example.com"] = "alpha"
    master = owner.exchange.issue(ip_list=["127.0.0.1"])
    path = tmp_path / ".master"
    path.touch(0o600)
    path.write_text("".join(f"BINANCE_{k.upper()}={v}\n" for k, v in master.fields().items()))
    made = program.run(
        "--yes", "--sub-account", "alpha@example.com", "--master", f"dotenv:{path}",
        "--permission", "reading", "--ip", "127.0.0.1",
    )  # fmt: skip
    assert (made.returncode, ", overlap" in made.stdout) == (0, True), made.stderr


def test_a_person_is_asked_on_the_terminal(program, owner) -> None:
    pexpect = pytest.importorskip("pexpect", reason="terminals are of POSIX")
    child = program.spawn()
    new = owner.new = owner.exchange.issue(KeyType.HMAC)
    child.expect("room for another API key.*no.: ")
    child.sendline("yes")
    child.expect("API key .hidden.: ")
    child.sendline(new.api_key)
    child.expect("API secret.*hidden.: ")
    child.sendline(new.api_secret)
    child.expect(f"use the key {name(new)}.*no.: ")
    child.sendline("")
    child.expect("Bots must use the key")
    child.expect(pexpect.EOF)
    assert owner.holds == name(new)
    child = program.spawn("--abort")
    child.expect("Delete the key")
    child.expect(pexpect.EOF)
    child = program.spawn("--yes", "--make", "rsa")
    child.expect("Register this public half at Binance:")
    child.expect("API key .hidden.: ")
    child.sendintr()
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == ExitCode.INTERRUPTED
