"""`GatedExchange`: a local exchange that replaces and revokes a key while requests wait."""

from __future__ import annotations

import threading
from itertools import count

from support import build
from waiting import PATIENCE

from binance_creds import KeyType
from binance_creds.testing import FakeExchange


class GatedExchange(FakeExchange):
    """Hold the first signed requests, as many as a pool has connections.

    Once all of them are here, the key is replaced; once all of them are answered, the old one is
    revoked, and only then are the others answered. It is the handle, too.
    """

    def __init__(self, held: int, old=KeyType.HMAC, new=KeyType.ED25519) -> None:
        super().__init__()
        self.old, self.new = self.issue(old), self.issue(new)
        self.current = build(**self.old.fields())
        self._newer = build(**self.new.fields())
        self._places = count()
        self._held = held
        self._here = threading.Barrier(held, self._rotate)
        self._gone = threading.Barrier(held, self._revoke)
        self._is_revoked = threading.Event()

    def _rotate(self) -> None:
        self.current = self._newer

    def _revoke(self) -> None:
        self.keys.revoke(self.old.api_key)
        self._is_revoked.set()

    def answer(self, incoming):
        if next(self._places) >= self._held:
            assert self._is_revoked.wait(PATIENCE)
            return super().answer(incoming)
        self._here.wait(PATIENCE)
        try:
            return super().answer(incoming)
        finally:
            self._gone.wait(PATIENCE)

    def shares(self) -> list[int]:
        """Return how many requests were accepted with the old key, and with the new one."""
        return [self.accepted(key.api_key) for key in (self.old, self.new)]
