"""`Waiters`: who is to be woken when a fetch has ended."""

from __future__ import annotations

from binance_creds._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Final

    Wake = Callable[[], None]

__all__ = ["Waiters"]

_NOT_YET: Final = float("inf")  # serial of a fetch that the engine has still to ask for


class Waiters:
    """Those who wait for a fetch of at least some serial. Whoever calls holds `LOCK`.

    Attributes:
        waiting: they, each with the serial.
    """

    __slots__ = ("waiting",)

    def __init__(self) -> None:
        self.waiting: tuple[tuple[float, Wake], ...] = ()  # most wait for nobody

    def __len__(self) -> int:
        return len(self.waiting)

    def add(self, wake: Wake) -> None:
        """Register who is about to ask; before that, so that whoever gives up can be forgotten."""
        self.waiting = (*self.waiting, (_NOT_YET, wake))

    def ask(self, wake: Wake, serial: int) -> None:
        """Note which fetch answers, unless the waiter has given up."""
        waiting = self.waiting
        self.waiting = tuple((serial if one == wake else at, one) for at, one in waiting)

    def forget(self, wake: Wake) -> None:
        """Drop a waiter that gave up."""
        self.waiting = tuple((at, one) for at, one in self.waiting if one != wake)

    def ended(self, serial: float = _NOT_YET) -> list[Wake]:
        """Take those whom a fetch answers; all of them by default."""
        waiting = self.waiting
        self.waiting = tuple((at, wake) for at, wake in waiting if at > serial)
        return [wake for at, wake in waiting if at <= serial]
