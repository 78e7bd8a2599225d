"""What a signed request costs with an adapter, against its client alone, which signs by itself.

Both send to a server in another process that answers at once. Budget: 1.3 times the client alone.
Clients that are not installed are left out: binance-connector cannot be beside python-binance.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
import statistics
import subprocess
import sys
import time
from contextlib import suppress
from urllib.parse import urlencode

from binance_creds import ProviderNotInstalledError, load_credentials
from binance_creds.providers import memory

KEY, SECRET = secrets.token_hex(32), secrets.token_hex(32)
ACCOUNT, ROUNDS, REQUESTS = "/api/v3/account", 31, 40
SERVER = """
import socket, threading
ANSWER = b"HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\nContent-Length: 2\\r\\n\\r\\n{}"

def serve(connection):
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    data = b""
    while received := connection.recv(65536):
        data += received
        while b"\\r\\n\\r\\n" in data:
            data = data.partition(b"\\r\\n\\r\\n")[2]
            connection.sendall(ANSWER)

server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
while True:
    threading.Thread(target=serve, args=server.accept()[:1], daemon=True).start()
"""


def by_hand() -> tuple[str, dict[str, str]]:
    """Return query and headers as a program without this library makes them."""
    query = urlencode({"timestamp": int(time.time() * 1000), "recvWindow": 5000})
    signature = hmac.new(SECRET.encode(), query.encode(), hashlib.sha256).hexdigest()
    return f"{query}&signature={signature}", {"X-MBX-APIKEY": KEY}


def of_requests(creds, url):
    import requests

    from binance_creds.adapters import requests as adapter

    alone, ours, auth = requests.Session(), adapter.client(creds), requests.Session()
    auth.auth = adapter.BinanceAuth(creds)

    def plain() -> None:
        query, headers = by_hand()
        alone.get(f"{url}{ACCOUNT}?{query}", headers=headers)

    yield "requests, client", plain, lambda: ours.get(url + ACCOUNT)
    yield "requests, BinanceAuth", plain, lambda: auth.get(url + ACCOUNT)


def of_httpx(creds, url):
    import httpx

    from binance_creds.adapters import httpx as adapter

    alone, ours = httpx.Client(), adapter.client(creds)
    auth = httpx.Client(auth=adapter.BinanceAuth(creds))

    def plain() -> None:
        query, headers = by_hand()
        alone.get(f"{url}{ACCOUNT}?{query}", headers=headers)

    yield "httpx, client", plain, lambda: ours.get(url + ACCOUNT)
    yield "httpx, BinanceAuth", plain, lambda: auth.get(url + ACCOUNT)


def of_httpx_async(creds, url):
    import httpx

    from binance_creds.adapters import httpx as adapter

    loop = asyncio.new_event_loop()
    alone, ours = httpx.AsyncClient(), adapter.async_client(creds)

    def plain() -> None:
        query, headers = by_hand()
        loop.run_until_complete(alone.get(f"{url}{ACCOUNT}?{query}", headers=headers))

    yield "httpx, async_client", plain, lambda: loop.run_until_complete(ours.get(url + ACCOUNT))


def of_python_binance(creds, url):
    from binance.client import Client

    from binance_creds.adapters import python_binance as adapter

    alone, ours = Client(KEY, SECRET, ping=False), adapter.client(creds, base_url=url, ping=False)
    alone.API_URL = f"{url}/api"
    yield "python-binance", alone.get_account, ours.get_account


def of_binance_connector(creds, url):
    from binance.spot import Spot

    from binance_creds.adapters import binance_connector as adapter

    alone, ours = Spot(KEY, SECRET, base_url=url), adapter.client(creds, base_url=url)
    yield "binance-connector", alone.account, ours.account


def seconds(call) -> float:
    """Return what calls cost this process; what it waits for others meanwhile counts for neither."""
    began = time.process_time()
    for _ in range(REQUESTS):
        call()
    return time.process_time() - began


def ratio(alone, ours) -> tuple[float, float, float]:
    """Return the medians of both in microseconds, and the median of the ratios of neighbours."""
    for call in (alone, ours):
        seconds(call)
    taken = [seconds(call) for _ in range(ROUNDS) for call in (alone, ours)]
    ratios = [b / a for a, b in zip(taken[::2], taken[1::2], strict=True)]
    medians = (statistics.median(half) / REQUESTS * 1e6 for half in (taken[::2], taken[1::2]))
    return (*medians, statistics.median(ratios))


def main() -> None:
    memory.register("bench", {"api_key": KEY, "api_secret": SECRET})
    creds = load_credentials("memory:bench")
    command = [sys.executable, "-c", SERVER]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        url = f"http://127.0.0.1:{server.stdout.readline().strip()}"
        for rows in (
            of_requests,
            of_httpx,
            of_httpx_async,
            of_python_binance,
            of_binance_connector,
        ):
            with suppress(ImportError, ProviderNotInstalledError):
                for name, alone, ours in rows(creds, url):
                    before, after, times = ratio(alone, ours)
                    print(f"{name:22} {before:6.0f} us alone, {after:6.0f} us: {times:.2f}x")
        server.kill()


if __name__ == "__main__":
    main()
