"""Keys in a token obey the laws of every key outside."""

from __future__ import annotations

import os
import signal

import pytest
from softhsm import text_of

from binance_creds.testing import SignerContract

pytestmark = pytest.mark.real_server


class TestLaws(SignerContract):
    """Of SoftHSM, and of a module whose device has stopped."""

    @pytest.fixture(autouse=True, params=["ed", "rsa"])
    def _token(self, hsm, request) -> None:
        self.hsm = hsm
        self.path = f"token=bot;object={request.param}"
        self.module: str | None = None
        if request.node.originalname == "test_nobody_waits_longer_than_the_deadline":
            remote = request.getfixturevalue("remote")
            self.module = remote.module
            os.killpg(remote.pid, signal.SIGSTOP)

    def uri(self) -> str:
        return text_of(self.hsm.uri(self.path))

    def missing(self) -> str:
        return text_of(self.hsm.uri("token=bot;object=absent"))

    def silent(self) -> str:
        return text_of(self.hsm.uri(self.path, module_path=self.module))
