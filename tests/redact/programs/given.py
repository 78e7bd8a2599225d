"""What the programs of this folder are given: a canary that they load, and whether to redact."""

from __future__ import annotations

import json
import os
import sys

from binance_creds import load_credentials
from binance_creds.providers import memory

GIVEN = json.loads(os.environ["CANARY"])
MESSAGE, URL, HEADERS = GIVEN["message"], GIVEN["url"], GIVEN["headers"]
SECRET, API_KEY, PEM = GIVEN["secret"], GIVEN["api_key"], GIVEN["pem"]
IS_REDACTED = sys.argv[1] == "redacted"

LOADED = []
for number, fields in enumerate(GIVEN["fields"]):
    memory.register(f"canary{number}", fields)
    LOADED.append(load_credentials(f"memory:canary{number}"))


def fail() -> None:
    api_secret, headers, nested = SECRET, HEADERS, {"pem": [PEM], "url": URL}
    raise RuntimeError(f"{MESSAGE} {bool(api_secret and headers and nested)}")
