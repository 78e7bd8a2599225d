"""A real Secret Service is written by several programs, and by one that is killed."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import ExitStack

import pytest
from support import pair, token
from waiting import PATIENCE

from binance_creds import Secret, load_credentials
from binance_creds.storing import put

pytestmark = [pytest.mark.real_server, pytest.mark.unmeasured]

MAIN = "keyring://binance/main"
PRELUDE = """
import os, secrets, sys
from keyring import set_keyring
from keyring.backends.SecretService import Keyring
from binance_creds import Secret, load_credentials
from binance_creds.errors import ConflictError
from binance_creds.storing import put
set_keyring(Keyring())
source = "keyring://binance/main"
def pair_of(key):
    return dict(api_key=Secret(key), api_secret=Secret(secrets.token_hex(32)))
"""


def secrets_of(fields) -> dict[str, Secret]:
    return {name: Secret(text) for name, text in fields.items()}


def held():
    return load_credentials(MAIN, fresh=True)


def program(environ, code: str, **more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PRELUDE + code], env={**environ, **more}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def test_programs_that_write_at_once_take_turns(secret_service, bus) -> None:
    """Each counts up what it has read, until it wins; so many wins are in the end."""
    key = token()[:56]
    put(MAIN, secrets_of({"api_key": f"{key}{0:08}", "api_secret": token()}))
    code = """
for _ in range(3):
    while True:
        now = load_credentials(source, fresh=True)
        number = int(now.api_key.reveal()[-8:]) + 1
        try:
            put(source, pair_of(f"{os.environ['KEY']}{number:08}"), replace=now.fingerprint)
            break
        except ConflictError:
            pass
"""
    with ExitStack() as stack:
        writers = [stack.enter_context(program(bus, code, KEY=key)) for _ in range(2)]
        assert [writer.communicate(timeout=PATIENCE)[0] for writer in writers] == ["", ""]
    assert int(held().api_key.reveal()[-8:]) == 6


@pytest.mark.parametrize("is_done", [True, False], ids=["behind the write", "before it"])
def test_a_kill_leaves_one_pair_or_the_other(secret_service, bus, is_done) -> None:
    """It is one item, so that there is no half; and nothing stands in the way of the next."""
    old, new = pair(), token()
    put(MAIN, secrets_of(old))
    code = """
import secretstorage
real = secretstorage.Item.set_secret
def killed(self, *given):
    if os.environ["DONE"]:
        real(self, *given)
    os.kill(os.getpid(), 9)
secretstorage.Item.set_secret = killed
put(source, pair_of(os.environ["NEW"]), replace=os.environ["MARK"])
"""
    more = {"NEW": new, "MARK": held().fingerprint, "DONE": "1" if is_done else ""}
    with program(bus, code, **more) as process:
        process.communicate(timeout=PATIENCE)
        assert process.returncode == -signal.SIGKILL
    assert held().api_key.reveal() == (new if is_done else old["api_key"])
    put(MAIN, secrets_of(pair()), replace=held().fingerprint)


def test_no_other_program_is_started(secret_service, bus) -> None:
    """Its arguments would show the pair to everybody."""
    code = """
def refuse(event, given):
    if event.startswith(("subprocess.", "os.exec", "os.posix_spawn", "os.fork", "os.system")):
        print(event)
sys.addaudithook(refuse)
put(source, pair_of(secrets.token_hex(32)))
print(load_credentials(source).fingerprint)
"""
    with program(bus, code) as process:
        printed = process.communicate(timeout=PATIENCE)[0]
    assert printed.split() == [held().fingerprint]
