"""A function of AWS Lambda that asks for its account, through freezes and rotations.

`BINANCE_CREDS_SOURCE` names the secret, as in `aws-sm://prod/binance/main`.
"""

import os

from binance_creds import RefreshPolicy, load_credentials
from binance_creds.adapters.httpx import client

EXCHANGE = os.environ.get("BOT_EXCHANGE", "https://testnet.binance.vision")

# Both are made once for each environment of the function, and are used by every call in it.
LIVE = load_credentials(live=True, refresh=RefreshPolicy(poll="5m", ttl="5m", max_stale="15m"))
HTTP = client(LIVE, base_url=EXCHANGE)


def handler(event, context):
    answer = HTTP.get("/api/v3/account")
    return {
        "status": answer.status_code,
        "key": LIVE.current.fingerprint,
        "state": LIVE.status().state.value,
    }
