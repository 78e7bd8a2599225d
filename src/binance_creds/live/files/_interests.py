"""Who is interested in which path, where it led, and what of all that one thread looks at."""

from __future__ import annotations

from functools import lru_cache

from binance_creds._typing import TYPE_CHECKING
from binance_creds.live.files._paths import NEVER_SEEN

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Final

    from binance_creds.live.files._paths import Place
    from binance_creds.live.run._subject import Subject

    Interests = dict["Interest", None]

__all__ = ["COMPARING", "EVENTS", "Interest", "Interests", "Part", "Target"]

EVENTS: Final = "files"  # the kernel reports changes; and they are found by comparing, if it fails
COMPARING: Final = "stat"  # they are found by comparing alone


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


class Target:
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


class Part:
    """What one thread looks at, of one file system: another one may hang.

    Args:
        device: the file system.
        dropped: how often events had been dropped before.
    """

    __slots__ = ("device", "dropped", "heard", "targets")

    def __init__(self, device: int | None, dropped: int) -> None:
        self.device, self.dropped = device, dropped
        self.heard: dict[Target, None] = {}  # what events are about
        self.targets: dict[Target, None] = {}  # what is compared


@lru_cache(maxsize=1024)
def _shared(lead: tuple[Place, ...]) -> tuple[Place, ...]:
    """Return what other files of the same folder have too."""
    return lead
