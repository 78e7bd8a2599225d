"""`Changes`: how a subject hears of a change before the next poll, and how that is ended."""

from __future__ import annotations

from contextlib import suppress

from binance_creds._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Final

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
        retry: starts what should watch and does not; called after each fetch.
    """

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self.retry: Callable[[], None] = lambda: None
        self.start_over()

    def start_over(self) -> None:
        """Begin with nothing that watches."""
        self.ends: list[Callable[[], None]] = []
        self.signals: list[Callable[[], None]] = []
        self._alive: dict[tuple[str, str], bool] = {}
        self._schedule.has_push = False

    @property
    def names(self) -> tuple[str, ...]:
        """What works now, each once."""
        alive = (name for (name, _), is_alive in list(self._alive.items()) if is_alive)
        return tuple(dict.fromkeys(alive))

    def set_alive(self, name: str, where: str = "", *, is_alive: bool) -> bool:
        """Note whether a change source works; return whether that is news.

        Args:
            name: as `status().change_sources` has it.
            where: tells it from others of that name.
            is_alive: whether it works.
        """
        is_news = self._alive.get((name, where)) is not is_alive
        self._alive[name, where] = is_alive
        self._schedule.has_push = any(one not in _UNANNOUNCED for one in self.names)
        return is_news

    def stop(self) -> None:
        """End every watch."""
        self.stop_signals()
        ends, self.ends = self.ends, []
        _call_all(ends)

    def stop_signals(self) -> None:
        """End what only the main thread can end whole."""
        signals, self.signals = self.signals, []
        _call_all(signals)


def _call_all(ends: Iterable[Callable[[], None]]) -> None:
    for end in ends:
        with suppress(Exception):  # a defect of one must not keep the others
            end()
