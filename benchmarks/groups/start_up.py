"""What a program pays until it has a key pair: a process for each figure."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import binance_creds
from benchmarks.core import Bench, Case, Comparison

TITLE: Final = "Start-up"
ABOUT: Final = (
    "A new process imports a library and gets a key pair, or makes the client that would get it,"
    " without any request. Its processor time is divided by that of an interpreter that does"
    " nothing. `python-binance`, `ccxt` and `binance-common` make their client with a key given."
)
BARE: Final = "a bare interpreter"
FLOOR: Final = """
import hmac, os
key, secret = os.environ["BINANCE_API_KEY"], os.environ["BINANCE_API_SECRET"]
hmac.new(secret.encode(), b"", "sha256")"""
OURS: Final = {
    "binance-creds, environment": "from binance_creds import load_credentials\n"
    "load_credentials('env://BINANCE')",
    "binance-creds, .env": "from binance_creds import load_credentials\n"
    "load_credentials('dotenv:.env')",
    "binance-creds, .env with a verifier": "from binance_creds import load_credentials\n"
    "load_credentials('dotenv:.env', verify=lambda creds: None)",
    "binance-creds, live handle on .env": "from binance_creds import load_credentials\n"
    "load_credentials('dotenv:.env', live=True)",
}
PEERS: Final = {  # the module that is needed, and the program
    "python-dotenv": ("dotenv", "from dotenv import dotenv_values\ndotenv_values('.env')"),
    "pydantic-settings": (
        "pydantic_settings",
        (
            "from pydantic import SecretStr\nfrom pydantic_settings import BaseSettings\n"
            "class Settings(BaseSettings):\n    binance_api_key: SecretStr\n"
            "    binance_api_secret: SecretStr\nSettings(_env_file='.env')"
        ),
    ),
    "dynaconf": (
        "dynaconf",
        (
            "from dynaconf import Dynaconf\n"
            "Dynaconf(load_dotenv=True, envvar_prefix='BINANCE').API_KEY"
        ),
    ),
    "keyring": ("keyring", "import keyring\nkeyring.get_keyring()"),
    "boto3": ("boto3", "import boto3\nboto3.client('secretsmanager', region_name='eu-west-1')"),
    "hvac": ("hvac", "import hvac\nhvac.Client('http://127.0.0.1:1', token='t')"),
    "google-cloud-secret-manager": (
        "google.cloud.secretmanager",
        (
            "from google.auth.credentials import AnonymousCredentials\n"
            "from google.cloud.secretmanager import SecretManagerServiceClient\n"
            "SecretManagerServiceClient(credentials=AnonymousCredentials())"
        ),
    ),
    "azure-keyvault-secrets": (
        "azure.keyvault.secrets",
        (
            "from azure.identity import DefaultAzureCredential\n"
            "from azure.keyvault.secrets import SecretClient\n"
            "SecretClient('https://v.vault.azure.net', DefaultAzureCredential())"
        ),
    ),
    "python-binance": ("binance.client", "import binance\nbinance.Client('k', 's', ping=False)"),
    "ccxt": ("ccxt", "import ccxt\nccxt.binance({'apiKey': 'k', 'secret': 's'})"),
    "binance-common": (
        "binance_sdk_spot",
        (
            "from binance_common.configuration import ConfigurationRestAPI\n"
            "from binance_sdk_spot.spot import Spot\n"
            "Spot(config_rest_api=ConfigurationRestAPI(api_key='k', api_secret='s'))"
        ),
    ),
}
WHY_LATER: Final = (
    "It also starts the thread that serves all handles, or calls a verifier, and loads what they"
    " need; a `.env` alone is read sooner."
)
WHY_MORE: Final = (
    "Its modules are many and small, and a program loads those that it uses; together they take less"
    " time and memory."
)
WEIGHT: Final = """
import re, sys
print(len(sys.modules), re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])"""
QUICK: Final = {"python-dotenv", "keyring"}


def comparisons(bench: Bench) -> Iterator[Comparison]:
    path = bench.folder / ".env"
    path.touch(0o600)
    path.write_text(f"BINANCE_API_KEY={'k1' * 32}\nBINANCE_API_SECRET={'s2' * 32}\n")
    present = {
        name: code
        for name, (module, code) in PEERS.items()
        if (name in QUICK or not bench.is_trial) and bench.has(name, module)
    }
    programs = {BARE: "pass", "os.environ and hmac, the floor": FLOOR, **OURS, **present}

    def rows(measure, why: str) -> list[Case]:
        return [
            Case(name, lambda code=code: measure(code, bench.folder), why=why)
            for name, code in programs.items()
        ]

    yield Comparison("Time of the processor", "ms", rows(milliseconds, WHY_LATER), base=BARE)
    yield Comparison("Memory at most", "MB", rows(megabytes, WHY_LATER), base=BARE, rounds=1)
    yield Comparison("Modules imported", "modules", rows(modules, WHY_MORE), base=BARE, rounds=1)


def milliseconds(code: str, folder: Path) -> float:
    used, _ = run(code, folder)
    return (used.ru_utime + used.ru_stime) * 1000


def megabytes(code: str, folder: Path) -> float:
    return float(weight(code, folder)[1]) / 1024


def modules(code: str, folder: Path) -> float:
    return float(weight(code, folder)[0])


def weight(code: str, folder: Path) -> list[str]:
    """Return the number of modules at the end, and the largest size of the process in KiB."""
    return run(code + WEIGHT, folder)[1].splitlines()[-1].split()


def run(code: str, folder: Path) -> tuple[object, str]:
    """Return what a program used, and what it printed."""
    command = [sys.executable, "-P", "-c", code]
    started = subprocess.Popen(
        command,
        cwd=folder,
        env=environ(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with started.stdout as out, started.stderr as err:
        printed, complaint = out.read(), err.read()
    _, status, used = os.wait4(started.pid, 0)
    started.returncode = os.waitstatus_to_exitcode(status)
    if status:
        raise RuntimeError(f"{code!r} failed: {complaint}")
    return used, printed


def environ() -> dict[str, str]:
    kept = {name: it for name, it in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {
        **kept,
        "BINANCE_API_KEY": "k1" * 32,
        "BINANCE_API_SECRET": "s2" * 32,
        "PYTHONPATH": str(Path(binance_creds.__file__).parents[1]),
    }
