"""p11-kit between a program and SoftHSM: another process has the token, as a device would."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from programs import program
from waiting import is_listening, wait_for

if TYPE_CHECKING:
    from pathlib import Path

    from softhsm import SoftHsm

CLIENTS = (
    "/usr/lib/x86_64-linux-gnu/pkcs11/p11-kit-client.so",
    "/usr/lib/aarch64-linux-gnu/pkcs11/p11-kit-client.so",
)


class P11Kit:
    """Serve a SoftHSM through a socket: a group of processes that can be stopped.

    Attributes:
        module: what a program loads, of a name that no other test has loaded.
        socket: where it asks; P11_KIT_SERVER_ADDRESS is `unix:path=` and this.
    """

    def __init__(self, hsm: SoftHsm, folder: Path) -> None:
        client = next((path for path in CLIENTS if os.path.exists(path)), None)
        if client is None and os.environ.get("CI") != "true":
            pytest.skip("p11-kit-client.so is not installed")
        self.module, self.socket = f"{folder}/p11-kit-client.so", f"{folder}/p11-kit"
        shutil.copy(client, self.module)
        self._hsm = hsm
        self.start()

    def start(self) -> None:
        with suppress(FileNotFoundError):  # one that was killed leaves it
            os.unlink(self.socket)
        command = [program("p11-kit"), "server", "--foreground", "--name", self.socket]
        self._process = subprocess.Popen(
            [*command, "--provider", self._hsm.library, "pkcs11:"],
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            env=os.environ | {"SOFTHSM2_CONF": self._hsm.configuration},
        )
        wait_for(lambda: is_listening(self.socket))

    @property
    def pid(self) -> int:
        return self._process.pid

    def pause(self) -> None:
        os.killpg(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.killpg(self.pid, signal.SIGCONT)

    def kill(self) -> None:
        os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
