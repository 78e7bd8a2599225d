"""`verify`: whether an audit file is whole."""

from __future__ import annotations

import hmac
import os
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from binance_creds.audit._files import key_at, key_path_of, older
from binance_creds.audit._line import START, Head, code_of, parsed
from binance_creds.errors import ConfigurationError, SecretNotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Report", "verify"]

_LARGEST_LINE: Final = 1 << 20


class Report(NamedTuple):
    """What an audit's files hold.

    Attributes:
        files: that were read, the oldest first.
        lines: how many lines of them are whole.
        first: the number of the first line.
        head: the end of the chain, to be kept elsewhere.
        problems: what was changed, removed, reordered or cut, as `FILE:LINE: what`.
        notes: what the audit itself says of lines that are missing.
    """

    files: tuple[str, ...]
    lines: int
    first: int
    head: Head
    problems: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        """Whether nothing was changed, removed or reordered."""
        return not self.problems


def verify(
    path: str | os.PathLike[str],
    *,
    key_file: str | os.PathLike[str] | None = None,
    head: Head | str | None = None,
) -> Report:
    """Read an audit file, and the older ones that it followed, and check the chain. Blocks.

    That lines were cut off at the end is seen only by somebody who knows the head.

    Args:
        path: of the newest file.
        key_file: as for `start`.
        head: a head that was kept elsewhere: the log has them.

    Raises:
        SecretNotFoundError: there is no file, or no key.
        AccessDeniedError: the key cannot be read.
        ConfigurationError: the head is none.
    """
    newest = os.path.abspath(os.path.expanduser(path))
    if not os.path.exists(newest):
        msg = f"there is no audit file {newest}."
        raise SecretNotFoundError(msg, hint="Name the file that was given to audit.start.")
    wanted = None if head is None else _head(head)
    key = key_at(os.path.expanduser(key_file or key_path_of(newest)), is_made=False)
    files = (*older(newest), newest)
    checked = _Check(key, wanted)
    for file in files:
        for number, line in _lines(file):
            checked.line(f"{file}:{number}", line)
    return checked.report(files)


def _head(text: Head | str) -> Head:
    sequence, _, mac = str(text).partition(":")
    if not sequence.isdecimal() or len(mac) != len(START.mac):
        msg = "this is no head of an audit file."
        raise ConfigurationError(msg, hint="Write NUMBER:CODE, as the log shows it.")
    return Head(int(sequence), mac)


def _lines(path: str) -> Iterator[tuple[int, bytes]]:
    with open(path, "rb") as file:
        number = 0
        while line := file.readline(_LARGEST_LINE):
            number += 1
            yield number, line


def _is_equal(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


class _Check:
    """Follow a chain from line to line."""

    def __init__(self, key: bytes, wanted: Head | None) -> None:
        self._key, self._wanted = key, wanted
        self._before: Head | None = None
        self._lines, self._first = 0, 0
        self._unread: list[str] = []  # lines that are none; the audit may say why
        self._problems: list[str] = []
        self._notes: list[str] = []
        self._is_wanted_found = wanted is None or wanted == START

    def line(self, place: str, line: bytes) -> None:
        """Take the next line."""
        found = parsed(line.removesuffix(b"\n")) if line.endswith(b"\n") else None
        if found is None:
            self._unread.append(place)
            return
        content, body, head = found
        before = self._start(place, content)
        self._judge_unread(place, content)
        expected = before.sequence + 1
        if head.sequence > expected:
            missing = head.sequence - expected
            self._problems.append(f"{place}: {missing} lines before this one were removed")
        elif head.sequence < expected:
            self._problems.append(f"{place}: line {head.sequence} is repeated, or not in its place")
        elif before.mac and not _is_equal(code_of(body, before, self._key), head.mac):
            self._problems.append(f"{place}: this line, or the end of the one before, was changed")
        if content.get("outcome") == "lost":
            self._notes.append(f"{place}: {content.get('detail')}")
        self._before = head
        self._lines += 1
        self._first = self._first or head.sequence
        if head == self._wanted:
            self._is_wanted_found = True

    def _start(self, place: str, content: dict[str, Any]) -> Head:
        """Return what a line must follow."""
        if self._before is not None:
            return self._before
        outcome = content.get("outcome")
        if content.get("action") == "audit" and outcome in {"began", "followed"}:
            before = _head(content.get("detail") or "")
            if before != START:
                self._notes.append(f"{place}: what was recorded before is in files that are gone")
            return before
        self._problems.append(f"{place}: lines before this one were removed")
        return Head(content["seq"] - 1, "")

    def _judge_unread(self, place: str, content: dict[str, Any]) -> None:
        """Judge the lines before this one that are none."""
        is_said = content.get("action") == "audit" and content.get("outcome") == "cut"
        for each in self._unread:
            if is_said:
                self._notes.append(f"{each}: cut off when its process ended; {place} says so")
            else:
                self._problems.append(f"{each}: this is no line of an audit")
        self._unread = []

    def report(self, files: Iterable[str]) -> Report:
        """Return what was found, at the end."""
        head = self._before or START
        self._problems += [f"{each}: this line has no end" for each in self._unread]
        if not self._is_wanted_found:
            assert self._wanted is not None  # noqa: S101  # else nothing was wanted
            self._problems.append(
                f"line {self._wanted.sequence} of the given head is not there, or another: the end"
                f" was cut off, or rewritten; the last line is {head.sequence}"
            )
        return Report(
            tuple(files), self._lines, self._first, head,
            tuple(self._problems), tuple(self._notes),
        )  # fmt: skip
