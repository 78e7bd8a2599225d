"""The file in which a rotation remembers what it has done: one a source, of its owner alone."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from dataclasses import asdict, fields
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from binance_creds._files import _state_folder
from binance_creds._files._locks import try_to_lock
from binance_creds._files._rules import FileRules
from binance_creds._files._writer import rewrite
from binance_creds._secret import Secret
from binance_creds._time._deadline import Deadline
from binance_creds.errors import ConfigurationError, ConflictError
from binance_creds.rotation._state import Journal, Step

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from binance_creds._uri import SourceURI

__all__ = ["JournalFile", "state_folder"]

_FORMAT: Final = 1
_RULES: Final = FileRules(is_secret=False, otherwise="set XDG_STATE_HOME to another folder")
_SECONDS: Final = 10.0  # for a write


class JournalFile:
    """The journal of one source.

    Args:
        folder: of all journals; it is made.
        uri: the source.
    """

    def __init__(self, folder: str, uri: SourceURI) -> None:
        said = [uri.scheme, uri.location, sorted(uri.options.items()), uri.field]
        self._folder = folder
        self._source = uri.redacted
        self.path = os.path.join(
            folder, f"{sha256(json.dumps(said).encode()).hexdigest()[:16]}.json"
        )

    def read(self) -> Journal | None:
        """Return what was written, or `None`.

        Raises:
            ConfigurationError: the file is damaged, or of another version of this library.
        """
        try:
            with open(self.path, encoding="utf-8") as file:
                return _journal(json.load(file))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            pass
        msg = f"the journal {self.path} cannot be read."
        hint = "Remove it: what has been done is seen in the store."
        raise ConfigurationError(msg, source=self._source, hint=hint)

    def write(self, journal: Journal) -> None:
        """Replace the file; it has reached the disk when this returns.

        Raises:
            CredentialsError: it cannot be written.
        """
        os.makedirs(self._folder, mode=0o700, exist_ok=True)
        text = Secret(f"{json.dumps(_document(journal), indent=2)}\n")
        rewrite(self.path, lambda _: text, rules=_RULES, deadline=Deadline(_SECONDS))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Let no other process of this machine rotate the source; the end of the process frees it.

        Raises:
            ConflictError: another one does.
        """
        os.makedirs(self._folder, mode=0o700, exist_ok=True)
        descriptor = os.open(f"{self.path}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if not try_to_lock(descriptor):
                msg = "another process is rotating this source."
                raise ConflictError(msg, source=self._source, hint="Wait until it has ended.")
            yield
        finally:
            os.close(descriptor)


def state_folder(environ: Mapping[str, str]) -> str:
    """Return the folder of the journals.

    Raises:
        ConfigurationError: no absolute path is known.
    """
    return os.path.join(_state_folder.state_folder(environ), "rotations")


def _document(journal: Journal) -> dict[str, Any]:
    return {"format": _FORMAT, **{name: _plain(value) for name, value in asdict(journal).items()}}


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return value.total_seconds() if isinstance(value, timedelta) else value


def _journal(document: dict[str, Any]) -> Journal:
    if document["format"] != _FORMAT:
        raise ValueError
    found = {field.name: document[field.name] for field in fields(Journal)}
    for name in ("started_at", "promoted_at"):
        found[name] = found[name] and datetime.fromisoformat(found[name])
    found["overlap"] = timedelta(seconds=found["overlap"])
    found["ended"] = found["ended"] and Step(found["ended"])
    return Journal(**found)
