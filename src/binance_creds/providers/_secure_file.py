"""Read files that hold secrets: opened once, checked on the open descriptor, one generation.

Every check is an `fstat` of what was opened, so that nothing can be exchanged between check and
read. Symbolic links are followed: the checks hold for what they lead to.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from typing import TYPE_CHECKING, Final, NamedTuple, NoReturn

from binance_creds._notice import warn
from binance_creds._secret import Secret
from binance_creds.errors import (
    AccessDeniedError,
    ConfigurationError,
    CredentialsError,
    MalformedSecretError,
    ProviderUnavailableError,
    SecretNotFoundError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from binance_creds._deadline import Deadline

__all__ = ["FileRules", "SecureReader"]

LARGEST_BYTES: Final = 64 * 1024  # what the largest store takes; more is not a credential
SETTLING_SECONDS: Final = 0.02  # a file changed less than this ago may still be being written
MOST_READINGS: Final = 100  # two seconds of changing all the time
_KUBERNETES_DATA: Final = "..data"  # the link that kubelet moves from one generation to the next
_OPEN: Final = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)


class FileRules(NamedTuple):
    """What is allowed beyond the defaults.

    Attributes:
        is_relaxed: warn of unsafe permissions instead of refusing.
        takes_pipe: read a FIFO or a `/dev/fd` of the shell.
    """

    is_relaxed: bool = False
    takes_pipe: bool = False


class _Reading(NamedTuple):
    """The files of one moment, what identifies each, and when the youngest was written."""

    contents: Mapping[str, Secret]
    identities: tuple[tuple[int, ...], ...]
    youngest_ns: int


class _ChangedError(Exception):
    """A file changed while it was read: read again."""


class SecureReader:
    """Read one file or one directory of files.

    Args:
        source: redacted, for errors.
        rules: what is allowed.
        deadline: ends the waiting for a file that keeps changing, or for a pipe.
        sleep: waits some seconds between two readings.
        wall_clock_ns: nanoseconds since the epoch, compared with modification times.
        user: the effective user; `None` asks the system.
    """

    def __init__(
        self,
        source: str,
        rules: FileRules,
        deadline: Deadline,
        *,
        sleep: Callable[[float], object] = time.sleep,
        wall_clock_ns: Callable[[], int] = time.time_ns,
        user: int | None = None,
    ) -> None:
        self._source = source
        self._rules = rules
        self._deadline = deadline
        self._sleep = sleep
        self._wall_clock_ns = wall_clock_ns
        self._user = os.geteuid() if user is None and hasattr(os, "geteuid") else user

    def read_file(self, path: str) -> Secret:
        """Return the text of a file.

        Raises:
            SecretNotFoundError: there is no such file.
            AccessDeniedError: it cannot be opened, or others could change it.
            MalformedSecretError: it is not UTF-8, or too large.
            ProviderUnavailableError: it keeps changing, or the disk fails.
        """
        folder, name = os.path.split(path)
        reading = self._stable(lambda: self._read_names(folder or ".", lambda _: [name]))
        return reading[name]

    def read_directory(
        self, path: str, wanted: Callable[[str], bool]
    ) -> Mapping[str, Secret]:
        """Return the text of every wanted file of a directory, all of one generation.

        Where kubelet keeps generations behind `..data`, all are read from the one it points to.

        Raises:
            CredentialsError: as `read_file`.
        """

        def names(descriptor: int) -> list[str]:
            entries = os.listdir(descriptor)
            return sorted(e for e in entries if not e.startswith(".") and wanted(e))

        return self._stable(lambda: self._read_names(path, names, follows_data=True))

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
        msg = "it keeps changing while it is read."
        raise ProviderUnavailableError(
            msg, source=self._source, hint="Write a new file and rename it over the old one."
        )

    def _attempt(self, read: Callable[[], _Reading]) -> _Reading | CredentialsError | None:
        """Return a reading, the error that ends it, or `None` to read again."""
        try:
            return read()
        except _ChangedError:
            return None
        except OSError as error:
            return self._typed(error)
        except CredentialsError as error:
            return error.at(self._source)

    def _read_names(
        self,
        path: str,
        names: Callable[[int], list[str]],
        *,
        follows_data: bool = False,
    ) -> _Reading:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            self._check_folder(os.fstat(descriptor), path)
            data = _open_data(descriptor) if follows_data else None
            try:
                return self._read_entries(descriptor if data is None else data, path, names)
            finally:
                if data is not None:
                    os.close(data)
        finally:
            os.close(descriptor)

    def _read_entries(
        self, folder: int, path: str, names: Callable[[int], list[str]]
    ) -> _Reading:
        contents: dict[str, Secret] = {}
        before: list[os.stat_result] = []
        for name in names(folder):
            contents[name], status = self._read_entry(folder, name, os.path.join(path, name))
            before.append(status)
        identities = tuple(map(_identity, before))
        regular = [name for name, s in zip(contents, before, strict=True) if stat.S_ISREG(s.st_mode)]
        after = [_identity(os.stat(name, dir_fd=folder)) for name in regular]
        if len(regular) == len(before) and tuple(after) != identities:
            raise _ChangedError
        youngest = max((status.st_mtime_ns for status in before), default=0)
        return _Reading(contents, identities, youngest if regular else 0)

    def _read_entry(self, folder: int, name: str, path: str) -> tuple[Secret, os.stat_result]:
        descriptor = os.open(name, _OPEN, dir_fd=folder)
        try:
            before = os.fstat(descriptor)
            self._check_kind(before)
            if not stat.S_ISREG(before.st_mode):
                return Secret(self._read_pipe(descriptor)), before
            self._check_file(before, path)
            if before.st_size > LARGEST_BYTES:
                _refuse_size()
            secret = Secret(_read_regular(descriptor))
            if _identity(os.fstat(descriptor)) != _identity(before):
                raise _ChangedError
            return secret, before
        finally:
            os.close(descriptor)

    def _read_pipe(self, descriptor: int) -> bytes:
        import select  # noqa: PLC0415

        chunks: list[bytes] = []
        while select.select([descriptor], [], [], self._deadline.remaining_seconds)[0]:
            chunk = os.read(descriptor, LARGEST_BYTES + 1)
            chunks.append(chunk)
            if not chunk and sum(map(len, chunks)):
                return b"".join(chunks)
            if sum(map(len, chunks)) > LARGEST_BYTES:
                _refuse_size()
            if not chunk:  # no writer has come yet
                self._sleep(SETTLING_SECONDS)
                if self._deadline.is_over:
                    break
        msg = "nothing more came through the pipe in time."
        raise ProviderUnavailableError(msg, hint="Check the program that writes into it.")

    def _check_kind(self, status: os.stat_result) -> None:
        is_pipe = stat.S_ISFIFO(status.st_mode) and self._rules.takes_pipe
        if not (stat.S_ISREG(status.st_mode) or is_pipe):
            msg = "it is not a regular file."
            raise ConfigurationError(
                msg, hint="Name a file; for a pipe of the shell add the option pipe=true."
            )

    def _check_file(self, status: os.stat_result, path: str) -> None:
        mode = status.st_mode
        if mode & (stat.S_IWGRP | stat.S_IWOTH):
            self._object(f"others may write {path}.", f"Run: chmod 600 {path}")
        elif mode & stat.S_IROTH:
            warn(f"every user of this machine can read {path}. Run: chmod 600 {path}")
        if self._user is not None and status.st_uid not in {self._user, 0}:
            # Root reads what users own all the time (bind mounts); the other way is an attack.
            message = f"{path} belongs to another user."
            hint = f"Run: chown {self._user} {path}"
            warn(f"{message} {hint}") if self._user == 0 else self._object(message, hint)

    def _check_folder(self, status: os.stat_result, path: str) -> None:
        if status.st_mode & stat.S_IWOTH and not status.st_mode & stat.S_ISVTX:
            self._object(
                f"every user may exchange files in the folder {path}.", f"Run: chmod o-w {path}"
            )

    def _object(self, message: str, hint: str) -> None:
        if not self._rules.is_relaxed:
            raise AccessDeniedError(
                message, hint=f"{hint} (or, in a container of your own, permissions=relaxed)."
            )
        warn(f"{message} {hint}")

    def _typed(self, error: OSError) -> CredentialsError | None:
        """Map an error of the operating system; `None` for one that a moment may cure."""
        match error.errno:
            case errno.ENOENT | errno.ENOTDIR:  # absent, or a file where a folder should be
                kind, message = SecretNotFoundError, "there is no such file or folder."
            case errno.EACCES | errno.EPERM:  # mode, owner, or a security module
                kind, message = AccessDeniedError, "this user may not read it."
            case errno.ELOOP | errno.ENAMETOOLONG | errno.EINVAL | errno.EISDIR | errno.ENXIO:
                kind, message = ConfigurationError, "this path cannot be read as a file."
            case _:  # ESTALE and EIO of network and failing disks, EMFILE and the like
                kind, message = ProviderUnavailableError, "the system could not read it."
        name = errno.errorcode.get(error.errno or 0, "unknown error")
        return kind(message, source=self._source, hint=f"The system says {name}.")


def _open_data(descriptor: int) -> int | None:
    """Open the generation that kubelet's link points to, or return `None` where there is none."""
    try:
        return os.open(
            _KUBERNETES_DATA, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=descriptor
        )
    except FileNotFoundError:
        return None


def _read_regular(descriptor: int) -> bytes:
    chunks: list[bytes] = []
    while chunk := os.read(descriptor, LARGEST_BYTES + 1):
        chunks.append(chunk)
        if sum(map(len, chunks)) > LARGEST_BYTES:
            _refuse_size()
    return b"".join(chunks)


def _identity(status: os.stat_result) -> tuple[int, ...]:
    return (
        status.st_dev,
        status.st_ino,
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
    )


def _refuse_size() -> NoReturn:
    msg = f"it is larger than {LARGEST_BYTES // 1024} KiB."
    raise MalformedSecretError(msg, reason="too_large", hint="Name the file of the key itself.")
