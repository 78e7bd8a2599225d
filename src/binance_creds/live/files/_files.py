"""`Files`: what one handle watches of the file system, wherever its paths lead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from binance_creds.live.files._paths import places_of
from binance_creds.live.run._locks import FILES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from binance_creds._uri import SourceURI
    from binance_creds.live.files._inotify import FileWatch
    from binance_creds.live.files._paths import Place

__all__ = ["Files"]


class Files:
    """Follow the paths of some sources. Threads may share it.

    Args:
        watch: of the process.
        uris: of sources of files.
        changed: called when content may have changed, with whether all of it is watched.
    """

    def __init__(
        self, watch: FileWatch, uris: Sequence[SourceURI], changed: Callable[[bool], None]
    ) -> None:
        self._watch, self._uris, self._changed = watch, uris, changed
        self._watched: dict[Place, Callable[[], None] | None] = {}  # and what ends it
        self._is_closed = False

    def look(self) -> None:
        """Watch where the paths lead now, and then say that something may have changed.

        In this order: what changed before the watch was there is seen by looking.
        """
        while self._is_elsewhere():
            pass
        self._changed(None not in list(self._watched.values()))

    def close(self) -> None:
        """End all watches."""
        with FILES:
            self._is_closed = True
            self._leave(self._watched.keys())

    def _is_elsewhere(self) -> bool:
        """Watch other places than before, if the paths lead there; return whether they do.

        The paths are followed without the lock, because a file system may hang.
        """
        places = {place for uri in self._uris for place in places_of(uri)}
        with FILES:
            if self._is_closed:
                return False
            new, old = places - self._watched.keys(), self._watched.keys() - places
            for place in new:
                self._watched[place] = self._watch.add(place, self.look)
            self._leave(old)
        return bool(new or old)

    def _leave(self, places: Iterable[Place]) -> None:
        for place in list(places):
            end = self._watched.pop(place)
            if end is not None:
                end()
