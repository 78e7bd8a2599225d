"""Three bots that trade while their key is rotated, and one that starts anew all the time.

The exchange judges each request. What is asserted is what the owner cares about: nothing rejected,
nothing lost or doubled, no request of two keys, and a working pair in the store at every moment.
"""

from __future__ import annotations

import itertools
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

from support import token
from waiting import PATIENCE, wait_for

from binance_creds import RefreshPolicy, load_credentials
from binance_creds.adapters.requests import client as requests_client

sys.path.append(str(Path(__file__).parent / "adapters" / "scenario"))  # for drivers.py

LOOK = RefreshPolicy(poll=0.1, jitter=0.0, overlap="1h")
PAUSE_SECONDS = 0.03  # between two orders of a bot


class Worker:
    """A thread that repeats something until it is told to stop, or until it fails."""

    def __init__(self, name: str) -> None:
        self.name, self.error, self.done = name, None, 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive(), self.name

    def work(self):
        """Be a generator that does one thing after the other."""
        raise NotImplementedError

    def _run(self) -> None:
        try:
            for _ in self.work():
                self.done += 1
                if self._stop.wait(PAUSE_SECONDS):
                    return
        except Exception as error:
            self.error = error


class Bot(Worker):
    """One client library with a live handle of its own."""

    def __init__(self, driver, source, exchange, **options) -> None:
        super().__init__(driver.__name__)
        self._driver, self._exchange = driver, exchange
        self.live = load_credentials(source, live=True, **{"refresh": LOOK} | options)
        self.sent: list[str] = []

    def uses(self, api_key: str) -> bool:
        return self.live.current.api_key.reveal() == api_key

    def work(self):
        try:
            with self._driver(self.live, self._exchange) as trade:
                for number in itertools.count():
                    name = f"{self.name}-{number}"
                    self.sent.append(name)
                    trade.order(name)
                    trade.account()
                    yield
        finally:
            self.live.close()


class Starter(Worker):
    """A bot that is started again and again, and trades once each time."""

    def __init__(self, source, exchange, **options) -> None:
        super().__init__("starter")
        self._source, self._exchange, self._options = source, exchange, options

    def work(self):
        while True:
            credentials = load_credentials(self._source, fresh=True, **self._options)
            with requests_client(credentials) as session:
                session.get(f"{self._exchange.url}/api/v3/account").raise_for_status()
            yield


class ThreeBots:
    """The three, and the one that starts anew.

    Args:
        source: of all of them.
        exchange: the local one.
        options: of their loads, such as `config`.
    """

    def __init__(self, source, exchange, **options) -> None:
        from drivers import by_ccxt, by_python_binance, by_requests

        self._exchange, self._deleted = exchange, set()
        self.bots = [
            Bot(driver, source, exchange, **options)
            for driver in (by_requests, by_python_binance, by_ccxt)
        ]
        self._all = [*self.bots, Starter(source, exchange, **options)]

    def __enter__(self):
        for worker in self._all:
            worker.start()
        self.go_on()
        return self

    def __exit__(self, kind, *_) -> None:
        for worker in self._all:
            worker.stop()
        if kind is None:
            self.assert_nothing_went_wrong()

    def go_on(self, times: int = 2) -> None:
        """Wait until each of them has done so much more: what was under way has ended by then."""
        enough = [(worker, worker.done + times) for worker in self._all]
        wait_for(lambda: all(w.done >= n or w.error for w, n in enough), "a trade")
        self.assert_nothing_went_wrong()

    def use(self, api_key: str) -> None:
        """Wait until all three trade with a key, and nothing of another is under way."""

        def have_swapped() -> bool:
            return all(bot.error or bot.uses(api_key) for bot in self.bots)

        wait_for(have_swapped, "the swap")
        self.go_on()

    def delete(self, api_key: str) -> None:
        """Delete a key at the exchange; who asks then whether it is gone is no bot."""
        self._deleted.add(api_key)
        self._exchange.keys.revoke(api_key)

    def rejected(self) -> list:
        """Return what was refused; each bot sends an order before it asks for anything else."""
        return [
            one
            for one in self._exchange.rejected()
            if one.is_order or one.api_key not in self._deleted
        ]

    def assert_nothing_went_wrong(self) -> None:
        assert [] == [(worker.name, worker.error) for worker in self._all if worker.error]
        assert [] == self.rejected()
        assert [] == self._exchange.mixed()
        assert [] == self._exchange.doubled()

    def assert_nothing_is_lost(self) -> None:
        """Once they have stopped: each order that was sent was placed, and only those."""
        placed = {r.client_order_id for r in self._exchange.requests if r.is_placed}
        assert {name for bot in self.bots for name in bot.sent} == placed


@contextmanager
def three_bots(source, exchange, **options):
    """Let them trade inside the block, and judge them at its end."""
    bots = ThreeBots(source, exchange, **options)
    with bots:
        yield bots
    bots.assert_nothing_is_lost()


def name() -> str:
    """Return a name for a secret that no other test has."""
    return f"bot-{token()[:12]}"
