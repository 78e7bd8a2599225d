"""`Trail`: appends to an audit file, which other processes may append to as well.

Each line goes out in one write under a lock on the file, and continues the chain from whatever line
is last then. A process that is killed in the middle leaves half a line: the next one ends it, goes
on from the last whole line, and says so.
"""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from binance_creds._files._locks import lock, unlock
from binance_creds._recorded import Record
from binance_creds.audit._files import older, opened, renamed
from binance_creds.audit._line import START, Head, line_of, parsed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from binance_creds.audit._line import Origin

__all__ = ["Trail", "last_head"]

_TAIL_BYTES: Final = 1 << 20  # more than any line has


class Trail:
    """Append records to one file. One thread at a time.

    Args:
        path: absolute.
        key: of the chain.
        origin: who records.
        max_bytes: when a new file is begun.
        keep: how many old files are kept.

    Attributes:
        head: the end of the chain after the last record of this process.
    """

    def __init__(self, path: str, key: bytes, origin: Origin, *, max_bytes: int, keep: int) -> None:
        self._path, self._key, self._origin = path, key, origin
        self._max_bytes, self._keep = max_bytes, keep
        self._descriptor: int | None = None
        self._size = -1  # of the file when this process wrote last
        self.head = START

    def close(self, origin: Origin | None = None) -> None:
        """Let go of the file; the next record opens it again.

        Args:
            origin: who records from now on: a forked child shares neither lock nor name.
        """
        self._origin = origin or self._origin
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor, self._size = None, -1

    def append(self, record: Record) -> bool:
        """Write a record; return whether it began a new file. Blocks.

        Raises:
            OSError: it cannot be written; the file is as it was before.
            CredentialsError: the file cannot be opened, or is open to others.
        """
        with self._locked() as descriptor:
            size = os.fstat(descriptor).st_size
            text = b"" if size == self._size else self._caught_up(descriptor, size)
            if not text and size >= self._max_bytes:
                renamed(self._path, self._keep)
            else:
                line, head = self._line(record, self.head)
                self._write(descriptor, size, text + line, head)
                return size == 0
        return self.append(record)

    def _caught_up(self, descriptor: int, size: int) -> bytes:
        """Continue from the last line of the file; return what must be written first."""
        if size == 0:
            return self._first_line()
        head, cut = _end_of(descriptor, size)
        self.head = head or self.head
        if not cut:
            return b""
        said = Record(time.time(), "audit", "cut", detail=f"{cut} bytes of a line without an end")
        line, self.head = self._line(said, self.head)
        return b"\n" + line

    def _first_line(self) -> bytes:
        files = older(self._path)
        before = (last_head(files[-1]) if files else None) or self.head
        outcome = "began" if before == START else "followed"
        said = Record(time.time(), "audit", outcome, detail=str(before))
        line, self.head = self._line(said, before)
        return line

    def _line(self, record: Record, before: Head) -> tuple[bytes, Head]:
        return line_of(record, self._origin, before, self._key)

    def _write(self, descriptor: int, size: int, text: bytes, head: Head) -> None:
        self._size = -1  # until all is written
        written = os.write(descriptor, text)
        if written < len(text):
            os.ftruncate(descriptor, size)
            msg = f"{self._path}: no space left"
            raise OSError(msg)
        self._size, self.head = size + written, head

    @contextmanager
    def _locked(self) -> Iterator[int]:
        """Give the descriptor of the file that has the name now, locked."""
        while True:
            if self._descriptor is None:
                self._descriptor = opened(self._path)
            descriptor = self._descriptor
            lock(descriptor)
            try:
                if _is_at(descriptor, self._path):
                    yield descriptor
                    return
            finally:
                unlock(descriptor)
            self.close()


def last_head(path: str) -> Head | None:
    """Return the head of the chain at the end of a file; `None` if it has no whole line."""
    descriptor = opened(path)
    try:
        return _end_of(descriptor, os.fstat(descriptor).st_size)[0]
    finally:
        os.close(descriptor)


def _end_of(descriptor: int, size: int) -> tuple[Head | None, int]:
    """Return the head of the last whole line, and how many bytes follow its end."""
    start = max(0, size - _TAIL_BYTES)
    os.lseek(descriptor, start, os.SEEK_SET)  # what is written goes to the end all the same
    *whole, rest = os.read(descriptor, size - start).split(b"\n")
    for line in reversed(whole):
        found = parsed(line)
        if found is not None:
            return found[2], len(rest)
    return None, len(rest)


def _is_at(descriptor: int, path: str) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path, follow_symlinks=False))
    except FileNotFoundError:
        return False
