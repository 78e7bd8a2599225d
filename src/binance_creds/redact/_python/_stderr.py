"""Redact what a function of somebody else writes to stderr."""

from __future__ import annotations

import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, TypeVar

from binance_creds._threads._fork import call_after_fork, hold_while_forking
from binance_creds.redact._text import redacted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["cleaning_stderr", "write_to_stderr"]

_T = TypeVar("_T")


class _Collecting:
    """Who collects what it writes to `sys.stderr`. No lock is held while it writes."""

    def __init__(self) -> None:
        self._lock: Final = threading.RLock()  # guards sys.stderr and the next one
        self._parts: Final[dict[int, list[str]]] = {}  # by thread
        hold_while_forking(self._lock)
        call_after_fork(self, _Collecting._keep_own)

    def start(self, parts: list[str]) -> list[str] | None:
        """Collect in a list, and return the one that this thread has collected in so far."""
        with self._lock:
            outer = self.parts()
            self._parts[threading.get_ident()] = parts
            if not isinstance(sys.stderr, _Stderr):
                sys.stderr = _Stderr(sys.stderr)
            return outer

    def stop(self, outer: list[str] | None) -> None:
        """Go on with another list, or none; with the last thread stderr is what it was before."""
        with self._lock:
            if outer is None:
                del self._parts[threading.get_ident()]
            else:
                self._parts[threading.get_ident()] = outer
            self._put_back()

    def parts(self) -> list[str] | None:
        """Return the list of this thread."""
        return self._parts.get(threading.get_ident())

    def _put_back(self) -> None:
        if not self._parts and isinstance(sys.stderr, _Stderr):
            sys.stderr = sys.stderr.stream

    def _keep_own(self) -> None:  # pragma: no cover  # what is measured is the parent
        """Forget the threads of the parent."""
        own = self.parts()
        self._parts.clear()
        if own is not None:
            self._parts[threading.get_ident()] = own
        self._put_back()


def cleaning_stderr(show: Callable[..., _T]) -> Callable[..., _T]:
    """Return a function that does what another one does, and what it writes is redacted."""
    return _clean_stderr()(show)


@contextmanager
def _clean_stderr() -> Iterator[None]:
    """Collect what this thread writes to `sys.stderr`, and write it redacted at the end."""
    parts: list[str] = []
    outer = _COLLECTING.start(parts)
    try:
        yield
    finally:
        _COLLECTING.stop(outer)
        write_to_stderr("".join(parts))


def write_to_stderr(text: str) -> None:
    """Write a text redacted, if there is a stderr that takes it."""
    with suppress(AttributeError, OSError, ValueError):  # None, a broken pipe, closed
        sys.stderr.write(redacted(text))
        sys.stderr.flush()


class _Stderr:
    """Keeps what a collecting thread writes, and redacts what others do; all else is stderr's."""

    def __init__(self, stream: Any) -> None:
        self.stream: Final = stream

    def write(self, text: str) -> int:
        parts = _COLLECTING.parts()
        if parts is None:
            self.stream.write(redacted(text))
        else:
            parts.append(text)
        return len(text)

    def writelines(self, lines: list[str]) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Of what is collected nothing is written before the end."""
        if _COLLECTING.parts() is None:
            self.stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


_COLLECTING: Final = _Collecting()
