"""A token that is pulled out, a module that hangs or is gone, a process that forks."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pkcs11
import pytest
from softhsm import PAYLOAD, text_of, verify
from support import caught
from waiting import PATIENCE, wait_for

from binance_creds.errors import ProviderUnavailableError, SecretNotFoundError

pytestmark = [pytest.mark.real_server, pytest.mark.unmeasured]
CHILDREN = Path(__file__).parent / "in_child"


def test_a_token_that_is_pulled_out_signs_again_once_it_is_back(hsm) -> None:
    signer = hsm.signer("token=usb;object=ed")
    hsm.pull_out("usb")
    errors = [caught(signer.sign, PAYLOAD) for _ in range(2)]
    errors.append(caught(hsm.signer, "token=usb;object=ed"))
    hsm.put_back("usb")
    for error in errors:
        assert type(error) is ProviderUnavailableError
        assert "the token was there and is not any more." == error.message
        assert error.source.startswith("pkcs11:token=usb;object=ed?")
    verify(signer)


def test_another_token_of_the_module_signs_all_the_while(hsm) -> None:
    gone, here = hsm.signer("token=usb;object=ed"), hsm.signer("token=bot;object=rsa")
    hsm.pull_out("usb")
    assert isinstance(caught(gone.sign, PAYLOAD), ProviderUnavailableError)
    verify(here)
    hsm.put_back("usb")
    verify(gone)
    verify(here)


def test_a_token_that_never_was_there_is_absent_until_it_comes(hsm) -> None:
    hsm.pull_out("empty")
    assert isinstance(caught(hsm.signer, "token=late"), SecretNotFoundError)
    hsm.add_token("late")
    error = caught(hsm.signer, "token=late")
    assert "the token has no private key that fits the URI." == error.message
    hsm.put_back("empty")


def test_a_module_that_does_not_start_signs_again_once_it_does(hsm, monkeypatch) -> None:
    signer = hsm.signer("token=usb;object=ed")
    hsm.pull_out("usb")
    with monkeypatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", "/nowhere/softhsm2.conf")
        errors = [caught(signer.sign, PAYLOAD) for _ in range(2)]
    hsm.put_back("usb")
    for error in errors:
        assert type(error) is ProviderUnavailableError
        assert "the token or its module reported a fault." == error.message
    verify(signer)


def test_a_module_that_other_code_has_ended_is_started_again(hsm) -> None:
    signer = hsm.signer("token=usb;object=ed")
    pkcs11.lib(hsm.module).finalize()
    verify(signer)


def run(name: str, *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, CHILDREN / name, *arguments],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def test_a_forked_child_and_its_parent_go_on_signing(hsm) -> None:
    done = run("forking.py", text_of(hsm.uri("token=bot;object=ed")))
    assert (0, "") == (done.returncode, done.stderr)


def calls(module: str) -> int:
    """Count the threads that are in a module."""
    return sum(module in thread.name for thread in threading.enumerate())


def test_a_module_that_hangs_ends_no_caller_and_takes_one_thread(hsm, remote) -> None:
    """Nothing cancels a call into C: it goes on in its thread, and the next ones begin no other."""
    path, options = "token=bot;object=rsa", {"module_path": remote.module, "timeout": "300ms"}
    signer = hsm.signer(path, **options)
    verify(signer)
    remote.pause()
    errors = [caught(signer.sign, PAYLOAD) for _ in range(5)]
    assert calls(remote.module) == 1
    remote.resume()
    for error in errors:
        assert type(error) is ProviderUnavailableError
        assert error.message.startswith("the token does not answer: ")
        assert "Check the device" in error.hint
    wait_for(lambda: calls(remote.module) == 0)
    verify(hsm.signer(path, module_path=remote.module))


def test_an_event_loop_goes_on_while_a_module_hangs(hsm, remote) -> None:
    signer = hsm.signer("token=bot;object=rsa", module_path=remote.module, timeout="300ms")
    remote.pause()

    async def main() -> list[str]:
        done: list[str] = []
        task = asyncio.create_task(signer.asign(PAYLOAD))
        for _ in range(3):
            await asyncio.sleep(0)
            done.append("loop")
        with suppress(ProviderUnavailableError):
            await task
        return [*done, "signature"]

    assert ["loop", "loop", "loop", "signature"] == asyncio.run(main())


def test_a_program_ends_while_a_module_hangs(hsm, remote) -> None:
    uri = hsm.uri("token=bot;object=rsa", module_path=remote.module, timeout="300ms")
    done = run("leaving.py", text_of(uri), str(remote.pid))
    assert (0, "") == (done.returncode, done.stderr)
    assert "the token does not answer: there was no answer in time." == done.stdout.strip()
