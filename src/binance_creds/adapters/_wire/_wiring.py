"""What all connections of one client share: who signs, who is told of rejections, who follows."""

from __future__ import annotations

import weakref
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from binance_creds.adapters._wire._background import follow

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from binance_creds.adapters._wire._rejected import Rejected
    from binance_creds.adapters._wire._signer import WireSigner

__all__ = ["Wiring"]


class _Follower(Protocol):
    @property
    def loop(self) -> asyncio.AbstractEventLoop: ...
    def wake(self) -> None:
        """Follow the credentials; called in `loop`."""


class Wiring:
    """Sign for a client, and tell its connections when the credentials have changed.

    Attributes:
        signer: signs.
        rejected: is told of what the exchange refused.
        retry: whether a request whose key was refused is sent once more.
        reconcile: called after a user data stream has changed its connection, or `None`.
        is_over: whether the client was detached.
    """

    def __init__(
        self,
        signer: WireSigner,
        rejected: Rejected,
        *,
        retry: bool,
        reconcile: Callable[[], object] | None,
    ) -> None:
        self.signer = signer
        self.rejected = rejected
        self.retry = retry
        self.reconcile = reconcile
        self.is_over = False
        self._followers: weakref.WeakSet[Any] = weakref.WeakSet()

    def follow(self) -> Callable[[], object]:
        """Hear of rotations; return what ends it. The handle does not keep the client alive."""
        return follow(self.signer.credentials, self.wake)

    def add(self, follower: _Follower) -> None:
        """Wake a connection whenever the credentials have changed."""
        self._followers.add(follower)

    def remove(self, follower: _Follower) -> None:
        """Leave a connection alone."""
        self._followers.discard(follower)

    def wake(self) -> None:
        """Let every connection follow the credentials. Any thread may call it."""
        for follower in list(self._followers):
            with suppress(RuntimeError):  # its loop has closed
                follower.loop.call_soon_threadsafe(follower.wake)

    def end(self) -> None:
        """Sign nothing more."""
        self.is_over = True
