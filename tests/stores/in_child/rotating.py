"""Carry out parts of rotations, each in a fork that may be told to end at its n-th change.

Reads one JSON object a line: what to do, and with what; answers with one. Forks of a process that
has imported everything are quick.
"""

import json
import os
import sys

import httpx  # noqa: F401  # as said above
import kill_at

from binance_creds import Secret
from binance_creds.errors import CredentialsError
from binance_creds.exchange import ExchangeCheck
from binance_creds.providers import SourceURI, provider_for
from binance_creds.rotation import Rotation

SOURCE, EXCHANGE, REPORTS, FOLDER = sys.argv[1:]


def carried_out(act, overlap, answers, new=None):
    rotation = Rotation(
        SOURCE,
        verify=ExchangeCheck("spot-trading", base_url=EXCHANGE),
        overlap=overlap,
        reports=[REPORTS],
        ask=lambda question, _: question in answers,
        folder=FOLDER,
    )
    pair = None if new is None else {name: Secret(text) for name, text in new.items()}
    progress = getattr(rotation, act)(*([] if pair is None else [pair]))
    return {"step": progress.step, "old": progress.old, "new": progress.new}


def answered(said):
    kill_at.begin(said.pop("kill_at", 0))
    try:
        return carried_out(**said)
    except CredentialsError as error:
        return {"step": None, "code": error.code, "error": str(error)}


provider_for(SourceURI.parse(SOURCE)).close()
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        code = 1
        try:
            print(json.dumps(answered(json.loads(line))), flush=True)
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    if status:
        print(json.dumps({"step": "killed", "status": status}), flush=True)
