"""The bot of the deployment pages: it asks for its account, through rotations, until it is ended.

`BINANCE_CREDS_SOURCE` says where its key is, and `BINANCE_ENVIRONMENT` of which environment it is.
`BOT_EXCHANGE` is the address of the exchange, `BOT_PAUSE_SECONDS` the time between two requests.
"""

import os
import signal
import sys
import threading

import httpx

from binance_creds import CredentialsError, load_credentials
from binance_creds.adapters.httpx import client
from binance_creds.live import LiveCredentials

EXCHANGE = os.environ.get("BOT_EXCHANGE", "https://testnet.binance.vision")
PAUSE_SECONDS = float(os.environ.get("BOT_PAUSE_SECONDS", "60"))


def say(text: str) -> None:
    print(text, flush=True)


def trade(http: httpx.Client, live: LiveCredentials, stop: threading.Event) -> None:
    """Do what a bot does with each request, here with one that only reads."""
    while not stop.is_set():
        used = live.current
        try:
            answer = http.get("/api/v3/account")
        except httpx.TransportError as error:
            say(f"no answer: {type(error).__name__}")
        else:
            found = answer.json()
            key = used.fingerprint
            say(f"{key}: {found.get('accountType') or (found['code'], found['msg'])}")
        stop.wait(PAUSE_SECONDS)


def main() -> None:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with load_credentials(live=True) as live, client(live, base_url=EXCHANGE) as http:
        live.on_rotation(lambda _: say("the key was replaced"))
        say(
            f"key {live.current.fingerprint} of {live.current.environment.value}, from {live.current.origin}"
        )
        trade(http, live, stop)
    say("ended")


if __name__ == "__main__":
    try:
        main()
    except CredentialsError as error:  # what is wrong, where, and what to do; never a value
        sys.exit(str(error))
