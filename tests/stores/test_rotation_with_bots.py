"""A rotation is killed at each thing that it changes, goes on, and ends; three bots trade on.

So does one that is aborted. Nothing is rejected, nothing is lost, and a bot that starts at any
moment finds a pair that works: the fourth bot does nothing but start.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from shops import STORES
from support import plain_environ
from three_bots import three_bots
from waiting import PATIENCE, wait_for

import binance_creds
from binance_creds import KeyType, Secret, SourceURI, load_credentials
from binance_creds.errors import SecretNotFoundError
from binance_creds.rotation import kept, staged
from binance_creds.signers._fingerprint import fingerprint_of
from binance_creds.storing import put

pytestmark = pytest.mark.unmeasured

IN_CHILD = Path(__file__).parent / "in_child"
SRC = Path(binance_creds.__file__).parents[1]
LISTED = {"ip_list": ("127.0.0.1",)}  # as the policy wants


def fingerprint(key) -> str:
    return fingerprint_of(Secret(key.api_key))


class Owner:
    """Somebody who rotates the key of a source, by commands that may be killed."""

    def __init__(self, source, exchange, tmp_path) -> None:
        self.source, self.exchange = source, exchange
        self.old = exchange.issue(**LISTED)
        put(source, {name: Secret(text) for name, text in self.old.fields().items()})
        self._process = subprocess.Popen(
            [sys.executable, str(IN_CHILD / "rotating.py"), source, exchange.url,
             str(tmp_path / "bots"), str(tmp_path / "state")],
            env=plain_environ(PYTHONPATH=f"{IN_CHILD}{os.pathsep}{SRC}", PYTHONDONTWRITEBYTECODE="1"),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def close(self) -> None:
        with self._process:
            self._process.stdin.close()
            self._process.wait(PATIENCE)

    def tell(self, act: str, *, kill_at: int = 0, **more) -> dict:
        """Have a part of a rotation carried out; return how far it came."""
        said = {
            "act": act,
            "overlap": "1ms",
            "answers": ["slot", "deleted"],
            "kill_at": kill_at,
        } | more
        self._process.stdin.write(json.dumps(said) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        assert answer.get("status") in {None, signal.SIGKILL}, answer
        return answer

    def go_on(self, act: str, new, **more) -> dict:
        """Begin or go on, whichever it takes after a kill."""
        fields = new.fields()
        answer = self.tell(act, new=fields, **more)
        if answer.get("code") == "invalid_argument":  # killed before anything was noted
            answer = self.tell("run", new=fields, **more)
        assert answer["step"] is not None, answer
        return answer

    def holds(self) -> str:
        return load_credentials(self.source, fresh=True).fingerprint

    def assert_nothing_is_left(self) -> None:
        """Beside the source there is no pair."""
        for place in (staged, kept):
            with pytest.raises(SecretNotFoundError):
                load_credentials(place(SourceURI.parse(self.source)), fresh=True)


@pytest.fixture
def owner(source, exchange, tmp_path, monkeypatch):
    monkeypatch.setenv("BINANCE_CREDS_STATUS_DIR", str(tmp_path / "bots"))
    owner = Owner(source, exchange, tmp_path)
    yield owner
    owner.close()


def complete(owner, bots, new, *, kill_at=0) -> bool:
    """Rotate to a new key; return whether the first command came to its end unharmed."""
    first = answer = owner.tell("run", new=new.fields(), kill_at=kill_at)
    while answer["step"] != "done":
        bots.go_on(1)
        assert owner.holds() in {fingerprint(owner.old), fingerprint(new)}
        if answer["step"] == "retire":
            bots.delete(owner.old.api_key)
        answer = owner.go_on("resume", new)
    return first["step"] != "killed"


def abort(owner, bots, new, *, kill_at=0) -> bool:
    """Promote a new key, and go back; return whether the command to do so was not killed."""
    answer = owner.tell("run", new=new.fields(), overlap="24h")
    while answer["step"] != "overlap":
        answer = owner.tell("resume", overlap="24h")
    bots.use(new.api_key)
    first = answer = owner.tell("abort", kill_at=kill_at)
    while answer["step"] != "aborted":
        bots.go_on(1)
        assert owner.holds() in {fingerprint(owner.old), fingerprint(new)}
        answer = owner.tell("abort")
    return first["step"] != "killed"


def everywhere(quick: int) -> list:
    """Return each store; one of them is quick, and only so many kills apart."""
    every = [pytest.param(kind, 1, marks=pytest.mark.product, id=kind) for kind in STORES]
    return [*every, pytest.param("dotenv", quick, id="quick")]


@pytest.mark.parametrize(("source", "stride"), everywhere(24), indirect=["source"])
def test_it_completes_though_it_is_killed_anywhere(owner, exchange, stride):
    with three_bots(owner.source, exchange) as bots:
        for step in itertools.count(1, stride):
            new = exchange.issue(KeyType.ED25519, **LISTED)
            was_whole = complete(owner, bots, new, kill_at=step)
            bots.use(new.api_key)
            assert fingerprint(new) == owner.holds()
            owner.assert_nothing_is_left()
            owner.old = new
            if was_whole:
                break
    assert step > 10


@pytest.mark.parametrize(("source", "stride"), everywhere(18), indirect=["source"])
def test_it_goes_back_though_that_is_killed_anywhere(owner, exchange, stride):
    with three_bots(owner.source, exchange) as bots:
        for step in itertools.count(1, stride):
            new = exchange.issue(KeyType.ED25519, **LISTED)
            was_whole = abort(owner, bots, new, kill_at=step)
            bots.use(owner.old.api_key)
            assert fingerprint(owner.old) == owner.holds()
            owner.assert_nothing_is_left()
            bots.delete(new.api_key)
            if was_whole:
                break
    assert step > 3


@pytest.mark.parametrize("source", ["dotenv"], indirect=True)
def test_it_waits_for_a_bot_that_keeps_the_old_key(owner, exchange):
    new = exchange.issue(KeyType.ED25519, **LISTED)
    with three_bots(owner.source, exchange) as bots:
        slow, *others = bots.bots
        with slow.live.hold():  # as orders of several legs do
            answer = owner.tell("run", new=new.fields())
            wait_for(lambda: all(bot.uses(new.api_key) for bot in others), "the swap")
            for _ in range(2):
                assert "watch" == answer["step"]
                answer = owner.tell("resume")
        bots.use(new.api_key)
        while owner.tell("resume")["step"] != "retire":
            bots.go_on()
