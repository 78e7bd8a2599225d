"""`file:PATH`: a directory with a file a field, or one file that is a document or one value.

Covers Docker and Kubernetes secrets, systemd credentials, and what Vault Agent or the CSI driver
write.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

from binance_creds._files._paths import SYSTEMD, beside, is_systemd, located
from binance_creds._files._reader import FileReader, FileRules
from binance_creds._parse._clean import secret_of
from binance_creds._parse._document import follow_hints, read_document
from binance_creds._parse._fields import checked_prefix, collected
from binance_creds._parse._names import HINTS, Names, folded, near
from binance_creds._raw import answer
from binance_creds._secret import Secret
from binance_creds._working_directory import working_directory
from binance_creds.errors import ConfigurationError, MalformedSecretError, SecretNotFoundError
from binance_creds.providers._options import check_options

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from binance_creds._raw import Fields, RawSecret, Unchanged
    from binance_creds._time._deadline import Deadline
    from binance_creds._uri import SourceURI
    from binance_creds.providers.local._storing import FileStore

__all__ = ["FileProvider"]


_DOCUMENT: Final = r"\.env[a-z.]{0,16}|[a-z0-9_-]{1,24}\.(json|toml|env)"
_MOST_SHOWN: Final = 3


class FileProvider:
    """Read mounted files.

    Options: `prefix` (then only names that begin with it count), `permissions=relaxed`,
    `pipe=true`. A file that is called `.env` is read as `dotenv:` reads it.

    Args:
        uri: its location is the path; `$CREDENTIALS_DIRECTORY` at its start is the one variable
            that is replaced, for services that systemd gives credentials to.
        environ: where that variable is looked up; the process's by default.

    Raises:
        ConfigurationError: there is an unknown option, or no path.
    """

    def __init__(self, uri: SourceURI, *, environ: Mapping[str, str] | None = None) -> None:
        check_options(uri)
        if not uri.location:
            msg = "the location of file: is a path, such as file:/run/secrets/binance."
            raise ConfigurationError(msg)
        self._uri = located(uri, working_directory())
        # A function, not the mapping: whoever prints this provider must not print the variables.
        self._variables: Callable[[], Mapping[str, str]] = lambda: (
            os.environ if environ is None else environ
        )
        prefix = uri.option("prefix")
        if prefix is not None:
            checked_prefix(prefix, source=self._uri.redacted)
        self._names = Names.of_folder(prefix)
        self._rules = FileRules.of(uri)

    def fetch(
        self, deadline: Deadline, *, known_version: str | None = None
    ) -> RawSecret | Unchanged:
        """Return what the file or directory holds now, key and secret of one generation."""
        source = self._uri.redacted
        path = self._path()
        reader = FileReader(source, self._rules, deadline)
        fields = self._fields(reader, path)
        return answer(fields, source, known_version)

    def store(
        self,
        fields: Mapping[str, Secret],
        deadline: Deadline,
        *,
        expected_version: str | None = None,
    ) -> str | None:
        """Write the fields in place of the expected ones, and make the file if there is none.

        The text keeps its form: other members and lines, their order and spacing stay. A new file
        has that of its name, `.env` or `.toml`, else JSON. It is replaced at once, belongs to its
        owner as before, and only its owner may read and write it.

        Returns:
            The version that `fetch` will tell in this process.

        Raises:
            ConflictError: the file holds another version than the expected one.
            ConfigurationError: it is a folder, one of kubelet, systemd or a mount, or its text
                cannot be changed safely.
            CredentialsError: it cannot be written; nothing was changed.
        """
        return self._file_store(deadline).store(fields, expected_version, deadline)

    def check_store(self, deadline: Deadline) -> None:
        """Find out whether the file can be replaced: a new one beside it is made and removed."""
        self._file_store(deadline).check(deadline)

    def erase(self, deadline: Deadline, *, expected_version: str | None) -> None:
        """Remove the fields of the credential, and the file where it holds nothing else.

        Raises:
            ConfigurationError: the source names a member, or as `store` does.
        """
        if self._uri.field is not None:
            msg = "a #member is not removed alone."
            raise ConfigurationError(msg, source=self._uri.redacted, hint="Edit the document.")
        self._file_store(deadline).erase(expected_version, deadline)

    def close(self) -> None:
        """Nothing is open."""

    def _file_store(self, deadline: Deadline) -> FileStore:
        from binance_creds._parse._edit._document import edited_document  # noqa: PLC0415  # a load needs none
        from binance_creds.providers.local._storing import FileStore, Form  # noqa: PLC0415  # as above

        source, path = self._uri.redacted, self._path()
        if is_systemd(self._uri.location):
            msg = "this folder belongs to systemd, which makes it for each start of the service."
            hint = "Change the file that LoadCredential= names."
            raise ConfigurationError(msg, source=source, hint=hint)
        reader = FileReader(source, self._rules, deadline)

        def edit(text: Secret | None, new: Mapping[str, Secret]) -> Secret:
            return edited_document(
                text, new, self._uri, is_dotenv=_is_dotenv(path), is_toml=path.endswith(".toml")
            )

        form = Form(lambda text: self._found(text, reader, path), edit)
        return FileStore(path, form, source, self._rules)

    def _found(self, text: Secret, reader: FileReader, path: str) -> Fields | None:
        """Return the fields of a text, `None` where it holds none and may take some."""
        try:
            return self._fields_of_file(text, reader, path)
        except MalformedSecretError as error:
            if error.reason not in {"empty", "no_fields"}:
                raise
        return None

    def _path(self) -> str:
        location = self._uri.location
        if not is_systemd(location):
            return location
        folder = self._variables().get(SYSTEMD[1:])
        if not folder:
            msg = "CREDENTIALS_DIRECTORY is not set."
            hint = "systemd sets it for a service that has LoadCredential=."
            raise ConfigurationError(msg, source=self._uri.redacted, hint=hint)
        return folder + location.removeprefix(SYSTEMD)

    def _fields(self, reader: FileReader, path: str) -> Fields:
        near: set[str] = set()

        def is_wanted(name: str) -> bool:
            near.add(name)
            return self._names.field(name) is not None or self._is_switch(name, path)

        found = (
            reader.read_file(path)
            if self._uri.field is not None
            else reader.read_either(path, is_wanted)
        )
        if isinstance(found, Secret):
            return self._fields_of_file(found, reader, path)
        return self._fields_of_directory(found, near)

    def _fields_of_file(self, text: Secret, reader: FileReader, path: str) -> Fields:
        folder = os.path.dirname(path)
        return read_document(
            text,
            self._uri,
            read_file=lambda path: reader.read_named(
                beside(path, folder, source=self._uri.redacted), folder
            ),
            is_dotenv=_is_dotenv(path),
        )

    def _fields_of_directory(self, contents: Mapping[str, Secret], found: set[str]) -> Fields:
        if not any(map(self._names.field, contents)):
            raise SecretNotFoundError(
                f"no file of this folder is a field of a credential{near(found, self._names)}.",
                source=self._uri.redacted,
                hint=f"Name them {self._names.pair}{_documents(found, self._uri.location)}.",
            )
        by_field = ((self._names.field(name), name, text) for name, text in contents.items())
        entries = (
            (field, name, secret_of(text, field, name=name))
            for field, name, text in by_field
            if field is not None
        )
        try:
            fields = collected(entries, self._names, found)
            follow_hints(fields, contents, self._names)
        except MalformedSecretError as error:
            refusal = error.at(self._uri.redacted)
        else:
            return fields
        raise refusal

    def _is_switch(self, name: str, folder: str) -> bool:
        """Return whether a file says of the environment what `BINANCE_TESTNET` would."""
        is_one = self._names.hints(name) and (HINTS.get(folded(name)) or self._names.starts(name))
        return bool(is_one) and os.path.isfile(os.path.join(folder, name))


def _documents(found: set[str], folder: str) -> str:
    """Return how to name a document that lies in a folder, as the end of a sentence, or nothing."""
    names = sorted(name for name in found if re.fullmatch(_DOCUMENT, name))
    paths = [os.path.join(folder, name) for name in names[:_MOST_SHOWN]]
    return f", or name the file: {' or '.join(f'file:{path}' for path in paths)}" if paths else ""


def _is_dotenv(path: str) -> bool:
    name = os.path.basename(path)
    return name.startswith(".env") or name.endswith(".env")
