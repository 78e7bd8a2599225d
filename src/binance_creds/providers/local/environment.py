"""`env://PREFIX`: environment variables."""

from __future__ import annotations

import os
from collections.abc import Mapping

from binance_creds._parse._content_version import content_version
from binance_creds._parse._names import DEFAULT_PREFIX, checked_prefix
from binance_creds._parse._prefix import fields_of_prefix
from binance_creds._raw import RawSecret, Unchanged
from binance_creds._typing import TYPE_CHECKING
from binance_creds._working_directory import working_directory
from binance_creds.providers._options import check_options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from binance_creds._secret import Secret
    from binance_creds._time._deadline import Deadline
    from binance_creds._uri import SourceURI

__all__ = ["EnvironmentProvider"]


class EnvironmentProvider:
    """Read the variables of a prefix; `..._FILE` variables name files to read.

    Args:
        uri: its location is the prefix; empty means `BINANCE`.
        environ: the variables; those of the process by default.

    Raises:
        ConfigurationError: the location is not a prefix, or there is an unknown option.
    """

    def __init__(self, uri: SourceURI, *, environ: Mapping[str, str] | None = None) -> None:
        check_options(uri)
        uri.choice("permissions", "strict", "relaxed")  # of files, which few variables name
        self._uri = uri
        self._prefix = checked_prefix(
            uri.location or DEFAULT_PREFIX, source=uri.redacted, others=""
        )
        self._folders: dict[str, str] = {}  # where a `..._FILE`, as written, began when first read
        # A function, not the mapping: whoever prints this provider must not print the variables.
        self._variables: Callable[[], Mapping[str, str | bytes]] = lambda: (
            _Environment() if environ is None else environ
        )

    def fetch(
        self, deadline: Deadline, *, known_version: str | None = None
    ) -> RawSecret | Unchanged:
        """Return what the variables hold now."""
        source = self._uri.redacted
        fields = fields_of_prefix(
            self._variables(),
            self._prefix,
            source=source,
            read_file=lambda path: self._read_file(path, deadline),
        )
        version = content_version(fields)
        if version == known_version:
            return Unchanged(version)
        return RawSecret(fields, origin=source, version=version)

    def close(self) -> None:
        """Nothing is open."""

    def _read_file(self, path: str, deadline: Deadline) -> Secret:
        from binance_creds._files._reader import FileReader, FileRules  # noqa: PLC0415  # few have one

        # Where a path began when it was first read: the program may move on.
        folder = self._folders.setdefault(path, working_directory())
        reader = FileReader(self._uri.redacted, FileRules.of(self._uri), deadline)
        return reader.read_named(path, folder)


class _Environment(Mapping[str, str | bytes]):
    """The variables of the process, each value as the object that `os.environ` keeps.

    `os.environ` decodes anew whenever it is asked, and each text would stay in memory.
    """

    def __getitem__(self, name: str) -> str | bytes:
        if os.supports_bytes_environ:
            value = os.environb[os.fsencode(name)]
            if value.isascii():
                return value
        return os.environ[name]

    def __iter__(self) -> Iterator[str]:
        return iter(os.environ)

    def __len__(self) -> int:
        return len(os.environ)
