"""`dotenv:path/.env?prefix=BINANCE`: a `.env` file, without touching `os.environ`."""

from __future__ import annotations

import os

from binance_creds._files._paths import beside, located
from binance_creds._files._reader import STRICT, FileReader, FileRules
from binance_creds._parse._dotenv_plain import read_variables
from binance_creds._parse._fields import checked_prefix, fields_of_prefix
from binance_creds._parse._names import DEFAULT_PREFIX, VARIABLES, Names
from binance_creds._raw import answer
from binance_creds._typing import TYPE_CHECKING
from binance_creds._working_directory import working_directory
from binance_creds.errors import MalformedSecretError, SecretNotFoundError
from binance_creds.providers._options import check_options

if TYPE_CHECKING:
    from collections.abc import Mapping

    from binance_creds._raw import RawSecret, Unchanged
    from binance_creds._secret import Secret
    from binance_creds._time._deadline import Deadline
    from binance_creds._uri import SourceURI
    from binance_creds.providers.local._storing import FileStore

__all__ = ["DotenvProvider"]


class DotenvProvider:
    """Read one `.env` file: the one named, never one of a parent folder.

    Options: `prefix` (default `BINANCE`), `permissions=relaxed`, `pipe=true`.

    Args:
        uri: its location is the path; empty means `.env`.

    Raises:
        ConfigurationError: there is an unknown option.
    """

    def __init__(self, uri: SourceURI) -> None:
        self._uri = uri if os.path.isabs(uri.location) else located(uri, working_directory())
        self._names, self._rules = VARIABLES, STRICT
        if uri.options or uri.field is not None:
            check_options(uri)
            prefix = uri.option("prefix") or DEFAULT_PREFIX
            prefix = checked_prefix(prefix, source=self._uri.redacted)
            self._names = Names(prefix, takes_bare=False)
            self._rules = FileRules.of(uri)

    def fetch(
        self, deadline: Deadline, *, known_version: str | None = None
    ) -> RawSecret | Unchanged:
        """Return what the file holds now.

        Raises:
            SecretNotFoundError: there is no such file, or it holds nothing of the prefix.
            MalformedSecretError: it held something, as the known version says, and was emptied: it
                is being written, for all that can be known.
            CredentialsError: as `FileReader.read_file` does.
        """
        source = self._uri.redacted
        reader = FileReader(source, self._rules, deadline)
        text = reader.read_file(self._uri.location)
        try:
            fields = self._fields(text, reader)
        except SecretNotFoundError as error:
            refusal = error.again() if known_version is None else _emptied(error)
        else:
            return answer(fields, source, known_version)
        raise refusal

    def store(
        self,
        fields: Mapping[str, Secret],
        deadline: Deadline,
        *,
        expected_version: str | None = None,
    ) -> str | None:
        """Write the fields in place of the expected ones, and make the file if there is none.

        Other lines, the order, comments and line ends stay. The file is replaced at once, belongs
        to its owner as before, and only its owner may read and write it.

        Returns:
            The version that `fetch` will tell in this process.

        Raises:
            ConflictError: the file holds another version than the expected one.
            ConfigurationError: it names other files, is one of kubelet or a mount, or would not
                give back these fields.
            CredentialsError: it cannot be written; nothing was changed.
        """
        return self._file_store(deadline).store(fields, expected_version, deadline)

    def check_store(self, deadline: Deadline) -> None:
        """Find out whether the file can be replaced: a new one beside it is made and removed."""
        self._file_store(deadline).check(deadline)

    def erase(self, deadline: Deadline, *, expected_version: str | None) -> None:
        """Remove the lines of the credential, and the file where it holds nothing else."""
        self._file_store(deadline).erase(expected_version, deadline)

    def close(self) -> None:
        """Nothing is open."""

    def _file_store(self, deadline: Deadline) -> FileStore:
        from binance_creds._parse._edit._dotenv import edited_dotenv  # noqa: PLC0415  # a load needs none
        from binance_creds.providers.local._storing import FileStore, Form  # noqa: PLC0415  # as above

        reader = FileReader(self._uri.redacted, self._rules, deadline)
        names = self._names
        form = Form(
            lambda text: self._found(text, reader), lambda t, new: edited_dotenv(t, new, names)
        )
        return FileStore(self._uri.location, form, self._uri.redacted, self._rules)

    def _found(self, text: Secret, reader: FileReader) -> dict[str, Secret] | None:
        try:
            return self._fields(text, reader)
        except SecretNotFoundError:
            return None

    def _fields(self, text: Secret, reader: FileReader) -> dict[str, Secret]:
        source = self._uri.redacted

        def read_file(named: str) -> Secret:
            folder = os.path.dirname(self._uri.location)
            return reader.read_named(beside(named, folder, source=source), folder)

        variables = read_variables(text, self._names, source=source)
        return fields_of_prefix(
            variables,
            variables.__getitem__,
            self._names,
            source=source,
            read_file=read_file,
        )


def _emptied(absence: SecretNotFoundError) -> MalformedSecretError:
    return MalformedSecretError(
        absence.message,
        reason="emptied",
        source=absence.source,
        hint="Write the pair again, or remove the file.",
    )
