"""Read files that hold secrets: opened once, checked on the open descriptor, one generation.

Every check is an `fstat` of what was opened, so that nothing can be exchanged between check and
read. Symbolic links are followed: the checks hold for what they lead to.
"""

from __future__ import annotations

import os
import stat
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NamedTuple

from binance_creds._secret import Secret
from binance_creds.errors import CredentialsError, ProviderUnavailableError
from binance_creds.providers.local._file_rules import (
    LARGEST_BYTES,
    FileRules,
    refuse_size,
    typed_os_error,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from binance_creds._time._deadline import Deadline

__all__ = ["FileRules", "SecureReader"]

SETTLING_SECONDS: Final = 0.03  # a file changed less than this ago may still be being written
MOST_READINGS: Final = 40  # two seconds of changing all the time
_KUBERNETES_DATA: Final = "..data"  # the link that kubelet moves from one generation to the next
_FOLDER: Final = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
_FILE: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)


class _Reading(NamedTuple):
    """The files of one moment, what identifies each, and when the youngest was written."""

    contents: Mapping[str, Secret]
    identities: tuple[tuple[int, ...], ...]
    youngest_ns: int


class _ChangedError(Exception):
    """Something changed or vanished while it was read: read again."""


class SecureReader:
    """Read one file or one directory of files.

    Args:
        source: redacted, for errors.
        rules: what is allowed.
        deadline: ends the waiting for a file that keeps changing, or for a pipe.
        sleep: waits some seconds between two readings.
        wall_clock_ns: nanoseconds since the epoch, compared with modification times.
    """

    def __init__(
        self,
        source: str,
        rules: FileRules,
        deadline: Deadline,
        *,
        sleep: Callable[[float], object] = time.sleep,
        wall_clock_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._source = source
        self._rules = rules
        self._deadline = deadline
        self._sleep = sleep
        self._wall_clock_ns = wall_clock_ns

    def read_file(self, path: str) -> Secret:
        """Return the text of a file.

        Raises:
            SecretNotFoundError: there is no such file.
            AccessDeniedError: it cannot be opened, or others could change it.
            MalformedSecretError: it is not UTF-8, or too large.
            ProviderUnavailableError: it keeps changing, or the disk fails.
        """
        folder, name = os.path.split(path)
        contents = self._stable(lambda: self._read_one(folder or ".", name))
        return contents[name]

    def read_directory(self, path: str, wanted: Callable[[str], bool]) -> Mapping[str, Secret]:
        """Return the text of every wanted file of a directory, all of one generation.

        Where kubelet keeps generations behind `..data`, all are read from the one it points to.

        Raises:
            CredentialsError: as `read_file`.
        """
        return self._stable(lambda: self._read_all(path, wanted))

    def _stable(self, read: Callable[[], _Reading]) -> Mapping[str, Secret]:
        """Read until nothing changed meanwhile: settled, or the same twice in a row."""
        previous: tuple[tuple[int, ...], ...] | None = None
        for _ in range(MOST_READINGS):
            outcome = self._attempt(read)
            if isinstance(outcome, CredentialsError):
                raise outcome
            if outcome is not None:
                age_ns = self._wall_clock_ns() - outcome.youngest_ns
                if outcome.identities == previous or age_ns >= SETTLING_SECONDS * 1e9:
                    return outcome.contents
                previous = outcome.identities
            if self._deadline.is_over:
                break
            self._sleep(SETTLING_SECONDS)
        msg = "it keeps changing while it is read, or is a link that leads nowhere."
        hint = "Write a new file and rename it over the old one."
        raise ProviderUnavailableError(msg, source=self._source, hint=hint)

    def _attempt(self, read: Callable[[], _Reading]) -> _Reading | CredentialsError | None:
        """Return a reading, the error that ends it, or `None` to read again."""
        try:
            return read()
        except _ChangedError:
            return None
        except OSError as error:
            return typed_os_error(error, self._source)
        except CredentialsError as error:
            return error.at(self._source)

    def _read_one(self, path: str, name: str) -> _Reading:
        with _opened(path) as folder:
            self._rules.check_folder(os.fstat(folder), path)
            os.stat(name, dir_fd=folder, follow_symlinks=False)  # absent is absent, at once
            return self._read_entries(folder, path, [name])

    def _read_all(self, path: str, wanted: Callable[[str], bool]) -> _Reading:
        with _opened(path) as folder:
            self._rules.check_folder(os.fstat(folder), path)
            if _KUBERNETES_DATA not in os.listdir(folder):
                return self._read_entries(folder, path, _wanted_names(folder, wanted))
            with _opened_generation(folder) as generation:
                names = _wanted_names(generation, wanted)
                reading = self._read_entries(generation, path, names)
                _refuse_moved(folder, generation)
                return reading

    def _read_entries(self, folder: int, path: str, names: list[str]) -> _Reading:
        """Read files one after the other; all must be the same afterwards as before."""
        contents: dict[str, Secret] = {}
        statuses: list[os.stat_result] = []
        identities: tuple[tuple[int, ...], ...] = ()
        after: tuple[tuple[int, ...], ...] | None = None
        try:
            for name in names:
                contents[name], status = self._read_entry(folder, name, os.path.join(path, name))
                statuses.append(status)
            identities = tuple(map(_identity, statuses))
            after = tuple(_identity(os.stat(name, dir_fd=folder)) for name in names)
        except FileNotFoundError:  # it was there a moment ago
            after = None
        is_changed = after != identities and all(stat.S_ISREG(s.st_mode) for s in statuses)
        if after is None or is_changed:
            raise _ChangedError
        return _Reading(contents, identities, max((_written_ns(s) for s in statuses), default=0))

    def _read_entry(self, folder: int, name: str, path: str) -> tuple[Secret, os.stat_result]:
        descriptor = os.open(name, _FILE, dir_fd=folder)
        try:
            status = os.fstat(descriptor)
            self._rules.check_kind(status)
            if not stat.S_ISREG(status.st_mode):
                return Secret(self._read_pipe(descriptor)), status
            self._rules.check_file(status, path)
            return Secret(_read_regular(descriptor)), status
        finally:
            os.close(descriptor)

    def _read_pipe(self, descriptor: int) -> bytes:
        import select  # noqa: PLC0415

        data = b""
        while not self._deadline.is_over:
            select.select([descriptor], [], [], self._deadline.remaining_seconds)
            chunk = _read_available(descriptor)
            data += chunk or b""
            if len(data) > LARGEST_BYTES:
                refuse_size()
            if chunk == b"" and data:
                return data
            if not chunk:  # no writer has come yet, or it pauses
                self._sleep(SETTLING_SECONDS / 10)
        del data
        msg = "nothing more came through the pipe in time."
        raise ProviderUnavailableError(msg, hint="Check the program that writes into it.")


@contextmanager
def _opened(path: str) -> Iterator[int]:
    descriptor = os.open(path, _FOLDER)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def _opened_generation(folder: int) -> Iterator[int]:
    """Open the directory that kubelet's link points to now."""
    try:
        descriptor = os.open(_KUBERNETES_DATA, _FOLDER, dir_fd=folder)
    except FileNotFoundError:  # the link was moved between its reading and the opening
        descriptor = -1
    if descriptor < 0:
        raise _ChangedError
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _refuse_moved(folder: int, generation: int) -> None:
    """Read again if the link leads elsewhere now: the old directory may have been half removed."""
    try:
        now = os.stat(_KUBERNETES_DATA, dir_fd=folder)
    except FileNotFoundError:  # the link leads to what is being removed
        now = None
    if now is None or not os.path.samestat(now, os.fstat(generation)):
        raise _ChangedError


def _wanted_names(folder: int, wanted: Callable[[str], bool]) -> list[str]:
    return sorted(name for name in os.listdir(folder) if not name.startswith(".") and wanted(name))


def _read_regular(descriptor: int) -> bytes:
    data = b""
    while chunk := os.read(descriptor, LARGEST_BYTES + 1):
        data += chunk
        if len(data) > LARGEST_BYTES:
            refuse_size()
    return data


def _read_available(descriptor: int) -> bytes | None:
    """Return what a pipe has, `b""` at its end, or `None` while its writer pauses."""
    try:
        return os.read(descriptor, LARGEST_BYTES + 1)
    except BlockingIOError:
        return None


def _written_ns(status: os.stat_result) -> int:
    return status.st_mtime_ns if stat.S_ISREG(status.st_mode) else 0


def _identity(status: os.stat_result) -> tuple[int, ...]:
    return (
        status.st_dev,
        status.st_ino,
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
    )
