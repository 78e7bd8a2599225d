"""One program reads every store; only BINANCE_CREDS_SOURCE differs."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from shops import SHOPS
from support import plain_environ, token

from binance_creds.providers._registry import _BUILT_IN

PROGRAM = Path(__file__).parents[2] / "examples" / "switch_stores.py"
IN_CHILD = Path(__file__).parent / "in_child"
NOT_HERE = {"memory"}  # what another process registered is not in this one: that is its point
SIGNED = b"recvWindow=5000&timestamp=1578963600000"


@pytest.fixture
def pair() -> dict[str, str]:
    return {"api_key": token(), "api_secret": token()}


def env(pair, folder, open_shop):
    return "env://BINANCE", _variables(pair)


def dotenv(pair, folder, open_shop):
    _write(folder / ".env", "\n".join(f"{k}={v}" for k, v in _variables(pair).items()))
    return "dotenv:.env", {}


def file(pair, folder, open_shop):
    _write(folder / "pair.json", json.dumps(pair))
    return "file:pair.json", {}


def keyring(pair, folder, open_shop):
    _write(folder / "shelf.json", json.dumps({"binance/main": json.dumps(pair)}))
    shelf = {
        "SHELF": str(folder / "shelf.json"),
        "PYTHON_KEYRING_BACKEND": "shelf_keychain.Keyring",
    }
    return "keyring://binance/main", shelf


def at_a_shop(scheme):
    def arrange(pair, folder, open_shop):
        shop = open_shop("vault" if scheme == "openbao" else scheme)
        name = f"bot-{token()[:12]}"
        shop.put(name, pair)
        return shop.source(name).replace(shop.scheme, scheme, 1), shop.environ

    return arrange


STORES = {
    "env": env, "dotenv": dotenv, "file": file, "keyring": keyring,
    **{scheme: at_a_shop(scheme) for scheme in (*SHOPS, "openbao")},
}  # fmt: skip


def test_no_scheme_is_forgotten() -> None:
    assert STORES.keys() | NOT_HERE == _BUILT_IN.keys()


@pytest.mark.parametrize("scheme", STORES)
def test_the_same_program_reads(scheme, pair, tmp_path, open_shop) -> None:
    """And leaves no connection open at its end: that would be told on standard error."""
    source, environ = STORES[scheme](pair, tmp_path, open_shop)
    run = subprocess.run(
        [sys.executable, PROGRAM],
        env=plain_environ(
            BINANCE_CREDS_SOURCE=source,
            PYTHONWARNINGS="default::ResourceWarning",
            PYTHONPATH=os.pathsep.join([str(IN_CHILD), os.environ.get("PYTHONPATH", "")]),
            **environ,
        ),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (run.returncode, run.stderr) == (0, "")
    shown = dict(line.split(":", 1) for line in run.stdout.splitlines())
    assert shown["origin"].strip().startswith(f"{scheme}:")
    fingerprint = hashlib.sha256(pair["api_key"].encode()).hexdigest()[:8]
    assert fingerprint == shown["fingerprint"].strip()
    signature = hmac.new(pair["api_secret"].encode(), SIGNED, hashlib.sha256).hexdigest()
    assert signature == shown["signature"].strip()
    assert not any(value in run.stdout for value in pair.values())


def _variables(pair: dict[str, str]) -> dict[str, str]:
    return {f"BINANCE_{name.upper()}": value for name, value in pair.items()}


def _write(path: Path, text: str) -> None:
    path.touch(0o600)
    path.write_text(text)
