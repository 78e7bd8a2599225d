"""`file:PATH`: a directory with a file a field, or one file that is a document or one value.

Covers Docker and Kubernetes secrets, systemd credentials, and what Vault Agent or the CSI driver
write.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from binance_creds._parse._content_version import content_version
from binance_creds._parse._document import read_document
from binance_creds._parse._names import canonical_name, collected
from binance_creds._parse._prefix import DEFAULT_PREFIX
from binance_creds._raw import RawSecret, Unchanged
from binance_creds.errors import ConfigurationError, MalformedSecretError, SecretNotFoundError
from binance_creds.providers.local._file_reader import FileRules, SecureReader

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from binance_creds._secret import Secret
    from binance_creds._time._deadline import Deadline
    from binance_creds._uri import SourceURI

__all__ = ["FileProvider"]

_SYSTEMD: Final = "$CREDENTIALS_DIRECTORY"  # systemd.exec(5), LoadCredential=


class FileProvider:
    """Read mounted files.

    Options: `prefix` (of file names, default `BINANCE`), `permissions=relaxed`, `pipe=true`.

    Args:
        uri: its location is the path; `$CREDENTIALS_DIRECTORY` at its start is the one variable
            that is replaced, for services that systemd gives credentials to.
        environ: where that variable is looked up; the process's by default.

    Raises:
        ConfigurationError: there is an unknown option, or no path.
    """

    def __init__(self, uri: SourceURI, *, environ: Mapping[str, str] | None = None) -> None:
        uri.allow_options("permissions", "pipe", "prefix")
        if not uri.location:
            msg = "the location of file: is a path, such as file:/run/secrets/binance."
            raise ConfigurationError(msg)
        self._uri = uri
        # A function, not the mapping: whoever prints this provider must not print the variables.
        self._variables: Callable[[], Mapping[str, str]] = lambda: (
            os.environ if environ is None else environ
        )
        self._prefix = uri.option("prefix") or DEFAULT_PREFIX
        self._rules = FileRules.of(uri)

    def fetch(
        self, deadline: Deadline, *, known_version: str | None = None
    ) -> RawSecret | Unchanged:
        """Return what the file or directory holds now, key and secret of one generation."""
        source = self._uri.redacted
        path = self._path()
        reader = SecureReader(source, self._rules, deadline)
        if os.path.isdir(path) and self._uri.field is None:
            fields = self._fields_of_directory(reader, path)
        else:
            text = reader.read_file(path)
            fields = read_document(text, source=source, member=self._uri.field)
        version = content_version(fields)
        if version == known_version:
            return Unchanged(version)
        return RawSecret(fields, origin=source, version=version)

    def close(self) -> None:
        """Nothing is open."""

    def _path(self) -> str:
        location = self._uri.location
        if not location.startswith(_SYSTEMD):
            return os.path.join(self._uri.directory, location)
        folder = self._variables().get(_SYSTEMD[1:])
        if not folder:
            msg = "CREDENTIALS_DIRECTORY is not set."
            hint = "systemd sets it for a service that has LoadCredential=."
            raise ConfigurationError(msg, source=self._uri.redacted, hint=hint)
        return folder + location.removeprefix(_SYSTEMD)

    def _fields_of_directory(self, reader: SecureReader, path: str) -> dict[str, Secret]:
        contents = reader.read_directory(path, lambda name: self._field(name) is not None)
        if not contents:
            raise SecretNotFoundError(
                "no file of this folder is a field of a credential.",
                source=self._uri.redacted,
                hint="Name them api_key, and api_secret or private_key.",
            )
        try:
            return collected(
                (str(self._field(name)), name, secret) for name, secret in contents.items()
            )
        except MalformedSecretError as error:
            refusal = error.at(self._uri.redacted)
        raise refusal

    def _field(self, name: str) -> str | None:
        return canonical_name(name, prefix=self._prefix)
