"""The bytes of one file, in a buffer that is wiped."""

from __future__ import annotations

from io import FileIO

from binance_creds._files._errors import refuse_size
from binance_creds._typing import TYPE_CHECKING
from binance_creds.errors import ProviderUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Final

    from binance_creds._time._deadline import Deadline

__all__ = ["read_pipe", "read_regular", "wipe"]

_PIPE_PAUSE_SECONDS: Final = 0.003  # while the writer of a pipe pauses


class _Buffer:
    """What was read so far. It is filled in place, so that no other copy is made."""

    def __init__(self, descriptor: int, largest_bytes: int, likely_bytes: int) -> None:
        self._file = FileIO(descriptor, closefd=False)
        self._largest_bytes = largest_bytes
        self._bytes = bytearray(min(likely_bytes, largest_bytes) + 1)
        self.filled = 0

    def read(self) -> int | None:
        """Read once; return how many bytes came, or `None` while the writer pauses."""
        if self.filled == len(self._bytes):
            self._grow()
        with memoryview(self._bytes) as view, view[self.filled :] as free:
            count = self._file.readinto(free)
        self.filled += count or 0
        if self.filled > self._largest_bytes:
            refuse_size(self._largest_bytes)
        return count

    def _grow(self) -> None:
        """It is larger than it seemed."""
        larger = bytearray(self._largest_bytes + 1)
        larger[: self.filled] = self._bytes
        self.wipe()
        self._bytes = larger

    def taken(self) -> bytearray:
        """Return what was read."""
        return self._bytes[: self.filled]

    def wipe(self) -> None:
        """Overwrite what was read."""
        self._bytes[: self.filled] = bytes(self.filled)


def read_regular(descriptor: int, largest_bytes: int, likely_bytes: int) -> bytearray:
    """Return the content of a regular file.

    Args:
        descriptor: of the file.
        largest_bytes: more is refused.
        likely_bytes: what its status says; a file of the kernel says 0.

    Raises:
        MalformedSecretError: it is too large.
    """
    buffer = _Buffer(descriptor, largest_bytes, likely_bytes or largest_bytes)
    try:
        while buffer.read():
            pass
        return buffer.taken()
    finally:
        buffer.wipe()


def read_pipe(
    descriptor: int,
    largest_bytes: int,
    deadline: Deadline,
    sleep: Callable[[float], object],
) -> bytearray:
    """Return what comes through a pipe until its writer closes it.

    Raises:
        MalformedSecretError: it is too much.
        ProviderUnavailableError: it did not end in time.
    """
    import select  # noqa: PLC0415

    buffer = _Buffer(descriptor, largest_bytes, largest_bytes)
    try:
        while not deadline.is_over:
            select.select([descriptor], [], [], deadline.remaining_seconds)
            count = buffer.read()
            if count == 0 and buffer.filled:
                return buffer.taken()
            if not count:  # no writer has come yet, or it pauses
                sleep(_PIPE_PAUSE_SECONDS)
    finally:
        buffer.wipe()
    msg = "nothing more came through the pipe in time."
    raise ProviderUnavailableError(msg, hint="Check the program that writes into it.")


def wipe(content: bytearray) -> None:
    """Overwrite and empty what was read."""
    content[:] = bytes(len(content))
    content.clear()
