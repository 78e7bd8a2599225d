"""A function that Lambda freezes between two calls, for an hour: a stopped process, and clocks that moved."""

from __future__ import annotations

import json
import os
import signal

import pytest
from secrets_manager import LOGIN, REGION, SecretsManager
from support import build

pytestmark = pytest.mark.skipif(
    not hasattr(os, "WUNTRACED"), reason="a process is stopped by a signal"
)

# Calls the handler for each line; a file says by how many seconds the clocks have moved.
RUNTIME = """
import json, os, runpy, sys, time

def moved(read):
    def reading(*arguments):
        with open(os.environ["MOVED"]) as file:
            return read(*arguments) + float(file.read())
    return reading

for name in os.environ["CLOCKS"].split():
    setattr(time, name, moved(getattr(time, name)))
handler = None
for line in sys.stdin:
    handler = handler or runpy.run_path(sys.argv[-1])["handler"]  # the first call starts it
    print(json.dumps(handler(json.loads(line), None)), flush=True)
"""
NAME = "prod/binance/main"


class Function:
    """A function that is frozen after each call, as Lambda does it."""

    def __init__(self, process, moved, exchange) -> None:
        self._process, self._moved, self._exchange = process, moved, exchange
        self.log: list[str] = []

    def call(self) -> dict:
        self._process.stdin.write("{}\n")
        self._process.stdin.flush()
        for line in self._process.stdout:
            if line.startswith("{"):
                return json.loads(line)
            self.log.append(line)
        raise AssertionError(self._process.stderr.read())

    def freeze(self) -> None:
        self._process.send_signal(signal.SIGSTOP)
        os.waitpid(self._process.pid, os.WUNTRACED)

    def thaw(self, seconds: float) -> None:
        self._moved.write_text(str(seconds))
        self._exchange.clock_offset_ms = int(seconds * 1000)  # time passed there, too
        self._process.send_signal(signal.SIGCONT)


def put(store, key) -> str:
    """Write a version of the secret, and return the fingerprint of its key."""
    store.put(NAME, key.fields() | {"environment": "testnet"})
    return build(**key.fields()).fingerprint


@pytest.fixture
def store():
    with SecretsManager() as running:
        yield running


@pytest.fixture(params=["time clock_gettime", "time"], ids=["all-clocks", "wall-clock"])
def function(request, store, exchange, start, tmp_path):
    """Of a machine whose clocks all go on in a freeze, and of one where only the wall clock does."""
    moved = tmp_path / "moved"
    moved.write_text("0")
    process = start(
        "lambda_function.py", "-c", RUNTIME,
        BINANCE_CREDS_SOURCE=f"aws-sm://{NAME}?region={REGION}&endpoint_url={store.url}",
        BOT_EXCHANGE=exchange.url, MOVED=str(moved), CLOCKS=request.param, **LOGIN,
    )  # fmt: skip
    return Function(process, moved, exchange)


def test_the_first_request_after_a_freeze_has_the_key_that_came_meanwhile(
    function, store, exchange
) -> None:
    old, new = exchange.issue(), exchange.issue()
    before = put(store, old)
    assert {"status": 200, "key": before} == function.call()
    function.freeze()
    after = put(store, new)
    exchange.keys.revoke(old.api_key)
    function.thaw(3600)
    assert {"status": 200, "key": after} == function.call() == function.call()
    assert [] == exchange.rejected()


@pytest.mark.parametrize("function", ["time"], ids=["wall-clock"], indirect=True)
def test_while_the_store_is_down_the_pair_is_used_until_max_stale(
    function, store, exchange
) -> None:
    key = put(store, exchange.issue())
    function.call()
    function.freeze()
    store.stop()
    function.thaw(1800)
    assert {"status": 200, "key": key} == function.call()
    assert "does not answer" in "".join(function.log)


@pytest.mark.product
@pytest.mark.parametrize("function", ["time clock_gettime"], ids=["all-clocks"], indirect=True)
def test_beyond_max_stale_an_old_pair_is_not_used(function, store, exchange) -> None:
    put(store, exchange.issue())
    function.call()
    function.freeze()
    store.stop()
    function.thaw(7200)
    with pytest.raises(AssertionError, match="CredentialsExpiredError"):
        function.call()
