"""Read one file or one folder of files, all of one generation."""

from __future__ import annotations

import errno
import os
import stat
import time
from contextlib import nullcontext

from binance_creds._files._content import read_pipe, read_regular, texts_of
from binance_creds._files._errors import ChangedError, is_passing, typed_os_error
from binance_creds._files._paths import absolute, is_evident
from binance_creds._files._rules import STRICT, FileRules, Inspection
from binance_creds._files._walk import each_reached, entered, reached, refuse_moved
from binance_creds._typing import TYPE_CHECKING, NamedTuple
from binance_creds._working_directory import working_directory
from binance_creds.errors import CredentialsError, ProviderUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from contextlib import AbstractContextManager
    from typing import Final

    from binance_creds._files._folder import Entry, Folder
    from binance_creds._secret import Buffer, Secret
    from binance_creds._time._deadline import Deadline

__all__ = ["LARGEST_BYTES", "STRICT", "FileReader", "FileRules"]

LARGEST_BYTES: Final = 64 * 1024  # what the largest store takes; more is not a credential
SETTLING_SECONDS: Final = 0.03  # a file changed less than this ago may still be being written
MOST_READINGS: Final = 40  # two seconds of changing all the time
_KUBERNETES_DATA: Final = "..data"  # the link that kubelet moves from one generation to the next

_Identity = tuple[int, ...]


class _Reading(NamedTuple):
    """The files of one moment, what identifies each, and when the youngest was written."""

    contents: dict[str, Buffer]
    identities: list[_Identity]
    youngest_ns: int
    is_folder: bool = False


