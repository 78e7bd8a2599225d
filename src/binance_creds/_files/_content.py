"""The bytes of one file, in a buffer that overwrites itself when nobody holds it any more."""

from __future__ import annotations

import os
from io import FileIO

from binance_creds._files._errors import refuse_size
from binance_creds._secret import Buffer, Secret, cut
from binance_creds._typing import TYPE_CHECKING
from binance_creds.errors import MalformedSecretError, ProviderUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Final, NoReturn

    from binance_creds._time._deadline import Deadline

__all__ = ["read_pipe", "read_regular", "texts_of"]

_MARKS_OF_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_STARTS_OF_DER: Final = (b"0\x2e\x02", b"0\x30\x02", b"0\x82", b"0\x81")  # of a private key
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


def texts_of(
    contents: Mapping[str, Buffer], shown: str, *, is_folder: bool = False
) -> dict[str, Secret]:
    """Return the texts of files.

    Args:
        contents: by name.
        shown: the path of the file, or of its folder.
        is_folder: whether it is that of the folder.

    Raises:
        MalformedSecretError: one is not UTF-8, by its path. The caller raises it anew.
    """
    texts: dict[str, Secret] = {}
    for name, content in contents.items():
        try:
            texts[name] = Secret(content)
        except MalformedSecretError:
            texts.clear()
        if name not in texts:
            _refuse_other_than_text(content, os.path.join(shown, name) if is_folder else shown)
    return texts


def _refuse_other_than_text(content: Buffer, shown: str) -> NoReturn:
    hint = "Save it as UTF-8."
    if content.startswith(_MARKS_OF_UTF16):
        raise MalformedSecretError(f"this is UTF-16: {shown}.", reason="not_utf8", hint=hint)
    if content.startswith(_STARTS_OF_DER):
        msg = f"this is binary, as DER is: {shown}."
        raise MalformedSecretError(msg, reason="not_utf8", hint="Write the key as PEM.")
    raise MalformedSecretError(f"this is not UTF-8 text: {shown}.", reason="not_utf8", hint=hint)
