"""`FileWatch`: one thread for the files of all live handles.

Folders are watched, never a file: editors, Kubernetes and `mv` put a new file in its place. An
event only says when to look. What the paths lead to is compared every 2 s whatever the kernel
reports, and less often where that would take more than 0.5 % of a core.
"""

from __future__ import annotations

import time
from functools import partial

from binance_creds._threads._fork import call_after_fork
from binance_creds._threads._spawn import spawn
from binance_creds._typing import TYPE_CHECKING
from binance_creds.live.files._inotify import events_of_the_kernel
from binance_creds.live.files._targets import Targets
from binance_creds.live.run._locks import FILES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from typing import Final

    from binance_creds.live.files._targets import Interest

__all__ = ["FileWatch"]

COMPARE_SECONDS: Final = 2.0
_REST: Final = 250.0  # times as long as a comparison took is rested: it takes 0.4 %
_NOISE_SECONDS: Final = 0.02  # events that concern nobody, such as of a busy log, are gathered


class FileWatch:
    """Notice changes of files. Threads may share it; a forked child starts clean.

    Args:
        tell: called with the interests whose files may have changed; must not block.
        compare_seconds: between two comparisons, at least.
    """

    def __init__(
        self,
        tell: Callable[[Collection[Interest]], None],
        *,
        compare_seconds: float = COMPARE_SECONDS,
    ) -> None:
        self._tell, self._compare_seconds = tell, compare_seconds
        self._start_clean()
        call_after_fork(self, FileWatch.start_over)

    def _start_clean(self) -> None:
        self.wanted: dict[Interest, None] = {}  # guarded by FILES
        self._targets: Targets | None = None  # as above; while there is a thread

    def start_over(self) -> None:
        """Give back in a forked child what the parent's thread waits for; the parent keeps it."""
        targets = self._targets
        self._start_clean()
        if targets is not None:
            targets.kernel.close()

    def add(self, interest: Interest) -> None:
        """Begin to watch. Where no thread can be had, `retry` begins with what is missing."""
        with FILES:
            self.wanted[interest] = None
            targets = self._targets
        if targets is None:
            self.retry()
        else:
            self._enter(targets, [interest])

    def retry(self) -> None:
        """Start the thread, if it is missing."""
        with FILES:
            is_missing = bool(self.wanted) and self._targets is None
            targets = self._start() if is_missing else None
        if targets is not None:
            self._enter(targets, list(self.wanted))

    def _start(self) -> Targets | None:
        targets = Targets(events_of_the_kernel())
        if spawn(partial(self._run, targets), "files"):
            self._targets = targets
            return targets
        targets.kernel.close()
        return None

    def remove(self, interest: Interest) -> None:
        """End what `add` began; twice is fine, and so is what was never added."""
        with FILES:
            self.wanted.pop(interest, None)
            if self._targets is None:
                return
            self._targets.remove(interest)
            if not self.wanted:
                self._targets.kernel.wake()

    def _enter(self, targets: Targets, interests: Iterable[Interest]) -> None:
        """Look at once: something may have changed between the first load and its watch."""
        for interest in interests:
            self._told(targets.add(interest))
        with FILES:  # the thread may have died before it knew of them
            is_lost = self._targets is None
            lost = [one for one in interests if one in self.wanted] if is_lost else []
        _unwatch(lost)

    # the thread

    def _run(self, targets: Targets) -> None:
        with FILES:
            if self._targets not in {None, targets}:  # whoever started it was interrupted
                targets.kernel.close()
                return
            self._targets = targets
        try:
            while (better := self._serve(targets)) is not None:
                targets = better
        except BaseException:  # a defect; nobody may say that anything is noticed
            self._give_up(targets)
            raise

    def _serve(self, targets: Targets) -> Targets | None:
        """Notice changes until nobody asks for them, or until something better can be had."""
        kernel = targets.kernel
        due_at = time.monotonic() + self._compare_seconds
        while not self._is_over(targets):
            events = kernel.wait(due_at - time.monotonic())
            if events and not self._told(targets.heard(events)):
                kernel.wait(_NOISE_SECONDS, for_events=False)
            if time.monotonic() < due_at:
                continue
            began = time.thread_time()
            self._told(targets.compared())
            rest_seconds = _REST * (time.thread_time() - began)
            due_at = time.monotonic() + max(self._compare_seconds, rest_seconds)
            if not kernel.has_events and (better := self._better()) is not None:
                return better
        return None

    def _is_over(self, targets: Targets) -> bool:
        with FILES:  # held around a fork, so that a child knows what is open
            if self.wanted:
                return False
            self._targets = None
            targets.kernel.close()
            return True

    def _better(self) -> Targets | None:
        """Begin anew where the kernel has refused its events before, and does not any more."""
        with FILES:
            kernel = events_of_the_kernel()
            if not kernel.has_events:
                return None
            targets = self._targets = Targets(kernel)
            interests = list(self.wanted)
        self._enter(targets, interests)
        return targets

    def _give_up(self, targets: Targets) -> None:
        with FILES:
            self._targets = None
            targets.kernel.close()
            interests = list(self.wanted)
        _unwatch(interests)

    def _told(self, interests: Collection[Interest]) -> bool:
        if interests:
            self._tell(interests)
        return bool(interests)


def _unwatch(interests: Iterable[Interest]) -> None:
    """Say that nothing of these is noticed any more."""
    for interest in interests:
        interest.targets = []
        interest.tell(None)
