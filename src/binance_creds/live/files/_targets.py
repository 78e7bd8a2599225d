"""Which paths are watched for whom, and which of them lead to something else than before."""

from __future__ import annotations

from binance_creds._typing import TYPE_CHECKING
from binance_creds.live.files._folders import Folders
from binance_creds.live.files._inotify import OVERFLOW
from binance_creds.live.files._paths import Seen, Survey
from binance_creds.live.run._locks import FILES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from typing import Final

    from binance_creds.live.files._inotify import Event, Inotify, NoEvents
    from binance_creds.live.files._paths import Place
    from binance_creds.live.run._subject import Subject

    Interests = dict["Interest", None]

__all__ = ["COMPARING", "EVENTS", "Interest", "Targets"]

EVENTS: Final = "files"  # the kernel reports changes; and they are found by comparing, if it fails
COMPARING: Final = "stat"  # they are found by comparing alone
_MOST_LOOKS: Final = 8  # in a row at what is exchanged all the time


class Interest:
    """The paths that one handle reads.

    Args:
        subject: whose.
        paths: absolute.

    Attributes:
        targets: the same, while they are watched.
    """

    __slots__ = ("_how", "paths", "subject", "targets")

    def __init__(self, subject: Subject, paths: Iterable[str]) -> None:
        self.subject, self.paths = subject, tuple(dict.fromkeys(paths))
        self.targets: list[_Target] = []
        self._how: str | None = None

    def tell(self, how: str | None) -> None:
        """Note how changes are noticed from now on, `None` for not at all."""
        if how != self._how:
            self._how = how
            for name in (EVENTS, COMPARING):
                self.subject.changes.set_alive(name, is_alive=name == how)


class _Target:
    """A path, and where it led when it was looked at last."""

    __slots__ = ("interests", "is_unheard", "path", "seen")

    def __init__(self, path: str) -> None:
        self.path, self.seen = path, Seen("", (), ())
        self.interests: dict[Interest, None] = {}
        self.is_unheard = False  # it has changed, and no event has said so yet


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
        self._index: dict[str, dict[str, dict[_Target, None]]] = {}  # by folder and name
        self._silent: set[object] = set()  # file systems whose events do not come
        self._is_complete = True  # no event was dropped since the last comparison

    def add(self, interest: Interest) -> Interests:
        """Begin to watch the paths of an interest; return whom to tell of changes."""
        with FILES:
            interest.targets = [self._target(path) for path in interest.paths]
            for target in interest.targets:
                target.interests[interest] = None
        found = _interests(self._look(interest.targets)) | {interest: None}
        self._tell(found)
        return found

    def _target(self, path: str) -> _Target:
        target = self._targets.get(path)
        if target is None:
            target = self._targets[path] = _Target(path)
        return target

    def remove(self, interest: Interest) -> None:
        """Watch its paths no longer, unless others do."""
        with FILES:
            for target in interest.targets:
                del target.interests[interest]
                if not target.interests:
                    del self._targets[target.path]
                    self._leave(target, target.seen.places)
            interest.targets = []

    def heard(self, events: Collection[Event]) -> Interests:
        """Return whom events are about; after dropped ones, whose paths are not as they were."""
        with FILES:
            touched = self._touched(events)
        for target in touched:
            target.is_unheard = False
        self._look(touched)
        found = _interests(touched)
        self._tell(found)
        if any(event.mask & OVERFLOW for event in events):
            self._is_complete = False
            return found | self.compared()
        return found

    def _touched(self, events: Iterable[Event]) -> dict[_Target, None]:
        touched: dict[_Target, None] = {}
        for event in events:
            for folder in self._folders.names(event):
                names = self._index.get(folder, {})
                for name in (event.name, "") if event.name else list(names):
                    touched |= names.get(name, {})
        return touched

    def compared(self) -> Interests:
        """Return whose paths lead to something else than when they were looked at last."""
        with FILES:
            targets = list(self._targets.values())
            self._folders.retry()
        if self._is_complete and self.kernel.has_events:
            self._silent |= {one.seen.device for one in targets if one.is_unheard} - {None}
        changed = self._look(targets)
        for target in targets:
            before = changed.get(target)
            is_reported = before is None or not before.is_rewritten_as(target.seen)
            target.is_unheard = self._is_complete and not is_reported
        self._is_complete = True
        self._tell(_interests(targets))
        return _interests(changed)

    def _look(self, targets: Collection[_Target]) -> dict[_Target, Seen]:
        """Follow paths, and watch the folders on the way; return what has changed, as it was.

        A folder that is watched from now on may have changed before: so look again.
        """
        changed: dict[_Target, Seen] = {}
        for _ in range(_MOST_LOOKS):
            survey = Survey()
            found = [(target, survey.see(target.path)) for target in targets]
            with FILES:
                watched = self._folders.watched
                for target, seen in found:
                    if seen.marks != target.seen.marks and target.interests:
                        changed.setdefault(target, target.seen)
                        self._move(target, seen, survey)
                self._folders.compare(survey.folders())
                if self._folders.watched == watched:
                    break
        return changed

    def _move(self, target: _Target, seen: Seen, survey: Survey) -> None:
        before, target.seen = target.seen.places, seen
        if seen.places == before:
            return
        last = seen.places[-1].folder
        for folder, name in seen.places:
            self._index.setdefault(folder, {}).setdefault(name, {})[target] = None
            self._folders.need(folder, survey.identity(folder), for_content=folder == last)
        self._leave(target, set(before) - set(seen.places))

    def _leave(self, target: _Target, places: Iterable[Place]) -> None:
        for folder, name in set(places):
            names = self._index[folder]
            del names[name][target]
            if not names[name]:
                del names[name]
            if not names:
                del self._index[folder]
                self._folders.forget(folder)

    def _tell(self, interests: Interests) -> None:
        for interest in interests:
            is_heard = all(map(self._is_heard, interest.targets))
            interest.tell(EVENTS if is_heard else COMPARING)

    def _is_heard(self, target: _Target) -> bool:
        seen = target.seen
        is_silent = self._silent and seen.device in self._silent
        return not is_silent and self._folders.is_heard(seen.places)


def _interests(targets: Iterable[_Target]) -> Interests:
    return {interest: None for target in targets for interest in list(target.interests)}
