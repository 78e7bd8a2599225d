"""`env://PREFIX`: environment variables."""

from __future__ import annotations

import os

from binance_creds._parse._fields import checked_prefix, fields_of_prefix
from binance_creds._parse._names import DEFAULT_PREFIX, VARIABLES, Names
from binance_creds._raw import answer
from binance_creds._typing import TYPE_CHECKING
from binance_creds._working_directory import working_directory
from binance_creds.providers._options import check_options

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from binance_creds._raw import RawSecret, Unchanged
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
        if uri.options or uri.field is not None:
            check_options(uri)
            uri.choice("permissions", "strict", "relaxed")  # of files, which few variables name
        self._uri = uri
        self._fields = VARIABLES
        if uri.location not in {"", DEFAULT_PREFIX}:
            prefix = checked_prefix(uri.location, source=uri.redacted, others="")
            self._fields = Names(prefix, takes_bare=False)
        self._folders: dict[str, str] = {}  # where a `..._FILE`, as written, began when first read
        # Functions, not the mapping: whoever prints this provider must not print the variables.
        self._names: Callable[[], list[str]] = lambda: list(os.environ)
        self._value_of: Callable[[str], str | bytes] = _value_of
        if environ is not None:
            self._names = lambda: list(environ)
            self._value_of = lambda name: environ[name]

    def fetch(
        self, deadline: Deadline, *, known_version: str | None = None
    ) -> RawSecret | Unchanged:
        """Return what the variables hold now."""
        source = self._uri.redacted
        fields = fields_of_prefix(
            self._names(),
            self._value_of,
            self._fields,
            source=source,
            read_file=lambda path: self._read_file(path, deadline),
        )
        return answer(fields, source, known_version)

    def close(self) -> None:
        """Nothing is open."""

    def _read_file(self, path: str, deadline: Deadline) -> Secret:
        from binance_creds._files._reader import FileReader, FileRules  # noqa: PLC0415  # few have one

        # Where a path began when it was first read: the program may move on.
        folder = self._folders.setdefault(path, working_directory())
        reader = FileReader(self._uri.redacted, FileRules.of(self._uri), deadline)
        return reader.read_named(path, folder)


def _value_of(name: str) -> str | bytes:
    """Return a variable of the process as the object that `os.environ` keeps.

    `os.environ` decodes anew whenever it is asked, and each text would stay in memory.
    """
    if os.supports_bytes_environ:
        value = os.environb[os.fsencode(name)]
        if value.isascii():
            return value
    return os.environ[name]
