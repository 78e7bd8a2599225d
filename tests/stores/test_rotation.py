"""`rotate` over each store that can be written: to its end, back again, and killed at each step."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support import plain_environ
from three_bots import three_bots
from waiting import wait_for

import binance_creds
from binance_creds import KeyType, Secret, load_credentials
from binance_creds.exchange import ExchangeCheck
from binance_creds.providers import SourceURI
from binance_creds.rotation import Rotation, Step, reports_of, usage_of
from binance_creds.rotation._places import Place
from binance_creds.rotation._siblings import kept, staged
from binance_creds.signers._fingerprint import fingerprint_of
from binance_creds.storing import put
from binance_creds.storing._target import plan_of

pytestmark = pytest.mark.unmeasured

IN_CHILD = Path(__file__).parent / "in_child"
SRC = Path(binance_creds.__file__).parents[1]


def secrets(key):
    return {field: Secret(text) for field, text in key.fields().items()}


def fingerprint(key) -> str:
    return fingerprint_of(Secret(key.api_key))


def holds(source: str) -> str:
    return load_credentials(source, fresh=True).fingerprint


def is_clean(source: str) -> bool:
    plan = plan_of(source, None)
    uri = plan.candidates[0]
    assert isinstance(uri, SourceURI)
    return not any(Place(plan, place(uri), None).read() for place in (staged, kept))


@pytest.fixture
def bots(tmp_path, monkeypatch):
    """Give the folder in which bots report."""
    monkeypatch.setenv("BINANCE_CREDS_STATUS_DIR", str(tmp_path / "bots"))
    return tmp_path / "bots"


@pytest.fixture
def rotation(source, exchange, bots, tmp_path):
    return Rotation(
        source,
        verify=ExchangeCheck(base_url=exchange.url),
        overlap="1ms",
        reports=[bots],
        ask=lambda *_: True,
        folder=tmp_path / "state",
        patience="60s",
    )


def test_no_bot_sees_a_rotation_and_its_abort(source, exchange, rotation, bots) -> None:
    old, new = exchange.issue(), exchange.issue(KeyType.ED25519)
    put(source, secrets(old))
    with three_bots(source, exchange) as trading:
        wait_for(lambda: len(usage_of(fingerprint(old), reports_of([bots])).using) == 3, "reports")
        assert rotation.run(secrets(new)).step is Step.RETIRE
        trading.go_on()
        assert rotation.abort().step in {Step.ABORTED, Step.CLEAN}
        trading.use(old.api_key)
        wait_for(lambda: usage_of(fingerprint(new), reports_of([bots])).is_unused, "reports")
        assert rotation.status().is_over or rotation.resume().is_over
        assert (holds(source), is_clean(source)) == (fingerprint(old), True)
        assert rotation.run(secrets(new)).step is Step.RETIRE
        trading.use(new.api_key)
        exchange.keys.revoke(old.api_key)
        trading.go_on(5)
    assert rotation.resume().step is Step.DONE  # which asks the exchange for the old key
    assert (holds(source), is_clean(source)) == (fingerprint(new), True)


class Program:
    """`binance-creds rotate` in a process that can be killed at each thing that it changes."""

    def __init__(self, source: str, folder: Path, exchange) -> None:
        self.source, self.folder, self.exchange = source, folder, exchange

    def run(self, *options: str, new=None, kill_at: int = 0) -> bool:
        environ = {"PYTHONPATH": f"{IN_CHILD}{os.pathsep}{SRC}", "PYTHONDONTWRITEBYTECODE": "1"}
        state = {"XDG_STATE_HOME": str(self.folder), "KILL_AT": str(kill_at or "")}
        done = subprocess.run(
            [sys.executable, "-m", "binance_creds", "rotate", self.source, "--yes",
             "--base-url", self.exchange.url, "--overlap", "1ms", *options],
            env=plain_environ(**environ, **state), input=json.dumps(new.fields()) if new else "",
            capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode in {0, 1, 2, -signal.SIGKILL}, done.stderr
        return done.returncode == 0

    def go_on(self, new) -> None:
        """Do what a person does after an interruption: look, and go on or begin again."""
        if not self.run("--resume", new=new):
            assert self.run(new=new)


@pytest.fixture
def program(source, tmp_path, exchange):
    folder = tmp_path / "state"
    folder.mkdir(0o700)
    return Program(source, folder, exchange)


@pytest.mark.product
@pytest.mark.parametrize("source", ["dotenv", "aws-sm"], indirect=True)
@pytest.mark.parametrize("goes_back", [False, True])
def test_what_is_killed_anywhere_goes_on_or_back(source, program, exchange, goes_back) -> None:
    """At every eleventh thing that it changes; what the store holds works at each moment."""
    check = ExchangeCheck(base_url=exchange.url)
    old = exchange.issue()
    put(source, secrets(old))
    for step in itertools.count(1, 11):
        new = exchange.issue(KeyType.ED25519)
        was_done = program.run(new=new, kill_at=step)
        assert holds(source) in {fingerprint(old), fingerprint(new)}
        check.examine(load_credentials(source, fresh=True))
        if goes_back:
            program.run("--abort", kill_at=step)
            check.examine(load_credentials(source, fresh=True))
            program.run("--abort")
            assert holds(source) == fingerprint(old)
        else:
            program.go_on(new)
            assert holds(source) == fingerprint(new)
            exchange.keys.revoke(old.api_key)
            program.run("--resume", kill_at=step)
            program.run("--resume")
            old = new
        assert is_clean(source)
        if was_done:
            break
    assert step > 11
