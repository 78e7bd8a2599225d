"""A bot that keeps trading through a rotation, without a restart and without a refused request.

The key is replaced in its file while the bot signs with one client that was built once. The old key
is revoked at the exchange only after the bot has used the new one, as its owner should do it.
"""

import json
import os
import tempfile
import threading
import time
from pathlib import Path

from binance_creds import RefreshPolicy, load_credentials
from binance_creds.adapters import python_binance
from binance_creds.live import Action
from binance_creds.testing import FakeExchange


def write(path: Path, fields: dict[str, str]) -> None:
    """Replace the file in one step, as every tool that rotates should."""
    new = path.with_suffix(".new")
    new.touch(mode=0o600)
    new.write_text(json.dumps(fields))
    os.replace(new, path)


def trade(client, live, stop: threading.Event) -> int:
    """Ask for the account until `stop` is set; return how often."""
    asked = 0
    while not stop.is_set():
        used = live.current
        try:
            client.get_account()
        except Exception as error:  # of python-binance, requests, or the network
            decision = live.report_rejection(error, used=used)
            print("rejected:", decision.action.value, decision.reason)
            if decision.action is Action.GIVE_UP:
                raise
            time.sleep(decision.wait_seconds)
        asked += 1
    return asked


def wait_for_requests(exchange: FakeExchange, live, count: int) -> None:
    """Wait until the exchange has accepted this many requests with the current key."""
    api_key = live.current.api_key.reveal()
    while exchange.accepted(api_key) < count:
        time.sleep(0.01)


def main() -> None:
    with FakeExchange() as exchange, tempfile.TemporaryDirectory() as folder:
        path, old = Path(folder) / "pair.json", exchange.issue()
        write(path, old.fields())
        policy = RefreshPolicy(poll="30s", max_stale="1h", overlap="24h")
        with load_credentials(f"file:{path}", live=True, refresh=policy) as live:
            print("watched by:", ", ".join(live.status().change_sources))
            rotated = threading.Event()

            @live.on_rotation
            def print_rotation(rotation) -> None:
                print("rotated; the old key is still there:", live.previous is not None)
                rotated.set()

            client = python_binance.client(live, base_url=exchange.url)
            stop = threading.Event()
            bot = threading.Thread(target=trade, args=(client, live, stop))
            bot.start()
            write(path, exchange.issue().fields())  # the owner rotates
            rotated.wait()
            wait_for_requests(exchange, live, 1)  # no request with the old key is under way now
            exchange.keys.revoke(old.api_key)  # a day later, in real life
            wait_for_requests(exchange, live, 20)
            stop.set()
            bot.join()
            print("status:", live.status().state.value)
        print("refused by the exchange:", len(exchange.rejected()))


if __name__ == "__main__":
    main()
