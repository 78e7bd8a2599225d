"""Which paths are watched for whom, and which of them lead to something else than before."""

from __future__ import annotations

from functools import lru_cache

from binance_creds._typing import TYPE_CHECKING
from binance_creds.live.files._folders import Folders, each, joined, left
from binance_creds.live.files._inotify import OVERFLOW
from binance_creds.live.files._paths import NEVER_SEEN, Survey
from binance_creds.live.run._locks import FILES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from typing import Final

    from binance_creds.live.files._inotify import Event, Inotify, NoEvents
    from binance_creds.live.files._paths import Digest, Mark, Place
    from binance_creds.live.run._subject import Subject

    Interests = dict["Interest", None]

__all__ = ["COMPARING", "EVENTS", "Interest", "Interests", "Targets"]

EVENTS: Final = "files"  # the kernel reports changes; and they are found by comparing, if it fails
COMPARING: Final = "stat"  # they are found by comparing alone
_MOST_LOOKS: Final = 8  # in a row at what is exchanged all the time


class Interest:
    """The paths that one handle reads.

    Args:
        subject: whose.
        paths: absolute.
    """

    __slots__ = ("_how", "paths", "subject")

    def __init__(self, subject: Subject, paths: Iterable[str]) -> None:
        self.subject, self.paths = subject, tuple(dict.fromkeys(paths))
        self._how: str | None = None

    def tell(self, how: str | None) -> None:
        """Note how changes are noticed from now on, `None` for not at all."""
        if how != self._how:
            self._how = how
            for name in (EVENTS, COMPARING):
                self.subject.changes.set_alive(name, is_alive=name == how)


class _Target:
    """A path, and where it led when it was looked at last: as little as can be compared."""

    __slots__ = ("digest", "interests", "is_unheard", "last", "lead", "path")

    def __init__(self, path: str) -> None:
        self.path, self.digest = path, NEVER_SEEN
        self.lead: tuple[Place, ...] = ()
        self.last: Place | None = None
        self.interests: object = None  # see `each`
        self.is_unheard = False  # it has changed, and no event has said so yet

    @property
    def places(self) -> tuple[Place, ...]:
        return self.lead if self.last is None else (*self.lead, self.last)

    def leads_by(self, places: tuple[Place, ...]) -> None:
        self.lead, self.last = _shared(places[:-1]), places[-1]


@lru_cache(maxsize=1024)
def _shared(lead: tuple[Place, ...]) -> tuple[Place, ...]:
    """Return what other files of the same folder have too."""
    return lead


class Targets:
    """The paths of all interests. Threads may share it.

    `FILES` guards it, and is not held while paths are followed, because a file system may hang.

    Args:
        kernel: gives the events.
    """

    def __init__(self, kernel: Inotify | NoEvents) -> None:
        self.kernel = kernel
        self._folders = Folders(kernel)
        self._targets: dict[str, _Target] = {}
        self._silent: set[object] = set()  # file systems whose events do not come
        self._is_complete = True  # no event was dropped since the last comparison

    def add(self, interest: Interest, before: Mapping[str, Digest] | None = None) -> Interests:
        """Begin to watch the paths of an interest; return whom to tell of changes.

        Args:
            interest: whose.
            before: where its paths led before they were read; without it they count as changed.
        """
        with FILES:
            targets = list(map(self._target, interest.paths))
            for target in targets:
                target.interests = joined(target.interests, interest)
        found = _interests(self._look(targets)) | {interest: None}
        is_as_before = before == {target.path: target.digest for target in targets}
        self._tell(found)
        if is_as_before:
            del found[interest]
        return found

    def _target(self, path: str) -> _Target:
        target = self._targets.get(path)
        if target is None:
            target = self._targets[path] = _Target(path)
        return target

    def remove(self, interest: Interest) -> None:
        """Watch its paths no longer, unless others do; what is not watched is fine."""
        with FILES:
            for target in self._of(interest):
                target.interests = left(target.interests, interest)
                if target.interests is None:
                    del self._targets[target.path]
                    self._leave(target, target.places)

    def _of(self, interest: Interest) -> list[_Target]:
        return [self._targets[path] for path in interest.paths if path in self._targets]

    def heard(self, events: Collection[Event]) -> Interests:
        """Return whom events are about; after dropped ones, whose paths are not as they were."""
        with FILES:
            touched: dict[_Target, None] = self._folders.touched(events)
        for target in touched:
            target.is_unheard = False
        self._look(touched)
        found = _interests(touched)
        self._tell(found)
        if any(event.mask & OVERFLOW for event in events):
            self._is_complete = False
            return found | self.compared()
        return found

    def compared(self) -> Interests:
        """Return whose paths lead to something else than when they were looked at last."""
        with FILES:
            targets = list(self._targets.values())
            self._folders.retry()
        if self._is_complete and self.kernel.has_events:
            self._silent |= {one.digest.device for one in targets if one.is_unheard} - {None}
        changed = self._look(targets)
        for target in targets:
            before = changed.get(target)
            is_reported = before is None or not before.is_rewritten_as(target.digest)
            target.is_unheard = self._is_complete and not is_reported
        self._is_complete = True
        self._tell(_interests(targets))
        return _interests(changed)

    def _look(self, targets: Collection[_Target]) -> dict[_Target, Digest]:
        """Follow paths, and watch the folders on the way; return what has changed, as it was.

        A folder that is watched from now on may have changed before: so look again.
        """
        changed: dict[_Target, Digest] = {}
        paths = [target.path for target in targets]
        for _ in range(_MOST_LOOKS):
            survey = Survey()
            found = list(map(survey.see, paths))
            folders = dict(survey.folders())
            with FILES:
                watched = self._folders.watched
                for target, seen in zip(targets, found, strict=True):
                    now = seen.digest
                    if now.marks != target.digest.marks and target.interests is not None:
                        changed.setdefault(target, target.digest)
                        target.digest = now
                        self._move(target, seen.places, folders)
                self._folders.compare(folders)
                if self._folders.watched == watched:
                    break
        return changed

    def _move(
        self, target: _Target, places: tuple[Place, ...], folders: Mapping[str, Mark]
    ) -> None:
        before = target.places
        if places == before:
            return
        target.leads_by(places)
        last = places[-1].folder
        for place in places:
            folder = place.folder
            self._folders.add(place, target, folders.get(folder), for_content=folder == last)
        self._leave(target, set(before) - set(places))

    def _leave(self, target: _Target, places: Iterable[Place]) -> None:
        for place in set(places):
            self._folders.remove(place, target)

    def _tell(self, interests: Interests) -> None:
        for interest in interests:
            is_heard = all(map(self._is_heard, self._of(interest)))
            interest.tell(EVENTS if is_heard else COMPARING)

    def _is_heard(self, target: _Target) -> bool:
        is_silent = self._silent and target.digest.device in self._silent
        return not is_silent and self._folders.is_heard(target.places)


def _interests(targets: Iterable[_Target]) -> Interests:
    return {interest: None for target in targets for interest in each(target.interests)}
