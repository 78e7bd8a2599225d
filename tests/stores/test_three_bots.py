"""Three bots trade while `put` rotates their key, in each store that can be written.

What they report says when the old key is no longer used; then it is deleted at the exchange.
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
from waiting import wait_for

import binance_creds
from binance_creds import KeyType, Secret, load_credentials
from binance_creds.rotation import reports_of, usage_of
from binance_creds.signers._fingerprint import fingerprint_of
from binance_creds.storing import put

pytestmark = pytest.mark.unmeasured

IN_CHILD = Path(__file__).parent / "in_child"
SRC = Path(binance_creds.__file__).parents[1]


@pytest.fixture
def reports(source, tmp_path, monkeypatch):
    """Give a function that says who uses a key, by what the bots report."""
    folder = tmp_path / "bots"
    monkeypatch.setenv("BINANCE_CREDS_STATUS_DIR", str(folder))
    return lambda key: usage_of(fingerprint(key), reports_of([folder]))


def secrets(key):
    return {field: Secret(text) for field, text in key.fields().items()}


def fingerprint(key) -> str:
    return fingerprint_of(Secret(key.api_key))


def test_a_rotation_is_seen_by_no_bot(source, reports, exchange):
    kinds = (KeyType.HMAC, KeyType.ED25519)
    old, new = map(exchange.issue, kinds)
    put(source, secrets(old))
    with three_bots(source, exchange) as bots:
        wait_for(lambda: len(reports(old).using) == 3, "the report")
        assert not reports(old).is_unused
        put(source, secrets(new), replace=fingerprint(old))
        bots.use(new.api_key)
        wait_for(lambda: reports(old).is_unused, "the report")
        exchange.keys.revoke(old.api_key)
        bots.go_on(5)


class Command:
    """A command that stores a pair, in a process that can be killed at each thing it changes."""

    def __init__(self, source: str) -> None:
        self.source = source

    def run(self, new, old, *, kill_at: int = 0) -> bool:
        """Replace a key; return whether the command came to its end."""
        environ = {"PYTHONPATH": f"{IN_CHILD}{os.pathsep}{SRC}", "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(
            [sys.executable, "-m", "binance_creds", "put", self.source, "--offline", "--no-input",
             "--replace", fingerprint(old)],
            env=plain_environ(**environ, KILL_AT=str(kill_at or "")),
            input=json.dumps(new.fields()), capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode in {0, -signal.SIGKILL}, done.stderr
        return done.returncode == 0

    def holds(self, key) -> bool:
        return load_credentials(self.source, fresh=True).fingerprint == fingerprint(key)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(kind, marks=[] if kind == "dotenv" else pytest.mark.product)
        for kind in STORES
    ],
    indirect=True,
)  # fmt: skip
def test_a_command_that_is_killed_is_repeated_and_seen_by_no_bot(source, reports, exchange):
    """At each of its steps, one rotation after the other; the bots trade all the while."""
    command, old = Command(source), exchange.issue()
    put(source, secrets(old))
    with three_bots(source, exchange) as bots:
        for step in itertools.count(1):
            new = exchange.issue(KeyType.ED25519)
            was_done = command.run(new, old, kill_at=step)
            bots.go_on()
            assert command.holds(new) or (command.holds(old) and not was_done)
            if not command.holds(new):
                assert command.run(new, old)
            bots.use(new.api_key)
            wait_for(lambda: reports(old).is_unused, "the report")  # noqa: B023  # of this round
            exchange.keys.revoke(old.api_key)
            old = new
            if was_done:
                break
    assert step > 2
