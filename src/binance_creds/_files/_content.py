"""The bytes of one file, in a buffer that overwrites itself when nobody holds it any more."""

from __future__ import annotations

import os
from io import FileIO

from binance_creds._files._errors import refuse_size
from binance_creds._secret import Buffer, cut
from binance_creds._typing import TYPE_CHECKING
from binance_creds.errors import ProviderUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Final

    from binance_creds._time._deadline import Deadline

__all__ = ["read_pipe", "read_regular"]

_PIPE_PAUSE_SECONDS: Final = 0.003  # while the writer of a pipe pauses


class _Filling:
    """What was read so far. It is filled in place, so that no other copy is made."""

    __slots__ = ("_content", "_descriptor", "_largest_bytes", "filled")

    def __init__(self, descriptor: int, largest_bytes: int, likely_bytes: int) -> None:
        self._descriptor = descriptor
        self._largest_bytes = largest_bytes
        self._content = Buffer(min(likely_bytes, largest_bytes) + 1)
        self.filled = 0

    def read(self) -> int | None:
        """Read once; return how many bytes came, or `None` while the writer pauses."""
        if self.filled == len(self._content):  # it is larger than it seemed
            larger = Buffer(self._largest_bytes + 1)
            larger[: self.filled] = self._content
            self._content = larger
        with memoryview(self._content) as view, view[self.filled :] as free:
            count = _read_into(free, self._descriptor)
        self.filled += count or 0
        if self.filled > self._largest_bytes:
            refuse_size(self._largest_bytes)
        return count

    def taken(self) -> Buffer:
        """Return what was read."""
        if 2 * self.filled < len(self._content):  # to be shortened so much may leave a copy behind
            return cut(self._content, 0, self.filled)
        del self._content[self.filled :]
        return self._content


def _read_into(free: memoryview, descriptor: int) -> int | None:
    if hasattr(os, "readv"):  # which takes a fifth of the time, and is not on Windows
        try:
            return os.readv(descriptor, [free])
        except BlockingIOError:
            return None
    return FileIO(descriptor, closefd=False).readinto(free)


def read_regular(descriptor: int, largest_bytes: int, size_bytes: int) -> Buffer:
    """Return the content of a regular file.

    Args:
        descriptor: of the file.
        largest_bytes: more is refused.
        size_bytes: what its status says; a file of the kernel says 0. Whether it has grown
            meanwhile is not asked: its status tells that afterwards.

    Raises:
        MalformedSecretError: it is too large.
    """
    filling = _Filling(descriptor, largest_bytes, size_bytes or largest_bytes)
    while filling.read() and filling.filled != size_bytes:
        pass
    return filling.taken()


def read_pipe(
    descriptor: int,
    largest_bytes: int,
    deadline: Deadline,
    sleep: Callable[[float], object],
) -> Buffer:
    """Return what comes through a pipe until its writer closes it.

    Raises:
        MalformedSecretError: it is too much.
        ProviderUnavailableError: it did not end in time.
    """
    import select  # noqa: PLC0415

    filling = _Filling(descriptor, largest_bytes, largest_bytes)
    while not deadline.is_over:
        select.select([descriptor], [], [], deadline.remaining_seconds)
        count = filling.read()
        if count == 0 and filling.filled:
            return filling.taken()
        if not count:  # no writer has come yet, or it pauses
            sleep(_PIPE_PAUSE_SECONDS)
    msg = "nothing more came through the pipe in time."
    raise ProviderUnavailableError(msg, hint="Check the program that writes into it.")
