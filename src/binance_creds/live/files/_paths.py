"""Where a path leads, step by step, and what tells that it leads elsewhere.

A step is a component of the path, or of what a symbolic link on the way names. Whatever the kernel
reports or keeps to itself, who compares the steps finds a folder that was moved and replaced, a
mount, a link that was pointed elsewhere, and a file that was written.
"""

from __future__ import annotations

import os
import stat
from sys import intern

from binance_creds._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any, Final

    from binance_creds._uri import SourceURI

    Mark = tuple[Any, ...]  # equal as long as nothing has changed

__all__ = [
    "NEVER_SEEN",
    "Digest",
    "Place",
    "Seen",
    "Survey",
    "looked_at",
    "paths_of",
]

_SCHEMES: Final = frozenset({"dotenv", "file"})
_MOST_LINKS: Final = 40  # that Linux follows: path_resolution(7)


class Place(NamedTuple):
    """A name in a folder that is free of links; no name for all of the folder."""

    folder: str
    name: str


class Seen(NamedTuple):
    """Where a path leads.

    Attributes:
        end: the path without links, or of the first step that is not there.
        places: of the steps.
        marks: of the steps; `None` for one that is not there.
    """

    end: str
    places: tuple[Place, ...]
    marks: tuple[Mark | None, ...]

    @property
    def is_there(self) -> bool:
        """Whether all steps are."""
        return not self.marks or self.marks[-1] is not None

    @property
    def digest(self) -> Digest:
        """What is kept of it, to be compared."""
        last = self.marks[-1] if self.marks else None
        if last is None:
            return Digest(hash(self.marks), None, 0)
        marks = last if isinstance(last[0], tuple) else (last,)
        # without the ctime, which is the last; what is no file has `None` there
        reported = tuple(mark[:-1] for mark in marks if mark[-1] is not None)
        return Digest(hash(self.marks), reported[0][0] if reported else None, hash(reported))


class Digest(NamedTuple):
    """Where a path led, in few bytes.

    Attributes:
        marks: a hash of those of the steps.
        device: the file system of what it led to, `None` where that was not there.
        reported: a hash of what the kernel reports for every file system it knows.
    """

    marks: int
    device: int | None
    reported: int

    def is_rewritten_as(self, now: Digest) -> bool:
        """Return whether something changed that the kernel reports.

        It does not report a mount, a new hard link, or what changes behind a link in a folder.
        """
        is_same_place = self.device is not None and self.device == now.device
        return is_same_place and self.reported != now.reported


NEVER_SEEN: Final = Digest(0, None, 0)


class _Step(NamedTuple):
    mark: Mark | None
    target: str | None = None  # of a link


def paths_of(sources: Iterable[SourceURI]) -> list[str]:
    """Return the absolute paths of the sources whose files change; systemd's directory does not."""
    return [
        _absolute(uri.location)
        for uri in sources
        if uri.scheme in _SCHEMES and not uri.location.startswith("$")
    ]


def _absolute(location: str) -> str:
    path = os.path.abspath(location)
    return location if path == location else path  # one text for all who keep it


def looked_at(sources: Iterable[SourceURI]) -> dict[str, Digest]:
    """Return where the files of sources lead now; a file system may hang, and this with it."""
    survey = Survey()
    return {path: survey.see(path).digest for path in paths_of(sources)}


class Survey:
    """Look at paths at one moment: a step that several share is looked at once.

    A file system may hang, and this with it: no lock may be held.
    """

    def __init__(self) -> None:
        self._steps: dict[str, _Step] = {}
        self._folders: dict[str, Seen] = {}

    def see(self, path: str) -> Seen:
        """Return where an absolute path leads now; what a folder holds counts too."""
        seen = self._followed(path)
        if seen.marks and not _is_folder(seen.marks[-1]):
            return seen
        whole = Place(seen.end, "")
        return Seen(seen.end, (*seen.places, whole), (*seen.marks, _contents(seen.end)))

    def folders(self) -> Iterator[tuple[str, Mark]]:
        """Give each folder that was on the way, with what tells it from another at its path."""
        for path, (mark, _) in self._steps.items():
            if mark is not None and _is_folder(mark):
                yield path, mark[:2]

    def _followed(self, path: str) -> Seen:
        folder, name = os.path.split(path)
        self._step(os.path.splitdrive(path)[0] + os.sep)  # a folder on the way, too
        if not name:  # the root
            return Seen(folder, (), ())
        lead = self._folders.get(folder)
        if lead is None:
            drive, rest = os.path.splitdrive(folder)
            lead = self._walked(Seen(drive + os.sep, (), ()), rest)
            self._folders[folder] = lead
        return self._walked(lead, name) if lead.is_there else lead

    def _walked(self, lead: Seen, path: str) -> Seen:
        """Go on, as the kernel does it, until a step is not there."""
        end, ahead, links = lead.end, path.split(os.sep)[::-1], 0
        places, marks = list(lead.places), list(lead.marks)
        while ahead:
            name = ahead.pop()
            if name in {"", os.curdir, os.pardir}:
                end = os.path.dirname(end) if name == os.pardir else end
                continue
            here = os.path.join(end, name)
            step = self._step(here)
            places.append(Place(intern(end), name))
            if step.target is None or links == _MOST_LINKS:
                end, is_missing = here, step.mark is None or step.target is not None
                marks.append(None if is_missing else step.mark)
                if is_missing:
                    break
                continue
            marks.append(step.mark)
            links += 1
            drive, rest = os.path.splitdrive(step.target)
            if os.path.isabs(step.target):
                end = (drive or os.path.splitdrive(end)[0]) + os.sep
            ahead += rest.split(os.sep)[::-1]
        return Seen(end, tuple(places), tuple(marks))

    def _step(self, path: str) -> _Step:
        step = self._steps.get(path)
        if step is None:
            step = self._steps[path] = _step(path)
        return step


def _step(path: str) -> _Step:
    try:
        found = os.lstat(path)
        target = os.readlink(path) if stat.S_ISLNK(found.st_mode) else None
    except OSError:  # nothing is there, or it may not be looked at
        return _Step(None)
    return _Step(_mark(found, with_times=not stat.S_ISDIR(found.st_mode)), target)


def _is_folder(mark: Mark | None) -> bool:
    return mark is not None and stat.S_ISDIR(mark[2])


def _contents(folder: str) -> Mark | None:
    """Return what changes with any entry of a folder, and with what its links lead to."""
    try:
        own = _mark(os.stat(folder))
        with os.scandir(folder) as entries:
            return (own, *sorted(map(_entry, entries)))
    except OSError:
        return None


def _entry(entry: os.DirEntry[str]) -> Mark:
    """Return the mark of an entry with its name; with nothing at the end for what is no file."""
    try:
        mark = _mark(entry.stat())
    except OSError:  # gone meanwhile, or a link that leads nowhere
        mark = ()
    return (entry.name, *mark) if entry.is_file(follow_symlinks=False) else (entry.name, mark, None)


def _mark(found: os.stat_result, *, with_times: bool = True) -> Mark:
    """Return what tells a change; a folder on the way changes whenever anything in it does."""
    kept = (found.st_dev, found.st_ino, found.st_mode, found.st_uid, found.st_gid)
    if not with_times:
        return kept
    return (*kept, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
