"""A function of AWS Lambda that asks for its account, through freezes and rotations.

`BINANCE_CREDS_SOURCE` names the secret, as in `aws-sm://prod/binance/main`.
"""

import os
import time

from binance_creds import CredentialsError, RefreshPolicy, load_credentials
from binance_creds.adapters.httpx import client

EXCHANGE = os.environ.get("BOT_EXCHANGE", "https://testnet.binance.vision")
ASLEEP_SECONDS = 60

# Made once for each environment that Lambda starts, and used by every call in it.
LIVE = load_credentials(live=True, refresh=RefreshPolicy(poll="1m", ttl="5m", max_stale="1h"))
HTTP = client(LIVE, base_url=EXCHANGE)
last_call = time.time()


def wake() -> None:
    """After a freeze, in which nothing was watched, ask the store before the first request."""
    global last_call
    now = time.time()  # the wall clock is right after a freeze, also where the others stood still
    if now - last_call > ASLEEP_SECONDS:
        try:
            LIVE.refresh(timeout_seconds=5)
        except CredentialsError as error:  # the store is down: the pair is served until max_stale
            print(error)
    last_call = now


def handler(event, context):
    wake()
    answer = HTTP.get("/api/v3/account")
    return {"status": answer.status_code, "key": LIVE.current.fingerprint}
