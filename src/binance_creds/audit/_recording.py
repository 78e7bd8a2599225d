"""`start` and `stop`: one recorder for the process, and one thread that writes."""

from __future__ import annotations

import atexit
import os
import socket
import threading
import time
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING, Final, NamedTuple

from binance_creds._recorded import Record, set_recorder
from binance_creds._threads._fork import call_after_fork
from binance_creds._threads._latch import Latch
from binance_creds._threads._spawn import spawn
from binance_creds.audit._files import key_at, key_path_of, opened
from binance_creds.audit._line import Head, Origin
from binance_creds.audit._trail import Trail
from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

__all__ = ["Head", "flush", "head", "start", "stop"]

MOST_WAITING: Final = 10_000  # records, some 5 MB; beyond that the disk hangs
EXIT_SECONDS: Final = 0.5  # for what is still waiting when the process ends
DEFAULT_MAX_BYTES: Final = 10_000_000
DEFAULT_KEEP: Final = 10
_LEAST_BYTES: Final = 4096
_NAME: Final = "binance_creds.audit"


class _Recording(NamedTuple):
    queue: _Queue
    trail: Trail | None
    path: str


def start(
    target: str | os.PathLike[str] | Callable[[Record], object],
    *,
    key_file: str | os.PathLike[str] | None = None,
    max_bytes: int = DEFAULT_MAX_BYTES,
    keep: int = DEFAULT_KEEP,
) -> None:
    """Record from now on what this process does with credentials; instead of what was recorded to.

    Whoever loads or rotates waits for nothing: a thread of its own writes. What cannot be written,
    as where the disk is full, is counted, warned of in the log once, and said in the file later.

    Args:
        target: a file of JSON lines, which only its owner may open, and which processes may share;
            or a function, which is called with each `Record` in that thread.
        key_file: holds the key of the chain, 32 bytes or more, and is made if it is not there;
            `PATH.key` by default. Who can read it can forge the file.
        max_bytes: when the file becomes `PATH.1`, and a new one is begun.
        keep: how many old files are kept.

    Raises:
        ConfigurationError: an argument is wrong.
        AccessDeniedError: a file cannot be opened, or is open to others.
    """
    if callable(target):
        begun = _Recording(_Queue(target), None, "")
    else:
        begun = _to_file(os.path.abspath(os.path.expanduser(target)), key_file, max_bytes, keep)
    stop()
    global _current  # noqa: PLW0603  # one for the process
    _current = begun
    set_recorder(begun.queue.put)


def stop() -> None:
    """Record no longer; what was told before is written first, which may take half a second."""
    global _current  # as above
    set_recorder(None)
    ended, _current = _current, None
    if ended is not None:
        ended.queue.flush(EXIT_SECONDS)
        ended.queue.end()
        _tell_head(ended)


def flush(seconds: float = EXIT_SECONDS) -> bool:
    """Wait until all is written that was recorded before; return whether it is."""
    return _current is None or _current.queue.flush(seconds)


def head() -> Head | None:
    """Return the end of the chain, to be kept elsewhere; `None` where nothing is recorded."""
    flush()
    current = _current
    return None if current is None or current.trail is None else current.trail.head


def _to_file(
    path: str, key_file: str | os.PathLike[str] | None, max_bytes: int, keep: int
) -> _Recording:
    if max_bytes < _LEAST_BYTES or keep < 1:
        msg = f"max_bytes must be at least {_LEAST_BYTES}, and keep at least 1."
        raise ConfigurationError(msg)
    os.close(opened(path))
    key = key_at(os.path.expanduser(key_file or key_path_of(path)), is_made=True)
    trail = Trail(path, key, _origin(), max_bytes=max_bytes, keep=keep)
    return _Recording(_Queue(_Writing(trail, path)), trail, path)


def _origin() -> Origin:
    user = str(os.geteuid()) if hasattr(os, "geteuid") else os.environ.get("USERNAME", "")
    with suppress(ImportError, KeyError):
        import pwd  # noqa: PLC0415  # not on Windows

        user = pwd.getpwuid(os.geteuid()).pw_name
    return Origin(os.getpid(), user, socket.gethostname())


class _Writing:
    """Write records to a trail, and tell what becomes of it in the log."""

    def __init__(self, trail: Trail, path: str) -> None:
        self._trail, self._path = trail, path
        self._lost = 0
        call_after_fork(self, _Writing._start_over)

    def _start_over(self) -> None:  # pragma: no cover  # what is measured is the parent
        self._trail.close(_origin())

    def __call__(self, record: Record) -> None:
        try:
            if self._lost:
                detail = f"{self._lost} records could not be written"
                self._trail.append(Record(time.time(), "audit", "lost", detail=detail))
                self._lost = 0
            is_new = self._trail.append(record)
        except Exception as error:  # noqa: BLE001  # the program goes on
            self._lost += 1
            if self._lost == 1:
                text = "the audit file %s cannot be written (%s): records are lost"
                _log().getLogger(_NAME).error(text, self._path, _reason(error))
        else:
            if is_new:
                _log().getLogger(_NAME).info("%s begins, head %s", self._path, self._trail.head)


class _Queue:
    """Call a function with each record, in order, in a thread of its own. Threads share it."""

    def __init__(self, call: Callable[[Record], object]) -> None:
        self._call = call
        self._start_clean()
        call_after_fork(self, _Queue._start_clean)

    def _start_clean(self) -> None:
        self._waiting: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._is_running = False
        self._dropped = 0

    def put(self, record: Record) -> None:
        """Take a record; never blocks."""
        if self._waiting.qsize() >= MOST_WAITING:
            self._dropped += 1
            return
        if self._dropped:
            detail, self._dropped = f"{self._dropped} records came too fast", 0
            lost = Record(time.time(), "audit", "lost", detail=detail)
            self._waiting.put(partial(self._call, lost))
        self._waiting.put(partial(self._call, record))
        if not self._is_running:
            self._begin()

    def flush(self, seconds: float) -> bool:
        """Wait until all was called that was put before; return whether it was."""
        if not self._is_running and self._waiting.empty():
            return True
        done = Latch()
        self._waiting.put(done.set)
        self._begin()
        return done.wait(seconds)

    def end(self) -> None:
        """Let the thread end once it has called all that was put before."""
        if self._is_running:
            self._waiting.put(None)

    def _begin(self) -> None:
        with self._lock:
            self._is_running = self._is_running or spawn(self._run, "audit")

    def _run(self) -> None:
        while (call := self._waiting.get()) is not None:
            with suppress(BaseException):  # a defect of the program's function, or its sys.exit()
                call()


def _at_exit() -> None:  # pragma: no cover  # nothing is measured any more
    """Write what is left, while the log still works."""
    if _current is not None:
        _current.queue.flush(EXIT_SECONDS)
        _tell_head(_current)


def _tell_head(recording: _Recording) -> None:
    if recording.trail is not None:
        text = "%s ends for now, head %s"
        _log().getLogger(_NAME).info(text, recording.path, recording.trail.head)


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _log() -> ModuleType:
    import logging  # noqa: PLC0415  # slow, and rarely needed at the start

    return logging


_current: _Recording | None = None
atexit.register(_at_exit)
