"""`FileWatch`: one inotify descriptor and one thread for the files of all live handles.

A directory is watched, never a file: editors, Kubernetes and `mv` put a new file in its place.
Content decides what changed; an event only says when to look. Where there is no inotify, or on a
file system without events, polling does it alone.
"""

from __future__ import annotations

import os
import selectors
from contextlib import suppress
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from binance_creds._threads._fork import call_after_fork
from binance_creds._threads._spawn import spawn
from binance_creds.live.run._locks import FILES

INotify: Any = None
flags: Any = None
with suppress(ImportError, OSError):  # not Linux: it looks for the functions in libc
    INotify = import_module("inotify_simple").INotify
    flags = import_module("inotify_simple").flags

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from binance_creds.live.files._paths import Place

__all__ = ["FileWatch"]

_AGAIN_SECONDS: Final = 0.5  # until a directory that went away is looked for again


class _Opened(NamedTuple):
    inotify: Any
    reader: int
    waker: int

    def close(self) -> None:
        self.inotify.close()
        os.close(self.reader)
        os.close(self.waker)


class _Interest(NamedTuple):
    place: Place
    changed: Callable[[], None]


class FileWatch:
    """Call back when a file may have changed. Threads may share it; a forked child starts clean."""

    def __init__(self) -> None:
        self._start_clean()
        call_after_fork(self, FileWatch._start_over)

    def _start_over(self) -> None:
        """Give back in a forked child what the parent's thread reads; the parent keeps its own."""
        opened = self._opened
        self._start_clean()
        for one in opened:
            one.close()

    def _start_clean(self) -> None:
        self._interests: dict[int, _Interest] = {}  # guarded by FILES, as all below
        self._watches: dict[str, int] = {}  # two folders may be one, by two names
        self._lost: set[str] = set()
        self._inotify: Any = None
        self._opened: list[_Opened] = []  # by this process; if there is an inotify, the last is its
        self._next = 0

    def add(self, place: Place, changed: Callable[[], None]) -> Callable[[], None] | None:
        """Watch a place; return what ends that, or `None` where it cannot be watched.

        Args:
            place: what to watch.
            changed: called by the thread of this object; must not block.
        """
        if INotify is None:
            return None
        with FILES:
            try:
                self._open()
                self._watch(place.folder)
            except (
                OSError
            ):  # no such directory, or the user's limit of watches is reached, or of threads
                self._close_if_idle()
                return None
            self._next += 1
            number = self._next
            self._interests[number] = _Interest(place, changed)
        return lambda: self._remove(number)

    def _remove(self, number: int) -> None:
        with FILES:
            interest = self._interests.pop(number, None)
            if interest is None:
                return
            folder = interest.place.folder
            if all(one.place.folder != folder for one in self._interests.values()):
                self._unwatch(folder)
            self._close_if_idle()

    def _open(self) -> None:
        if self._inotify is None:
            reader, waker = os.pipe()
            try:
                opened = _Opened(INotify(), reader, waker)
            except OSError:  # the user's limit is reached
                os.close(reader)
                os.close(waker)
                raise
            self._opened.append(opened)
            if not spawn(partial(self._run, opened), "files"):
                self._opened.remove(opened)
                opened.close()
                msg = "no thread could be started"
                raise OSError(msg)
            self._inotify = opened.inotify

    def _watch(self, folder: str) -> None:
        if self._inotify is not None and folder not in self._watches:
            mask = (
                flags.CREATE | flags.CLOSE_WRITE | flags.MODIFY | flags.ATTRIB | flags.DELETE
                | flags.MOVED_TO | flags.MOVED_FROM | flags.DELETE_SELF | flags.MOVE_SELF
                | flags.ONLYDIR
            )  # fmt: skip
            self._watches[folder] = self._inotify.add_watch(folder, mask)
        self._lost.discard(folder)

    def _unwatch(self, folder: str) -> None:
        """Give a watch back: a user has a limited number of them."""
        self._lost.discard(folder)
        number = self._watches.pop(folder, None)
        if number is None or number in self._watches.values() or self._inotify is None:
            return
        with suppress(OSError):  # the directory went away, and its watch with it
            self._inotify.rm_watch(number)

    def _close_if_idle(self) -> None:
        """Give the descriptors back once nobody is interested; the thread closes them."""
        if not self._interests and self._inotify is not None:
            self._inotify, self._watches, self._lost = None, {}, set()
            os.write(self._opened[-1].waker, b"\0")

    def _run(self, opened: _Opened) -> None:
        with selectors.PollSelector() as selector:  # which has no descriptor of its own
            selector.register(opened.inotify, selectors.EVENT_READ)
            selector.register(opened.reader, selectors.EVENT_READ)
            while True:
                ready = selector.select(_AGAIN_SECONDS if self._lost else None)
                if any(key.fd == opened.reader for key, _ in ready):  # nobody is interested
                    break
                for changed in self._heard(opened.inotify, is_ready=bool(ready)):
                    changed()
        with FILES:  # held around a fork, so that a child knows what is open
            self._opened.remove(opened)
            opened.close()

    def _heard(self, inotify: Any, *, is_ready: bool) -> list[Callable[[], None]]:
        """Return whom to call for the events that there are."""
        events = inotify.read(timeout=0) if is_ready else []
        with FILES:
            if self._inotify is not inotify:
                return []
            touched = self._touched(events)
            touched |= {(folder, "") for folder in self._found_again()}
            return [
                interest.changed
                for interest in self._interests.values()
                if any(_matters(interest.place, *one) for one in touched)
            ]

    def _touched(self, events: Sequence[Any]) -> set[tuple[str, str]]:
        """Return the names that changed, with their folders; no name for a whole folder."""
        touched = set()
        for event in events:
            is_all = event.mask & flags.Q_OVERFLOW  # some were dropped
            folders = [one for one, wd in self._watches.items() if is_all or wd == event.wd]
            touched |= {(folder, event.name) for folder in folders}
            if event.mask & (flags.IGNORED | flags.MOVE_SELF):  # the path leads elsewhere now
                for folder in folders:
                    self._unwatch(folder)
                    self._lost.add(folder)
        return touched

    def _found_again(self) -> list[str]:
        found = []
        for folder in list(self._lost):
            try:
                self._watch(folder)
            except OSError:
                continue
            found.append(folder)
        return found


def _matters(place: Place, folder: str, name: str) -> bool:
    return place.folder == folder and (place.names is None or not name or name in place.names)
