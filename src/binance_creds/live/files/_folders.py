"""What is watched at which name in which folder; each folder has one watch of the kernel."""

from __future__ import annotations

import errno

from binance_creds._typing import TYPE_CHECKING
from binance_creds.live.files._inotify import CONTENT, LOST, WAY
from binance_creds.live.run._locks import FILES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any, Final

    from binance_creds.live.files._inotify import Event, Inotify, NoEvents
    from binance_creds.live.files._paths import Mark, Place

__all__ = ["Folders", "each", "joined", "left"]

_MOST_TRIES: Final = 8  # at a folder while watches end all the time

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
    """Find things by the events of the kernel. Whoever calls holds `FILES`, but to `watch`.

    A folder is watched as long as anything is at a name in it; one on the way has many at one name.

    Args:
        kernel: gives the events.
    """

    def __init__(self, kernel: Inotify | NoEvents) -> None:
        self._kernel = kernel
        self._things: dict[str, dict[str, Any]] = {}  # by folder and name; no name for all of it
        self._masks: dict[str, int] = {}  # of every folder that has any
        self._watches: dict[str, tuple[int, Mark]] = {}  # and what is watched by each
        self._names: dict[int, dict[str, None]] = {}  # of a watch: a mount may give it several
        self._unwatched: dict[str, int | None] = {}  # errno; `None` where none was asked for yet
        self._ended = 0  # watches

    def add(self, place: Place, thing: Any, *, for_content: bool) -> None:
        """Add a thing, whose folder lacks a watch then; twice is fine.

        Args:
            place: where.
            thing: what is found by events there.
            for_content: whether what is written into its files matters.
        """
        folder, name = place
        names = self._things.setdefault(folder, {})
        names[name] = joined(names.get(name), thing)
        mask = CONTENT if for_content else WAY
        known = self._masks.get(folder, 0)
        if mask & ~known:
            self._masks[folder] = known | mask
            self._unwatched[folder] = None

    def remove(self, place: Place, thing: Any) -> None:
        """Remove a thing, and give back the watch of a folder that has no other."""
        folder, name = place
        names = self._things[folder]
        held = left(names[name], thing)
        if held is None:
            del names[name]
        if not names:
            del self._things[folder], self._masks[folder]
            self._unwatched.pop(folder, None)
            self._unwatch(folder)

    def touched(self, events: Iterable[Event]) -> dict[Any, None]:
        """Return what events are about; a folder that is not at its path now is let go."""
        found: dict[Any, None] = {}
        for watch, lost, name in dict.fromkeys(
            (it.watch, it.mask & LOST, it.name) for it in events
        ):
            self._ended += bool(lost)
            for folder in list(self._names.get(watch, ())):
                names = self._things[folder]
                for one in (name, "") if name else names:
                    found |= dict.fromkeys(each(names.get(one)))
                if lost:
                    self._refuse(folder, errno.ENOENT)
        return found

    def lacking(self, found: Mapping[str, Mark], *, is_retry: bool = False) -> dict[str, Mark]:
        """Return which folders to watch: those that lack it, or that replaced the one watched.

        Args:
            found: paths of folders, with what tells each from another.
            is_retry: whether also where it was refused: the limit may have been raised.
        """
        return {
            folder: mark for folder, mark in found.items() if self._lacks(folder, mark, is_retry)
        }

    def _lacks(self, folder: str, mark: Mark, is_retry: bool) -> bool:
        if folder not in self._masks:
            return False
        if folder in self._unwatched:
            return is_retry or self._unwatched[folder] in {None, errno.ENOENT}
        return self._watches[folder][1] != mark

    def is_heard(self, places: Sequence[Place]) -> bool:
        """Return whether the kernel reports what changes at places, of which the last has content.

        A folder on the way that may not be read cannot be watched: it is compared alone.
        """
        if not self._unwatched:
            return True
        refused = {self._unwatched.get(place.folder, 0) for place in places}
        return places[-1].folder in self._watches and refused <= {0, errno.EACCES}

    def watch(self, folders: Mapping[str, Mark]) -> bool:
        """Watch folders, and return whether any is from now on. No lock may be held.

        The kernel walks the path of each, and a file system may hang.

        Args:
            folders: as `lacking` gives them; if one is replaced meanwhile, that will show.
        """
        return any([self._begin(folder, mark) for folder, mark in folders.items()])  # noqa: C419  # all of them

    def _begin(self, folder: str, mark: Mark) -> bool:
        """Watch a folder; anew if the kernel may have ended the watch before it was noted."""
        for _ in range(_MOST_TRIES):
            with FILES:
                wanted, ended = self._masks.get(folder), self._ended
            if wanted is None:
                return False
            watch, refusal = self._asked(folder, wanted)
            with FILES:
                if folder not in self._masks:  # any more
                    self._give_back(watch)
                    return False
                if refusal is not None:
                    self._refuse(folder, refusal)
                    return False
                if (wanted, ended) == (self._masks[folder], self._ended):
                    self._note(folder, watch, mark)
                    return True
        return False

    def _asked(self, folder: str, mask: int) -> tuple[int, int | None]:
        try:
            return self._kernel.watch(folder, mask), None
        except OSError as error:
            return -1, error.errno

    def _note(self, folder: str, watch: int, mark: Mark) -> None:
        before = self._watches.get(folder)
        if before is not None and before[0] != watch:
            self._unwatch(folder)
        self._unwatched.pop(folder, None)
        self._watches[folder] = (watch, mark)
        self._names.setdefault(watch, {})[folder] = None

    def _refuse(self, folder: str, number: int) -> None:
        self._unwatch(folder)
        self._unwatched[folder] = number

    def _unwatch(self, folder: str) -> None:
        watch, _ = self._watches.pop(folder, (-1, None))
        if watch >= 0:
            del self._names[watch][folder]
            self._give_back(watch)

    def _give_back(self, watch: int) -> None:
        """Give back a watch that no folder has, unless it is none."""
        if watch >= 0 and not self._names.get(watch):
            self._names.pop(watch, None)
            self._ended += 1
            self._kernel.unwatch(watch)
