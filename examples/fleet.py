"""Three bots in three processes rotate after one announcement through Redis.

The message names the secret and its version, never a value; each bot reads the source itself. It
starts a Redis server of its own, where one is installed.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from binance_creds import RefreshPolicy, load_credentials
from binance_creds.errors import CredentialsError
from binance_creds.live import Announcement
from binance_creds.testing import FakeExchange

BOTS = 3
NAME = "$CREDENTIALS_DIRECTORY/pair.json"  # as systemd gives it; not watched, like a store


def bot(source: str, redis: str) -> None:
    """Wait for the one rotation; polls are an hour apart, so only the announcement can cause it."""
    policy = RefreshPolicy(poll="1h", max_stale="2h", push=[redis])
    with load_credentials(source, live=True, refresh=policy) as live:
        first = live.current
        while "redis" not in live.status().change_sources:
            time.sleep(0.01)
        print("listening", flush=True)
        while live.current is first:
            time.sleep(0.01)
        print("rotated", flush=True)


def write(path: Path, fields: dict[str, str]) -> None:
    new = path.with_suffix(".new")
    new.touch(mode=0o600)
    new.write_text(json.dumps(fields))
    os.replace(new, path)


def announced(redis: str) -> bool:
    """Announce the change, as soon as the server is up."""
    from binance_creds.live.push.redis import announce

    for _ in range(100):
        try:
            announce(redis, Announcement(scheme="file", name=NAME))
        except CredentialsError:
            time.sleep(0.05)
        else:
            return True
    return False


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def fleet(server: str, path: Path) -> None:
    port = free_port()
    redis = f"redis://127.0.0.1:{port}/0"
    command = [server, "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    started = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    environ = {**os.environ, "CREDENTIALS_DIRECTORY": str(path.parent)}
    command = [sys.executable, __file__, f"file:{NAME}", redis]
    bots = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ)
        for _ in range(BOTS)
    ]
    try:
        for one in bots:
            print("a bot is", one.stdout.readline().strip())
        write(path, FakeExchange().issue().fields())
        print("announced:", announced(redis))
        for one in bots:
            print("a bot has", one.stdout.readline().strip())
            one.wait(10)
            one.stdout.close()
    finally:
        for one in (*bots, started):
            one.kill()
            one.wait()


def main() -> None:
    server = shutil.which("redis-server")
    if server is None:
        print("skipped: there is no redis-server on this machine")
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pair.json"
        write(path, FakeExchange().issue().fields())
        fleet(server, path)


if __name__ == "__main__":
    bot(*sys.argv[1:]) if len(sys.argv) > 1 else main()
