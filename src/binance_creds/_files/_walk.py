"""Go to a file folder by folder, and inspect every folder and link on the way.

The names are resolved here rather than by the kernel, each in the folder that was inspected and is
held open, so that nothing can be exchanged between inspection and use. Where the platform does not
open folders, the same walk goes by paths; where it has no owners, there is nothing to inspect.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import contextmanager
from functools import partial

from binance_creds._files._errors import ChangedError
from binance_creds._files._folder import Entry, Folder, inspect, path_in
from binance_creds._late import re
from binance_creds._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Final

    from binance_creds._files._rules import Inspection

__all__ = ["each_reached", "entered", "reached", "refuse_moved"]

_NO_NAMES: Final = frozenset({"", os.curdir})
_MOST_LINKS: Final = 40  # that Linux follows: path_resolution(7)
# What the names of /dev/fd lead to is open already, and is no path: proc(5).
_OPEN_ALREADY: Final = r"/proc/\d+(/task/\d+)?/fd"


def reached(path: str, inspection: Inspection, start: Folder | None = None) -> Entry:
    """Walk to what a path leads to; its folder is open until the block of the entry ends.

    Args:
        path: absolute, or a name in `start`.
        inspection: refuses what is unsafe on the way.
        start: a folder that was inspected; it stays open.

    Raises:
        ChangedError: a link leads nowhere, or a folder vanished.
        CredentialsError: the inspection refused something.
        OSError: with the path that failed.
    """
    if not inspection.has_owners:
        return _entry_by_path(os.path.join(start.path if start else "", path))
    if start is None and not path.startswith(os.sep):  # the working directory was removed
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
    return _Walk(path, inspection, start).to_the_end()


def each_reached(
    folder: Folder, wanted: Callable[[str], bool], inspection: Inspection
) -> dict[str, Callable[[], Entry]]:
    """Return for each wanted name of a folder a walk to what it leads to."""
    names = sorted(name for name in folder.names() if wanted(name) and not name.startswith("."))
    return {name: partial(reached, name, inspection, folder) for name in names}


@contextmanager
def entered(entry: Entry, inspection: Inspection) -> Iterator[Folder]:
    """Open the folder that an entry is, and inspect it."""
    with _entered(entry.folder, entry.name) as folder:
        if inspection.has_owners:
            inspect(folder, inspection, is_in_shared=entry.folder.is_shared)
        yield folder


def refuse_moved(folder: Folder, generation: Folder, link: str) -> None:
    """Read again if the link leads elsewhere now: names may have been removed from the old folder.

    Once all names are known, the old folder is as good: a file that vanishes is noticed.
    """
    try:
        now = folder.status_of(link, follow=True)
    except FileNotFoundError:  # the link leads to what is being removed
        raise ChangedError from None
    if not os.path.samestat(now, generation.status()):
        raise ChangedError


class _Walk:
    """The state of one walk: where it is, and which names are ahead."""

    def __init__(self, path: str, inspection: Inspection, start: Folder | None) -> None:
        self._inspection = inspection
        self._ahead = _names(path) or [os.curdir]  # the next one is the last of the list
        self._of_links = 0  # how many of them, from the next one on, come from a link
        self._links = 0
        self._folder = start.again() if start else self._top()

    def to_the_end(self) -> Entry:
        name = ""
        try:
            while True:
                name = self._ahead.pop()
                entry = self._step(name)
                if entry is not None:
                    return entry
        except BaseException as error:
            if isinstance(error, OSError):
                error.filename = path_in(self._folder.path, name)
            self._folder.close()
            raise

    def _step(self, name: str) -> Entry | None:
        """Go one name further; return what is there at the end."""
        is_of_link = self._of_links > 0
        self._of_links -= is_of_link
        above = self._folder
        below = above.enter_if_open(name) if self._ahead else None
        found = below or self._found(name, is_of_link=is_of_link)
        if not isinstance(found, Folder):
            return found
        self._folder = found
        above.close()
        inspect(found, self._inspection, is_in_shared=above.is_shared)
        return None

    def _found(self, name: str, *, is_of_link: bool) -> Folder | Entry | None:
        """Return what a name is: a folder on the way, the end of it, or `None` for a link."""
        try:
            status = self._folder.status_of(name, follow=False)
        except FileNotFoundError:
            if is_of_link:
                raise ChangedError from None
            raise
        if stat.S_ISLNK(status.st_mode):
            if not self._ahead and re.fullmatch(_OPEN_ALREADY, self._folder.path):
                now = self._folder.status_of(name, follow=True)
                return Entry(self._folder, name, now, is_followed=True)
            self._follow(name, status)
            return None
        if not self._ahead:
            return Entry(self._folder, name, status)
        if not stat.S_ISDIR(status.st_mode):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        return _entered(self._folder, name)

    def _follow(self, name: str, status: os.stat_result) -> None:
        path = path_in(self._folder.path, name)
        self._inspection.link(status, path, is_in_shared=self._folder.is_shared)
        self._links += 1
        if self._links > _MOST_LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        target = self._folder.target_of(name)
        names = _names(target)
        self._ahead += names
        self._of_links += len(names)
        if target.startswith(os.sep):
            top = self._top()
            self._folder.close()
            self._folder = top

    def _top(self) -> Folder:
        folder = Folder.top(os.sep)
        inspect(folder, self._inspection)
        return folder


def _entered(folder: Folder, name: str) -> Folder:
    """Open a folder that was there a moment ago and was no link."""
    try:
        return folder.enter(name)
    except OSError as error:
        if error.errno in {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}:
            raise ChangedError from None
        raise


def _names(path: str) -> list[str]:
    """Return the names of a path, the last one first."""
    return [name for name in reversed(path.split(os.sep)) if name not in _NO_NAMES]


def _entry_by_path(path: str) -> Entry:
    folder, name = os.path.split(path)
    entry = Folder(folder or os.curdir, None)
    try:
        return Entry(entry, name, entry.status_of(name, follow=True), is_followed=True)
    except OSError as error:
        error.filename = path
        if isinstance(error, FileNotFoundError) and os.path.lexists(path):
            raise ChangedError from None
        raise
