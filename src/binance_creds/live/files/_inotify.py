"""inotify(7), and a way to wake the thread that waits for it; without inotify, the latter alone."""

from __future__ import annotations

import errno
import os
import select
import struct
from contextlib import suppress
from functools import cache

from binance_creds._threads._fork import call_after_fork
from binance_creds._typing import TYPE_CHECKING, NamedTuple
from binance_creds.live.run._loop import Bell

if TYPE_CHECKING:
    from typing import Any, Final

__all__ = [
    "CONTENT",
    "LOST",
    "OVERFLOW",
    "WAY",
    "Event",
    "Inotify",
    "NoEvents",
    "events_of_the_kernel",
]  # fmt: skip

# From <sys/inotify.h>.
_MODIFY, _ATTRIB, _CLOSE_WRITE = 0x2, 0x4, 0x8
_MOVED, _CREATE, _DELETE = 0xC0, 0x100, 0x200
_DELETE_SELF, _MOVE_SELF, _ONLYDIR = 0x400, 0x800, 0x0100_0000
_MASK_ADD = 0x2000_0000  # two threads that watch one folder leave out nothing of each other's
_UNMOUNT, _IGNORED = 0x2000, 0x8000

WAY: Final = _ATTRIB | _MOVED | _CREATE | _DELETE | _DELETE_SELF | _MOVE_SELF | _ONLYDIR
CONTENT: Final = WAY | _MODIFY | _CLOSE_WRITE  # also what is written into files
OVERFLOW: Final = 0x4000  # some events were dropped
LOST: Final = _IGNORED | _MOVE_SELF | _DELETE_SELF | _UNMOUNT  # the path leads elsewhere now

_HEADER: Final = struct.Struct("iIII")  # watch, mask, cookie, length of the name
_MOST_BYTES: Final = 1 << 20  # read at once


class Event(NamedTuple):
    """What happened to a name in a folder; no name for the folder itself."""

    watch: int
    mask: int
    name: str


class NoEvents(Bell):
    """Stand in where there is no inotify; what is to be watched is refused."""

    has_events = False

    def watch(self, folder: str, mask: int) -> int:
        """Refuse.

        Raises:
            OSError: always.
        """
        raise OSError(errno.ENOSYS, folder)

    def unwatch(self, watch: int) -> None:
        """Nothing is watched."""

    def heard(self, seconds: float, *, for_events: bool = True) -> list[Event] | None:
        """Wait to be rung, or for some seconds; return `None` if it was. There are no events."""
        del for_events
        return None if self.wait(seconds) else []


class _Descriptor:
    """A descriptor that is closed once nobody holds it: whoever rings takes no lock."""

    __slots__ = ("number",)

    def __init__(self, number: int) -> None:
        self.number = number

    def close(self) -> None:
        number, self.number = self.number, -1
        if number >= 0:
            os.close(number)

    __del__ = close


class Inotify:
    """The kernel's events; two descriptors, open for as long as the object is there.

    A forked child closes them, also where a thread that does not run there was about to.

    Raises:
        OSError: the user's limit of instances, or of descriptors, is reached; or not Linux.
    """

    has_events = True

    def __init__(self) -> None:
        self._events = _Descriptor(called("inotify_init1", os.O_CLOEXEC | os.O_NONBLOCK))
        self._waker = _Descriptor(os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK))
        call_after_fork(self, Inotify.close)

    def watch(self, folder: str, mask: int) -> int:
        """Watch a folder, or more of it than before; return the number of the watch. May block.

        Raises:
            OSError: there is no such folder, it may not be read, or the user's limit is reached.
        """
        return called(
            "inotify_add_watch", self._events.number, os.fsencode(folder), mask | _MASK_ADD
        )

    def unwatch(self, watch: int) -> None:
        """Give a watch back: a user has a limited number of them."""
        with suppress(OSError):  # the folder went away, and its watch with it
            called("inotify_rm_watch", self._events.number, watch)

    def heard(self, seconds: float, *, for_events: bool = True) -> list[Event] | None:
        """Wait for events, or to be rung, or for some seconds; return the events.

        Returns:
            `None` if it was rung; events are left for the next time then.
        """
        events, waker = self._events.number, self._waker.number
        poll = select.poll()
        poll.register(waker, select.POLLIN)
        if for_events:
            poll.register(events, select.POLLIN)
        ready = dict(poll.poll(max(0.0, seconds) * 1_000))
        if waker in ready:
            os.eventfd_read(waker)
            return None
        return _parsed(os.read(events, _MOST_BYTES)) if events in ready else []

    def ring(self) -> None:
        """End a wait; of any thread, also of one that is inside."""
        os.eventfd_write(self._waker.number, 1)

    def close(self) -> None:
        """Give the descriptors back, in a forked child: other threads hold them for ever there."""
        self._events.close()
        self._waker.close()


def events_of_the_kernel() -> Inotify | NoEvents:
    """Return what gives events, if that can be had now."""
    try:
        return Inotify()
    except (AttributeError, ImportError, OSError):  # not Linux, or a limit is reached
        return NoEvents()


def called(function: str, *arguments: Any) -> int:
    from ctypes import get_errno  # noqa: PLC0415  # slow, and not needed to load

    result: int = getattr(_libc(), function)(*arguments)
    if result < 0:
        number = get_errno()
        raise OSError(number, os.strerror(number))
    return result


@cache
def _libc() -> Any:
    from ctypes import CDLL  # noqa: PLC0415  # as above

    return CDLL(None, use_errno=True)


def _parsed(data: bytes) -> list[Event]:
    events, at = [], 0
    while at < len(data):
        watch, mask, _, length = _HEADER.unpack_from(data, at)
        at += _HEADER.size + length
        events.append(Event(watch, mask, os.fsdecode(data[at - length : at].rstrip(b"\0"))))
    return events
