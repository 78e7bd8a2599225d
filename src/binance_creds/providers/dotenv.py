"""`dotenv:path/.env?prefix=BINANCE`: a `.env` file, without touching `os.environ`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from binance_creds._parse._content_version import content_version
from binance_creds._parse._dotenv_text import read_dotenv
from binance_creds._parse._prefix import DEFAULT_PREFIX, fields_of_prefix
from binance_creds._raw import RawSecret, Unchanged
from binance_creds.providers._secure_file import FileRules, SecureReader

if TYPE_CHECKING:
    from binance_creds._deadline import Deadline
    from binance_creds._secret import Secret
    from binance_creds._uri import SourceURI

__all__ = ["DotenvProvider"]


class DotenvProvider:
    """Read one `.env` file: the one named, never one of a parent folder.

    Options: `prefix` (default `BINANCE`), `permissions=relaxed`, `pipe=true`.

    Args:
        uri: its location is the path, relative to `uri.directory`; empty means `.env`.

    Raises:
        ConfigurationError: there is an unknown option.
    """

    def __init__(self, uri: SourceURI) -> None:
        uri.allow_options("permissions", "pipe", "prefix")
        self._uri = uri
        self._path = os.path.join(uri.directory, uri.location or ".env")
        self._prefix = uri.option("prefix") or DEFAULT_PREFIX
        self._rules = FileRules.of(uri)

    def fetch(
        self, deadline: Deadline, *, known_version: str | None = None
    ) -> RawSecret | Unchanged:
        """Return what the file holds now."""
        source = self._uri.redacted
        reader = SecureReader(source, self._rules, deadline)
        folder = os.path.dirname(self._path)

        def read_beside(path: str) -> Secret:
            """Read a `..._FILE`; a relative path starts at the folder of the `.env` file."""
            return reader.read_file(os.path.join(folder, path))

        fields = fields_of_prefix(
            read_dotenv(reader.read_file(self._path), source=source),
            self._prefix,
            source=source,
            read_file=read_beside,
        )
        version = content_version(fields)
        if version == known_version:
            return Unchanged(version)
        return RawSecret(fields, origin=source, version=version)

    def close(self) -> None:
        """Nothing is open."""
