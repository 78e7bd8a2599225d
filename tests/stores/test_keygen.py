"""`keygen` in each store that can be written: where the private half is, and where it never is."""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support import plain_environ, token

import binance_creds
from binance_creds import (
    ConfigurationError,
    ConflictError,
    KeyType,
    Secret,
    VerificationError,
    load_credentials,
)
from binance_creds.errors import SecretNotFoundError
from binance_creds.exchange import ExchangeCheck
from binance_creds.providers import SourceURI
from binance_creds.rotation import finish_keygen, keygen, staged
from binance_creds.rotation._places import Place
from binance_creds.signers._fingerprint import fingerprint_of
from binance_creds.storing import put
from binance_creds.storing._target import plan_of

IN_CHILD = Path(__file__).parent / "in_child"
SRC = Path(binance_creds.__file__).parents[1]


def secrets(key):
    return {field: Secret(text) for field, text in key.fields().items()}


def half_of(source: str):
    plan = plan_of(source, None)
    found = Place(plan, staged(plan.candidates[0]), None).read()
    return found and found.fields


@pytest.fixture
def check(exchange):
    return ExchangeCheck(base_url=exchange.url)


def register(exchange, public_key: str) -> Secret:
    api_key = token()
    exchange.keys.register_public_key(api_key, public_key)
    return Secret(api_key)


def test_a_key_waits_until_it_is_finished(source, exchange, check) -> None:
    old = exchange.issue()
    before = put(source, secrets(old)).fingerprint
    made = keygen(source)
    assert (made.key_type, made.is_new) == (KeyType.ED25519, True)
    assert keygen(source) == made._replace(is_new=False)
    with pytest.raises(ConflictError, match="a key of the type ED25519 already"):
        keygen(source, key_type=KeyType.RSA)  # what is shown would be registered by mistake
    assert load_credentials(source, fresh=True).fingerprint == before
    api_key = register(exchange, made.public_key)
    with pytest.raises(ConflictError, match=before):
        finish_keygen(source, api_key, verify=check)
    stored = finish_keygen(source, api_key, replace=before, verify=check)
    assert (stored.fingerprint, stored.replaced) == (fingerprint_of(api_key), before)
    assert load_credentials(source, fresh=True, verify=check).fingerprint == stored.fingerprint
    assert half_of(source) is None


def test_what_the_exchange_refuses_waits_still(source, exchange, check) -> None:
    keygen(source)
    with pytest.raises(VerificationError):
        finish_keygen(source, Secret(token()), verify=check)
    with pytest.raises(SecretNotFoundError):
        load_credentials(source, fresh=True)
    public_key = keygen(source).public_key
    api_key = register(exchange, public_key)
    assert finish_keygen(source, Secret(f"{api_key.reveal()}\n"), verify=check).replaced is None


def test_a_key_of_rsa_waits_as_well(tmp_path, exchange, check) -> None:
    tmp_path.chmod(0o700)
    source = f"dotenv:{tmp_path}/.env"
    made = keygen(source, key_type=KeyType.RSA)
    finish_keygen(source, register(exchange, made.public_key), verify=check)
    assert load_credentials(source, fresh=True).key_type == made.key_type == KeyType.RSA


class Program:
    """`binance-creds keygen` in a process of its own."""

    def __init__(self, source: str, tmp_path: Path) -> None:
        self.source, self.folder = source, tmp_path

    def run(self, *options: str, given: str = "", kill_at: int = 0, code: str = ""):
        environ = {
            "PYTHONPATH": f"{IN_CHILD}{os.pathsep}{SRC}",
            "PYTHONDONTWRITEBYTECODE": "1",
            "KILL_AT": str(kill_at or ""),
            "HOME": str(self.folder),
            "TMPDIR": str(self.folder),
        }
        start = ["-c", code] if code else ["-m", "binance_creds"]
        return subprocess.run(
            [sys.executable, *start, "keygen", self.source, *options],
            env=plain_environ(**environ), input=given, capture_output=True, text=True,
            cwd=self.folder,
        )  # fmt: skip


@pytest.fixture
def program(source, tmp_path):
    folder = tmp_path / "home"
    folder.mkdir(0o700)
    return Program(source, folder)