class FileReader:
    """Read files, each opened once and checked on the open descriptor.

    Args:
        source: redacted, for errors.
        rules: what is allowed.
        deadline: ends the waiting for a file that keeps changing, or for a pipe.
        largest_bytes: more is refused.
        sleep: waits some seconds between two readings.
        wall_clock_ns: nanoseconds since the epoch, compared with modification times.
    """

    def __init__(
        self,
        source: str,
        rules: FileRules,
        deadline: Deadline,
        *,
        largest_bytes: int = LARGEST_BYTES,
        sleep: Callable[[float], object] = time.sleep,
        wall_clock_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._source = source
        self._rules = rules
        self._deadline = deadline
        self._largest_bytes = largest_bytes
        self._sleep = sleep
        self._wall_clock_ns = wall_clock_ns

    def read_file(self, path: str) -> Secret:
        """Return the text of a file.

        Args:
            path: where it is; a relative one begins at the working directory.

        Raises:
            SecretNotFoundError: there is no such file.
            AccessDeniedError: it cannot be opened, or others could change it.
            MalformedSecretError: it is not UTF-8, or too large.
            ProviderUnavailableError: it keeps changing, or the disk fails.
        """
        (secret,) = self._secrets(self._stable(path, None), path).values()
        return secret

    def read_named(self, written: str, folder: str) -> Secret:
        """Return the text of a file that a `..._FILE` variable names.

        Args:
            written: the path, which may begin with `~`; shown only if it is evidently a path.
            folder: where a relative one begins.

        Raises:
            ConfigurationError: it has a form that nobody expands.
            CredentialsError: as `read_file`.
        """
        path = absolute(written, folder, source=self._source)
        shown = path if is_evident(written) else f"a path that begins in {folder}"
        reading = self._stable(path, None, shown)
        (secret,) = self._secrets(reading, shown).values()
        return secret

    def read_bytes(self, path: str) -> Buffer:
        """Return the content of a file that holds no secret.

        Raises:
            CredentialsError: as `read_file`.
        """
        (content,) = self._stable(path, None).contents.values()
        return content

    def read_either(
        self, path: str, wanted: Callable[[str], bool]
    ) -> Mapping[str, Secret] | Secret:
        """Return the text of every wanted file of a folder, or that of the one file at the path.

        Where kubelet keeps generations behind `..data`, all are read from the one it points to.

        Raises:
            CredentialsError: as `read_file`.
        """
        reading = self._stable(path, wanted)
        secrets = self._secrets(reading, path)
        return secrets if reading.is_folder else next(iter(secrets.values()))

    def _secrets(self, reading: _Reading, shown: str) -> dict[str, Secret]:
        try:
            return texts_of(reading.contents, shown, is_folder=reading.is_folder)
        except CredentialsError as error:
            refusal = error.at(self._source)
        raise refusal

    def _stable(
        self, path: str, wanted: Callable[[str], bool] | None, shown: str | None = None
    ) -> _Reading:
        """Read until nothing changed meanwhile: settled, or the same twice in a row."""
        previous: list[_Identity] | None = None
        passing: OSError | None = None
        for _ in range(MOST_READINGS):
            outcome = self._attempt(path, wanted)
            if isinstance(outcome, OSError):
                if passing is not None or not is_passing(outcome):
                    raise typed_os_error(outcome, self._source, shown)
                passing = outcome
            elif isinstance(outcome, CredentialsError):
                raise outcome
            elif outcome is not None:
                age_ns = self._wall_clock_ns() - outcome.youngest_ns
                if outcome.identities == previous or age_ns >= SETTLING_SECONDS * 1e9:
                    return outcome
                previous = outcome.identities
            if self._deadline.is_over:
                break
            self._sleep(SETTLING_SECONDS)
        msg = f"{shown or path} keeps changing while it is read, or is a link that leads nowhere."
        hint = "Write a new file and rename it over the old one."
        raise ProviderUnavailableError(msg, source=self._source, hint=hint)

    def _attempt(
        self, path: str, wanted: Callable[[str], bool] | None
    ) -> _Reading | CredentialsError | OSError | None:
        """Return a reading, the error that ends it, or `None` to read again."""
        try:
            return self._read(path, wanted)
        except ChangedError:
            return None
        except OSError as error:
            return error.with_traceback(None)
        except ValueError:  # a path with NUL, or that the file system cannot encode
            return OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        except CredentialsError as error:
            return error.at(self._source)

    def _read(self, path: str, wanted: Callable[[str], bool] | None) -> _Reading:
        inspection = Inspection(self._rules)
        if not os.path.isabs(path):
            path = os.path.join(working_directory(), path)
        inspection.begin(path)
        with reached(path, inspection) as entry:
            if wanted is None or not stat.S_ISDIR(entry.status.st_mode):
                alone = {entry.name: lambda: nullcontext(entry)}
                return self._read_entries(entry.folder, alone, inspection)
            with entered(entry, inspection) as folder:
                reading = self._read_generation(folder, wanted, inspection)
                return reading._replace(is_folder=True)

    def _read_generation(
        self, folder: Folder, wanted: Callable[[str], bool], inspection: Inspection
    ) -> _Reading:
        if _KUBERNETES_DATA not in folder.names():
            entries = each_reached(folder, wanted, inspection)
            return self._read_entries(folder, entries, inspection)
        with (
            reached(_KUBERNETES_DATA, inspection, folder) as entry,
            entered(entry, inspection) as generation,
        ):
            entries = each_reached(generation, wanted, inspection)
            refuse_moved(folder, generation, _KUBERNETES_DATA)
            return self._read_entries(generation, entries, inspection)

    def _read_entries(
        self,
        folder: Folder,
        entries: Mapping[str, Callable[[], AbstractContextManager[Entry]]],
        inspection: Inspection,
    ) -> _Reading:
        """Read files one after the other; all must be the same afterwards as before."""
        contents: dict[str, Buffer] = {}
        identities: list[_Identity] = []
        youngest_ns = 0
        try:
            for name, reach in entries.items():
                with reach() as entry:
                    contents[name], status = self._read_entry(entry, inspection)
                identities.append(_identity(status))
                if stat.S_ISREG(status.st_mode):
                    youngest_ns = max(youngest_ns, status.st_mtime_ns)
            _refuse_changed(folder, entries, identities)
        except FileNotFoundError:  # it was there a moment ago
            raise ChangedError from None
        return _Reading(contents, identities, youngest_ns)

    def _read_entry(self, entry: Entry, inspection: Inspection) -> tuple[Buffer, os.stat_result]:
        path = entry.path
        inspection.kind(entry.status, path)
        descriptor = entry.open()
        try:
            status = os.fstat(descriptor)
            inspection.kind(status, path)
            if not stat.S_ISREG(status.st_mode):
                content = read_pipe(descriptor, self._largest_bytes, self._deadline, self._sleep)
                return content, status
            inspection.file(status, path, is_in_shared=entry.folder.is_shared)
            return read_regular(descriptor, self._largest_bytes, status.st_size), status
        finally:
            os.close(descriptor)


def _refuse_changed(folder: Folder, names: Iterable[str], before: list[_Identity]) -> None:
    """Read again if one of the files is another now; a pipe always is."""
    after = [_identity(folder.status_of(name, follow=True)) for name in names]
    if after != before and all(stat.S_ISREG(identity[0]) for identity in before):
        raise ChangedError


def _identity(status: os.stat_result) -> _Identity:
    return (
        stat.S_IFMT(status.st_mode),
        status.st_dev,
        status.st_ino,
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
    )
