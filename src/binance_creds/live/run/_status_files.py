"""`StatusFiles`: a small file says which key each handle of this process uses.

One JSON file for a process in each folder that its handles name. Nothing in it is secret; it is
there for those who rotate a key, and want to know when the old one is no longer used.
"""

from __future__ import annotations

import atexit
import json
import os
import socket
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from binance_creds import _process
from binance_creds._files._errors import ChangedError
from binance_creds._files._rules import FileRules, Inspection
from binance_creds._files._walk import entered, reached
from binance_creds.errors import CredentialsError
from binance_creds.live.run._locks import LOCK
from binance_creds.live.run._publisher import EXIT_SECONDS, Publisher

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from binance_creds._files._folder import Folder
    from binance_creds._time._clock import Times
    from binance_creds.live.run._subject import Subject

__all__ = ["StatusFiles"]

HEARTBEAT_SECONDS: Final = 60.0  # a file is written again so often, whatever happens
_LEAST_SECONDS: Final = 0.1  # between two writes
_SHARE: Final = 10  # pauses are so many times as long as writes: 10,000 handles may swap at once
_FORMAT: Final = 1
_RULES: Final = FileRules(is_secret=False, otherwise="name another folder as `status_dir`")


class StatusFiles:
    """Write when something has changed, and as a heartbeat. `LOCK` guards it.

    The engine's thread says when; what writes is a thread that ends with it: a disk may hang.

    Args:
        subjects: gives all that run; called with `LOCK` held.
        times: the clocks.
        ring: has that thread look; takes no lock.
    """

    def __init__(
        self, subjects: Callable[[], Iterable[Subject]], times: Times, ring: Callable[[], None]
    ) -> None:
        self._subjects, self._times, self._ring = subjects, times, ring
        # A write has the newest of all that happened before.
        self._publisher = Publisher(lambda _: None, thread="status", most_waiting=1)
        self._last, self._due_at = float("-inf"), times.seconds()
        self._pause = _LEAST_SECONDS
        self._folders: set[str] = set()  # that have a file
        self._failing: set[str] = set()  # folders that the log has been told of
        self._has_ended = False
        self._pid = os.getpid()
        self._machine = _process.machine()
        self._name = f"binance-creds-{self._machine}-{self._pid}.json"
        atexit.register(self._end)

    def touch(self) -> None:
        """Write soon: something has changed."""
        self._due_at = min(self._due_at, self._last + self._pause)
        self._ring()

    def turn(self) -> float:
        """Write what is due; return when to write next."""
        now = self._times.seconds()
        if now >= self._due_at:
            self._last, self._due_at = now, now + HEARTBEAT_SECONDS
            self._publisher.publish(self._write)
        return self._due_at

    def leave(self) -> None:
        """Remove the files soon: no handle is left. The next one writes at once."""
        self._last = float("-inf")
        self._publisher.publish(self._write)

    def _end(self) -> None:
        """Remove the files at a clean end of the process that made them."""
        if os.getpid() == self._pid:  # pragma: no branch  # else a forked child, not measured
            self._has_ended = True
            self._publisher.publish(self._write)
            self._publisher.flush(EXIT_SECONDS)

    # the thread

    def _write(self) -> None:
        began = time.perf_counter()
        with LOCK:
            handles = {} if self._has_ended else self._handles()
        for folder in self._folders - handles.keys():
            with suppress(OSError):
                os.unlink(os.path.join(folder, self._name))
        self._folders &= handles.keys()
        for folder, lines in handles.items():
            self._report(folder, self._content(lines))
        self._pause = max(_LEAST_SECONDS, _SHARE * (time.perf_counter() - began))

    def _report(self, folder: str, content: bytes) -> None:
        try:
            _replace(folder, self._name, content, is_first=folder not in self._folders)
        except (OSError, CredentialsError, ChangedError) as error:
            if folder not in self._failing:
                self._failing.add(folder)
                _log(folder, error)
        else:
            self._folders.add(folder)
            self._failing.discard(folder)

    def _handles(self) -> dict[str, list[dict[str, object]]]:
        now = self._times.seconds()
        found: dict[str, list[dict[str, object]]] = {}
        for subject in self._subjects():
            if subject.status_dir is not None:
                found.setdefault(subject.status_dir, []).append(_line(subject, now))
        return found

    def _content(self, handles: list[dict[str, object]]) -> bytes:
        report = {
            "format": _FORMAT,
            "program": os.path.basename(sys.argv[0]) if sys.argv else "",
            "host": socket.gethostname(),
            "machine": self._machine,
            "pid": self._pid,
            "started": _process.started(self._pid),
            "written_at": self._times.now().isoformat(),
            "heartbeat_seconds": HEARTBEAT_SECONDS,
            "handles": handles,
        }
        return json.dumps(report, indent=1).encode()


def _line(subject: Subject, now: float) -> dict[str, object]:
    pair = subject.pair
    return {
        "fingerprint": pair.fingerprint,
        "profile": subject.plan.terms.profile,
        "source": str(pair.origin),
        "version": pair.version,
        "state": subject.machine.state(now).value,
        "since": datetime.fromtimestamp(subject.since, UTC).isoformat(),
    }


def _replace(path: str, name: str, content: bytes, *, is_first: bool) -> None:
    """Write a file of this process, at once, for its user alone."""
    with suppress(FileExistsError):
        os.mkdir(path, 0o700)
    inspection = Inspection(_RULES)
    with reached(path, inspection) as entry, entered(entry, inspection) as folder:
        if is_first:
            _remove_ended(folder, name.rpartition("-")[0])
        new = f".{name}.new"
        with suppress(FileNotFoundError):  # a full disk may have kept it
            folder.remove(new)
        try:
            with open(folder.create(new, 0o600), "wb") as file:
                file.write(content)
            folder.rename(new, name)
        except OSError:
            with suppress(OSError):
                folder.remove(new)
            raise


def _remove_ended(folder: Folder, beginning: str) -> None:
    """Remove the files of processes of this machine that ended without removing theirs."""
    for name in folder.names():
        pid = name.removeprefix(f"{beginning}-").removesuffix(".json")
        if name == f"{beginning}-{pid}.json" and pid.isdecimal():
            with suppress(OSError):
                if not _process.is_running(int(pid), None):
                    folder.remove(name)


def _log(folder: str, error: Exception) -> None:
    import logging  # noqa: PLC0415  # slow, and rarely needed

    why = str(error) if isinstance(error, CredentialsError | OSError) else "it is not a folder."
    text = "the status file in %s cannot be written, which is tried again; trading goes on: %s"
    logging.getLogger("binance_creds.live").warning(text, folder, why)