# What the process shows of itself, at its end: arguments, variables, memory limits.
SHOWN = """
import os, resource, sys
from binance_creds.cli import main
# Opened before the process is hardened, after which a user may not; read afterwards.
shown = [open(f"/proc/self/{name}") for name in ("cmdline", "environ")]
code = main(sys.argv[1:])
for file in shown:
    sys.stderr.write(file.read().replace(chr(0), " ") + chr(10))
sys.stderr.write(f"core {resource.getrlimit(resource.RLIMIT_CORE)}" + chr(10))
sys.exit(code)
"""


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="/proc is of Linux")
def test_the_private_half_is_nowhere_else(program, source) -> None:
    done = program.run("--json", code=SHOWN)
    assert done.returncode == 0, done.stderr
    assert "core (0, " in done.stderr
    public_key = json.loads(done.stdout)["key"]["public_key"]
    text = half_of(source)["private_key"].reveal()
    seed = base64.b64decode("".join(text.split()[3:-3]))[-32:]
    canaries = {text.split("\n")[1], seed.hex(), base64.b64encode(seed).decode()}
    assert keygen(source).public_key == public_key
    everywhere = [done.stdout, done.stderr]
    everywhere += [it.read_bytes().decode("latin-1") for it in files_under(program.folder)]
    for place in everywhere:
        assert not any(canary in place for canary in canaries)


def files_under(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.product
@pytest.mark.parametrize("source", ["dotenv", "aws-sm"], indirect=True)
def test_what_is_killed_anywhere_is_repeated(program, source, exchange) -> None:
    """At each thing that `keygen` and its end change; the old pair works until the new one does."""
    old = exchange.issue()
    held = put(source, secrets(old)).fingerprint
    for step in range(1, 100):
        made = program.run(kill_at=step)
        public_key = keygen(source).public_key
        api_key = register(exchange, public_key)
        words = ("--finish", "--offline", "--replace", held)
        done = program.run(*words, given=api_key.reveal(), kill_at=step)
        assert done.returncode in {0, -signal.SIGKILL}, done.stderr
        fingerprint = load_credentials(source, fresh=True).fingerprint
        assert fingerprint in {held, fingerprint_of(api_key)}
        again = program.run(*words, given=api_key.reveal())
        assert again.returncode == 0, again.stderr
        held = load_credentials(source, fresh=True).fingerprint
        assert held == fingerprint_of(api_key)
        assert half_of(source) is None
        if made.returncode == done.returncode == 0:
            break
    assert step > 2


def test_the_command_says_what_to_do(tmp_path, exchange) -> None:
    tmp_path.chmod(0o700)
    program = Program(f"dotenv:{tmp_path}/.env", tmp_path)
    made = program.run()
    assert made.stdout.startswith("-----BEGIN PUBLIC KEY-----\n")
    assert re.search(
        r"waits in dotenv:.*\?prefix=.*Register.*keygen dotenv:.* --finish", made.stderr
    )
    assert "was waiting already" in program.run().stderr
    api_key = register(exchange, made.stdout)
    done = program.run("--finish", "--base-url", exchange.url, given=api_key.reveal())
    assert (done.returncode, done.stderr) == (0, "")
    assert f"holds the key {fingerprint_of(api_key)} now" in done.stdout
    without = program.run("--finish", "--offline", given=token())
    assert (without.returncode, "no private key waits" in without.stderr) == (1, True)


def test_what_cannot_be_made_is_told(tmp_path, exchange) -> None:
    tmp_path.chmod(0o700)
    source = f"dotenv:{tmp_path}/.env"
    with pytest.raises(ConfigurationError, match="ED25519 and RSA"):
        keygen(source, key_type=KeyType.HMAC)
    key = token()
    for act in (keygen, lambda it: finish_keygen(it, Secret(token()))):
        with pytest.raises(ConfigurationError) as caught:
            act(key)
        assert key not in str(caught.value)
    two = {"profiles": {"main": {"source": ["env://A", source]}}}
    with pytest.raises(ConfigurationError, match="several sources"):
        keygen("main", config=two)
    put(f"{source}?prefix=NEXT_BINANCE", secrets(exchange.issue()))
    with pytest.raises(ConflictError, match="waits there already"):
        keygen(source)


def test_half_of_an_hmac_pair_is_no_key_that_waits(tmp_path) -> None:
    tmp_path.chmod(0o700)
    path = tmp_path / ".env"
    path.touch(0o600)
    path.write_text(f"NEXT_BINANCE_API_SECRET={token()}\n")
    with pytest.raises(ConflictError, match="neither a pair nor a private key"):
        keygen(f"dotenv:{path}")
    uri = SourceURI.parse(f"dotenv:{path}")
    place = Place(plan_of(str(uri.scheme + ":" + uri.location), None), staged(uri), None)
    with pytest.raises(ConflictError, match="not of this rotation"):
        place.erase("0a1b2c3d")
