"""`Changes`: how a subject hears of a change before the next poll, and how that is ended."""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache

from binance_creds._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Final

    Alive = tuple[tuple[tuple[str, str], bool], ...]  # by name and where

    from binance_creds.live.decide._schedule import Schedule

__all__ = ["Changes"]

_UNANNOUNCED: Final = ("files", "signal", "stat")  # a store's own changes do not come by these


class Changes:
    """What watches the source of one subject.

    Args:
        schedule: polls less often while announcements arrive.

    Attributes:
        ends: what to call to end watching.
        signals: the same, of signals: their handlers are put back by the main thread alone.
        retry: starts what should listen and does not; called after each fetch.
    """

    __slots__ = ("_alive", "_schedule", "ends", "retry", "signals")

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self.retry: Callable[[], None] | None = None
        self.start_over()

    def start_over(self) -> None:
        """Begin with nothing that watches."""
        self.ends: tuple[Callable[[], None], ...] = ()
        self.signals: tuple[Callable[[], None], ...] = ()
        self._alive: Alive = ()
        self._schedule.has_push = False

    @property
    def names(self) -> tuple[str, ...]:
        """What works now, each once."""
        return tuple(dict.fromkeys(name for (name, _), is_alive in self._alive if is_alive))

    def set_alive(self, name: str, where: str = "", *, is_alive: bool) -> bool:
        """Note whether a change source works; return whether that is news.

        Args:
            name: as `status().change_sources` has it.
            where: tells it from others of that name.
            is_alive: whether it works.
        """
        is_news = dict(self._alive).get((name, where)) is not is_alive
        if is_news:
            self._alive = _noted(self._alive, (name, where), is_alive)
        self._schedule.has_push = any(one not in _UNANNOUNCED for one in self.names)
        return is_news

    def stop(self) -> None:
        """End every watch."""
        self.stop_signals()
        ends, self.ends = self.ends, ()
        _call_all(ends)

    def stop_signals(self) -> None:
        """End what only the main thread can end whole."""
        signals, self.signals = self.signals, ()
        _call_all(signals)


@lru_cache(maxsize=256)
def _noted(alive: Alive, key: tuple[str, str], is_alive: bool) -> Alive:  # for the cache
    """Return what works with one more note; handles of which the same is known share it."""
    return tuple((dict(alive) | {key: is_alive}).items())


def _call_all(ends: Iterable[Callable[[], None]]) -> None:
    for end in ends:
        with suppress(Exception):  # a defect of one must not keep the others
            end()
