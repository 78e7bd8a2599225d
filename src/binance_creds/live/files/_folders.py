"""The folders on the way to what is watched, each with one watch of the kernel."""

from __future__ import annotations

import errno

from binance_creds._typing import TYPE_CHECKING
from binance_creds.live.files._inotify import CONTENT, LOST, WAY

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from binance_creds.live.files._inotify import Event, Inotify, NoEvents
    from binance_creds.live.files._paths import Mark, Place

__all__ = ["Folders"]


class Folders:
    """Watch folders. Whoever calls holds `FILES`.

    Args:
        kernel: gives the events.

    Attributes:
        watched: how often a watch was added.
    """

    def __init__(self, kernel: Inotify | NoEvents) -> None:
        self._kernel = kernel
        self._masks: dict[str, int] = {}  # of every folder that is needed
        self._watches: dict[str, tuple[int, Mark | None]] = {}  # and what is watched by each
        self._names: dict[int, dict[str, None]] = {}  # of a watch: a mount may give it several
        self._refusals: dict[str, int | None] = {}  # errno
        self.watched = 0

    def need(self, folder: str, identity: Mark | None, *, for_content: bool) -> None:
        """Watch a folder that is on the way, or also what is written into its files.

        Args:
            folder: its path.
            identity: as it was found before: if it is replaced meanwhile, that will show.
            for_content: whether what is written into its files matters.
        """
        mask = CONTENT if for_content else WAY
        known = self._masks.get(folder, 0)
        if mask & ~known:
            self._masks[folder] = known | mask
            self._watch(folder, identity)

    def forget(self, folder: str) -> None:
        """Give back the watch of a folder that is not needed any more."""
        self._masks.pop(folder, None)
        self._refusals.pop(folder, None)
        self._unwatch(folder)

    def names(self, event: Event) -> list[str]:
        """Return the folders that an event is of; one that is not at its path now is let go."""
        folders = list(self._names.get(event.watch, ()))
        if event.mask & LOST:
            for folder in folders:
                self._unwatch(folder)
                self._refusals[folder] = errno.ENOENT
        return folders

    def retry(self) -> None:
        """Try again what was refused: it may be there now, or the limit be raised."""
        if not self._kernel.has_events:
            return
        for folder in list(self._refusals):
            self._watch(folder, None)

    def compare(self, found: Iterable[tuple[str, Mark]]) -> None:
        """Watch what is at the paths now, where that is another folder than the one watched.

        Args:
            found: paths of folders, with what tells each from another.
        """
        for folder, identity in found:
            _, watched = self._watches.get(folder, (None, None))
            is_lost = self._refusals.get(folder) == errno.ENOENT
            if is_lost or (watched is not None and watched != identity):
                self._watch(folder, identity)

    def is_heard(self, places: Sequence[Place]) -> bool:
        """Return whether the kernel reports what changes at places, of which the last has content.

        A folder on the way that may not be read cannot be watched: it is compared alone.
        """
        if not self._refusals:
            return True
        refused = {self._refusals.get(place.folder, 0) for place in places}
        return places[-1].folder in self._watches and refused <= {0, errno.EACCES}

    def _watch(self, folder: str, identity: Mark | None) -> None:
        try:
            watch = self._kernel.watch(folder, self._masks[folder])
        except OSError as error:
            self._unwatch(folder)
            self._refusals[folder] = error.errno
            return
        before = self._watches.get(folder)
        if before is not None and before[0] != watch:
            self._unwatch(folder)
        self.watched += 1
        self._refusals.pop(folder, None)
        self._watches[folder] = (watch, identity)
        self._names.setdefault(watch, {})[folder] = None

    def _unwatch(self, folder: str) -> None:
        watch, _ = self._watches.pop(folder, (None, None))
        if watch is None:
            return
        del self._names[watch][folder]
        if not self._names[watch]:
            del self._names[watch]
            self._kernel.unwatch(watch)
