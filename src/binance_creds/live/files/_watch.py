"""`FileWatch`: notice changes of the files of all live handles.

Folders are watched, never a file: editors, Kubernetes and `mv` put a new file in its place. An
event only says when to look. What the paths lead to is compared every 2 s whatever the kernel
reports, and less often where that would take more than 0.5 % of a core.

The engine's thread waits for the events. What may block, a look at a file, is for a thread that
ends after it: a file system that hangs holds up nothing else.
"""

from __future__ import annotations

import time
from functools import partial
from operator import attrgetter

from binance_creds._threads._fork import call_after_fork
from binance_creds._threads._spawn import spawn
from binance_creds._typing import TYPE_CHECKING
from binance_creds.live.files._inotify import NoEvents, events_of_the_kernel
from binance_creds.live.files._waiter import FileWaiter
from binance_creds.live.run._locks import FILES
from binance_creds.live.run._loop import Bell

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from typing import Final

    from binance_creds.live.files._inotify import Inotify
    from binance_creds.live.files._interests import Interest, Part
    from binance_creds.live.files._paths import Digest
    from binance_creds.live.files._waiter import Look
    from binance_creds.live.run._loop import Loop
    from binance_creds.live.run._subject import Subject

    Ask = Callable[[Iterable[Subject]], None]

__all__ = ["FileWatch"]

COMPARE_SECONDS: Final = 2.0
_subject_of: Final = attrgetter("subject")
_REST: Final = 250.0  # times as long as a comparison took is rested: it takes 0.4 %


class FileWatch:
    """Notice changes of files. Threads may share it; a forked child starts clean.

    Args:
        loop: whose thread waits.
        ask: has subjects read whose files may have changed; waits for nothing.
        read: the same, of a thread that may block.
        compare_seconds: between two comparisons, at least.
    """

    def __init__(
        self, loop: Loop, ask: Ask, read: Ask, *, compare_seconds: float = COMPARE_SECONDS
    ) -> None:
        self._loop, self._compare_seconds = loop, compare_seconds
        self._ask, self._read = ask, read
        self._start_clean()
        call_after_fork(self, FileWatch._start_clean)

    def _start_clean(self) -> None:
        self.wanted: dict[Interest, None] = {}  # guarded by FILES
        self._waiter: FileWaiter | None = None  # as above; while anything is wanted

    def add(self, interest: Interest, before: Mapping[str, Digest] | None = None) -> None:
        """Begin to watch.

        Args:
            interest: whose paths.
            before: where they led before they were read; without it they count as changed.
        """
        with FILES:
            self.wanted[interest] = None
            waiter = self._waiter or self._begin(events_of_the_kernel())
        self._enter(waiter, interest, before)

    def _begin(self, kernel: Inotify | NoEvents, *, is_lost: bool = False) -> FileWaiter:
        waiter = FileWaiter(kernel, self._look, self._compare_seconds, is_lost=is_lost)
        self._loop.wait_by(waiter)  # first: whoever is interrupted here has claimed nothing
        self._waiter = waiter
        return waiter

    def remove(self, interest: Interest) -> None:
        """End what `add` began; twice is fine, and so is what was never added."""
        with FILES:
            self.wanted.pop(interest, None)
            if self._waiter is None:
                return
            self._waiter.targets.remove(interest)
            if not self.wanted:
                self._waiter = None
                self._loop.wait_by(Bell())

    def _enter(
        self, waiter: FileWaiter, interest: Interest, before: Mapping[str, Digest] | None = None
    ) -> None:
        """Look at once: something may have changed between the first load and its watch."""
        found = waiter.targets.add(interest, before)
        with FILES:
            is_wanted, is_heard = interest in self.wanted, self._waiter is waiter
            if not is_wanted:  # any more
                waiter.targets.remove(interest)
        if is_wanted and not is_heard:  # a defect came between; what takes its place will say more
            interest.tell(None)
        if found:
            self._ask(map(_subject_of, found))

    # by the engine's thread

    def _look(self, look: Look) -> bool:
        """Start a thread that looks; without one nothing is said to be noticed, until later."""
        is_begun = spawn(partial(self._run, look), "files")
        if not is_begun:
            with FILES:
                _unwatch(self.wanted)
        return is_begun

    # the thread that looks

    def _run(self, look: Look) -> None:
        """Look; at what is on further file systems in threads of their own, as one may hang."""
        parts = self._parts(look)
        alone = [one for one in parts[1:] if not spawn(partial(self._look_at, one), "files")]
        for part in [*parts[:1], *alone]:
            self._look_at(part)

    def _look_at(self, part: Part) -> None:
        found = self._found(part)
        if found:  # nothing here has the descriptors: an error may keep frames for long
            self._read(map(_subject_of, found))

    def _parts(self, look: Look) -> list[Part]:
        waiter = self._waiter
        if waiter is None:  # nothing is wanted any more
            return []
        try:
            parts = waiter.targets.parts(look.events, is_comparison=look.is_comparison)
            if look.is_comparison and (waiter.is_lost or not waiter.kernel.has_events):
                self._begin_anew(waiter)
            waiter.looking.update(dict.fromkeys(parts, time.monotonic()))
        except BaseException:  # a defect; nobody may say that anything is noticed
            self._give_up(waiter)
            raise
        finally:
            waiter.looking.pop(look, None)
        return parts

    def _found(self, part: Part) -> Collection[Interest]:
        waiter = self._waiter
        if waiter is None or part not in waiter.looking:  # it was begun anew meanwhile
            return ()
        began = time.thread_time()
        try:
            found = waiter.targets.looked(part)
        except BaseException:  # as above
            self._give_up(waiter)
            raise
        finally:
            waiter.looking.pop(part, None)
        if part.targets:
            waiter.rest(_REST * (time.thread_time() - began))
        return found

    def _begin_anew(self, waiter: FileWaiter) -> None:
        """Begin anew after a defect, and where the kernel gives events that it has refused.

        Until each has been looked at once more, nothing is said to be noticed: a file system may
        hang.
        """
        with FILES:
            kernel = events_of_the_kernel()
            if self._waiter is not waiter or not (waiter.is_lost or kernel.has_events):
                return
            better, interests = self._begin(kernel), list(self.wanted)
            _unwatch(interests)
        for interest in interests:
            self._enter(better, interest)

    def _give_up(self, waiter: FileWaiter) -> None:
        with FILES:
            if self._waiter is waiter:
                self._begin(NoEvents(), is_lost=True)
                _unwatch(self.wanted)


def _unwatch(interests: Iterable[Interest]) -> None:
    """Say that nothing of these is noticed any more."""
    for interest in interests:
        interest.tell(None)
