"""Keys in a token obey the laws of every key outside."""

from __future__ import annotations

from itertools import count

import pytest
from softhsm import text_of

from binance_creds.testing import KeyMakerContract

pytestmark = pytest.mark.real_server
NUMBERS = count()


class TestLaws(KeyMakerContract):
    """Of SoftHSM, and of a module whose device has stopped."""

    @pytest.fixture(autouse=True, params=["ed", "rsa"])
    def _token(self, hsm, request) -> None:
        self.hsm = hsm
        self.path = f"token=bot;object={request.param}"
        self.module: str | None = None
        if request.node.originalname == "test_nobody_waits_longer_than_the_deadline":
            remote = request.getfixturevalue("remote")
            self.module = remote.module
            remote.pause()

    def uri(self) -> str:
        return text_of(self.hsm.uri(self.path))

    def missing(self) -> str:
        return text_of(self.hsm.uri("token=bot;object=absent"))

    def vacant(self) -> str:
        return text_of(self.hsm.uri(f"token=bot;object=new-{next(NUMBERS)}"))

    def unnameable(self) -> str:
        return text_of(self.hsm.uri("token=empty"))

    def silent(self) -> str:
        return text_of(self.hsm.uri(self.path, module_path=self.module))
