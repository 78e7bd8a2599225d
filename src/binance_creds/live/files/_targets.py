"""Which paths are watched for whom, and which of them lead to something else than before."""

from __future__ import annotations

from binance_creds._typing import TYPE_CHECKING
from binance_creds.live.files._folders import Folders, each, joined, left
from binance_creds.live.files._inotify import OVERFLOW
from binance_creds.live.files._interests import COMPARING, EVENTS, Part, Target
from binance_creds.live.files._paths import Survey
from binance_creds.live.run._locks import FILES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from typing import Final

    from binance_creds.live.files._inotify import Event, Inotify, NoEvents
    from binance_creds.live.files._interests import Interest, Interests
    from binance_creds.live.files._paths import Digest, Place

__all__ = ["Targets"]

_MOST_LOOKS: Final = 8  # in a row at what is exchanged all the time


class Targets:
    """The paths of all interests. Threads may share it.

    `FILES` guards it, and is not held while paths are followed, because a file system may hang.

    Args:
        kernel: gives the events.
    """

    def __init__(self, kernel: Inotify | NoEvents) -> None:
        self.kernel = kernel
        self._folders = Folders(kernel)
        self._targets: dict[str, Target] = {}
        self._silent: set[object] = set()  # file systems whose events do not come
        self._compared: set[int | None] = set()  # file systems at which a thread compares
        self._heard: set[Target] = set()  # meanwhile
        self._dropped = 0  # times that events were

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

    def _target(self, path: str) -> Target:
        target = self._targets.get(path)
        if target is None:
            target = self._targets[path] = Target(path)
        return target

    def remove(self, interest: Interest) -> None:
        """Watch its paths no longer, unless others do; what is not watched is fine."""
        with FILES:
            for target in self._of(interest):
                target.interests = left(target.interests, interest)
                if target.interests is None:
                    del self._targets[target.path]
                    for place in set(target.places):
                        self._folders.remove(place, target)

    def _of(self, interest: Interest) -> list[Target]:
        return [self._targets[path] for path in interest.paths if path in self._targets]

    def parts(self, events: Collection[Event], *, is_comparison: bool) -> list[Part]:
        """Return what is to be looked at: what events are about, or all; all after dropped ones.

        Where a thread still compares, none is added: nothing is said to be noticed there.
        """
        parts: dict[int | None, Part] = {}
        are_dropped = any(event.mask & OVERFLOW for event in events)
        with FILES:
            heard: dict[Target, None] = self._folders.touched(events)
            for target in heard:
                target.is_unheard = False
                self._part(parts, target).heard[target] = None
            if self._compared:
                self._heard.update(heard)
            if is_comparison or are_dropped:
                self._add_all(parts, are_dropped=are_dropped)
            self._dropped += are_dropped
        return list(parts.values())

    def _part(self, parts: dict[int | None, Part], target: Target) -> Part:
        device = target.digest.device
        if device not in parts:
            parts[device] = Part(device, self._dropped)
        return parts[device]

    def _add_all(self, parts: dict[int | None, Part], *, are_dropped: bool) -> None:
        hanging: dict[Target, None] = {}
        for target in self._targets.values():
            device = target.digest.device
            if device in self._compared and not are_dropped:
                hanging[target] = None
                continue
            self._part(parts, target).targets[target] = None
            if target.is_unheard and self.kernel.has_events and not are_dropped:
                self._silent.add(device)
            target.is_unheard = False
        self._compared.update(part.device for part in parts.values() if part.targets)
        for interest in _interests(hanging):
            interest.tell(None)

    def looked(self, part: Part) -> Interests:
        """Look; return whom events are about, and whose paths lead to something else than before.

        Blocks for as long as the file system does.
        """
        self._look(part.heard)
        found = _interests(part.heard)
        self._tell(found)
        return found | self._compare(part) if part.targets else found

    def _compare(self, part: Part) -> Interests:
        changed: dict[Target, Digest] = {}
        try:
            changed = self._look(part.targets, is_retry=self.kernel.has_events)
        finally:
            with FILES:
                for target, before in changed.items():
                    is_reported = target in self._heard or self._dropped != part.dropped
                    if not is_reported and before.is_rewritten_as(target.digest):
                        target.is_unheard = True
                self._compared.discard(part.device)
                if not self._compared:
                    self._heard.clear()
        self._tell(_interests(part.targets))
        return _interests(changed)

    def _look(self, targets: Collection[Target], *, is_retry: bool = False) -> dict[Target, Digest]:
        """Follow paths, and watch the folders on the way; return what has changed, as it was.

        A folder that is watched from now on may have changed before: so look again.
        """
        changed: dict[Target, Digest] = {}
        paths = [target.path for target in targets]
        for _ in range(_MOST_LOOKS):
            survey = Survey()
            found, folders = list(map(survey.see, paths)), dict(survey.folders())
            with FILES:
                for target, seen in zip(targets, found, strict=True):
                    now = seen.digest
                    if now.marks != target.digest.marks and target.interests is not None:
                        changed.setdefault(target, target.digest)
                        target.digest = now
                        self._move(target, seen.places)
                lacking = self._folders.lacking(folders, is_retry=is_retry)
            if not self._folders.watch(lacking):
                break
        return changed

    def _move(self, target: Target, places: tuple[Place, ...]) -> None:
        before = target.places
        if places == before:
            return
        target.leads_by(places)
        last = places[-1].folder
        for place in places:
            self._folders.add(place, target, for_content=place.folder == last)
        for place in set(before) - set(places):
            self._folders.remove(place, target)

    def _tell(self, interests: Interests) -> None:
        for interest in interests:
            is_heard = all(map(self._is_heard, self._of(interest)))
            interest.tell(EVENTS if is_heard else COMPARING)

    def _is_heard(self, target: Target) -> bool:
        is_silent = self._silent and target.digest.device in self._silent
        return not is_silent and self._folders.is_heard(target.places)


def _interests(targets: Iterable[Target]) -> Interests:
    return {interest: None for target in targets for interest in each(target.interests)}
