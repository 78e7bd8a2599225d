"""What is watched at which name in which folder; each folder has one watch of the kernel."""

from __future__ import annotations

import errno

from binance_creds._typing import TYPE_CHECKING
from binance_creds.live.files._inotify import CONTENT, LOST, WAY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from binance_creds.live.files._inotify import Event, Inotify, NoEvents
    from binance_creds.live.files._paths import Mark, Place

__all__ = ["Folders", "each", "joined", "left"]

# Nothing, one thing, or a dictionary of several: most files are those of one handle, and a
# dictionary of one takes more memory than all that is known of such a file.


def joined(held: Any, thing: Any) -> Any:
    """Return what is held with one more thing; twice is fine."""
    if isinstance(held, dict):
        held[thing] = None
        return held
    return thing if held is None or held is thing else {held: None, thing: None}


def left(held: Any, thing: Any) -> Any:
    """Return what is held without a thing; one that is not there is fine."""
    if isinstance(held, dict):
        held.pop(thing, None)
        return held or None
    return None if held is thing else held


def each(held: Any) -> Iterable[Any]:
    """Return the things that are held, of that moment."""
    if isinstance(held, dict):
        return tuple(held)
    return () if held is None else (held,)


class Folders:
    """Find things by the events of the kernel. Whoever calls holds `FILES`.

    A folder is watched as long as anything is at a name in it; one on the way has many at one name.

    Args:
        kernel: gives the events.

    Attributes:
        watched: how often a watch was added.
    """

    def __init__(self, kernel: Inotify | NoEvents) -> None:
        self._kernel = kernel
        self._things: dict[str, dict[str, Any]] = {}  # by folder and name; no name for all of it
        self._masks: dict[str, int] = {}  # of every folder that has any
        self._watches: dict[str, tuple[int, Mark | None]] = {}  # and what is watched by each
        self._names: dict[int, dict[str, None]] = {}  # of a watch: a mount may give it several
        self._refusals: dict[str, int | None] = {}  # errno
        self.watched = 0

    def add(self, place: Place, thing: Any, identity: Mark | None, *, for_content: bool) -> None:
        """Add a thing, and watch its folder; twice is fine.

        Args:
            place: where.
            thing: what is found by events there.
            identity: of the folder as it was found before: if it is replaced meanwhile, that will
                show.
            for_content: whether what is written into its files matters.
        """
        folder, name = place
        names = self._things.setdefault(folder, {})
        names[name] = joined(names.get(name), thing)
        mask = CONTENT if for_content else WAY
        known = self._masks.get(folder, 0)
        if mask & ~known:
            self._masks[folder] = known | mask
            self._watch(folder, identity)

    def remove(self, place: Place, thing: Any) -> None:
        """Remove a thing, and give back the watch of a folder that has no other."""
        folder, name = place
        names = self._things[folder]
        held = left(names[name], thing)
        if held is None:
            del names[name]
        if not names:
            del self._things[folder], self._masks[folder]
            self._refusals.pop(folder, None)
            self._unwatch(folder)

    def touched(self, events: Iterable[Event]) -> dict[Any, None]:
        """Return what events are about; a folder that is not at its path now is let go."""
        found: dict[Any, None] = {}
        for watch, lost, name in dict.fromkeys(
            (it.watch, it.mask & LOST, it.name) for it in events
        ):
            for folder in list(self._names.get(watch, ())):
                names = self._things[folder]
                for one in (name, "") if name else names:
                    found |= dict.fromkeys(each(names.get(one)))
                if lost:
                    self._unwatch(folder)
                    self._refusals[folder] = errno.ENOENT
        return found

    def retry(self) -> None:
        """Try again what was refused: it may be there now, or the limit be raised."""
        if not self._kernel.has_events:
            return
        for folder in list(self._refusals):
            self._watch(folder, None)

    def compare(self, found: Mapping[str, Mark]) -> None:
        """Watch what is at the paths now, where that is another folder than the one watched.

        Args:
            found: paths of folders, with what tells each from another.
        """
        for folder, identity in found.items():
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
