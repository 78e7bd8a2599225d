"""The scheme `scripted`: answers what a test has put there.

A whole third-party provider: a callable that takes a `SourceURI` and gives an object with `fetch`
and `close`, published as an entry point in pyproject.toml.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from binance_creds.errors import SecretNotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from binance_creds.providers import Deadline, Provider, RawSecret, SourceURI, Unchanged

    Answer = RawSecret | Unchanged | Exception

__all__ = ["asked", "open_scripted", "script"]

_answers: dict[str, Answer] = {}
asked: list[str] = []
"""The locations that were fetched, in order."""
_lock = threading.Lock()


def script(answers: Mapping[str, Answer]) -> None:
    """Set what each location answers, and forget what was asked before."""
    with _lock:
        _answers.clear()
        _answers.update(answers)
        asked.clear()


def open_scripted(uri: SourceURI) -> Provider:
    """Return the provider of a location."""
    uri.allow_options("colour")
    return _Scripted(uri)


class _Scripted:
    def __init__(self, uri: SourceURI) -> None:
        self._uri = uri

    def fetch(
        self, deadline: Deadline, *, known_version: str | None = None
    ) -> RawSecret | Unchanged:
        with _lock:
            asked.append(self._uri.location)
            answer = _answers.get(self._uri.location)
        if answer is None:
            msg = "nothing is scripted."
            raise SecretNotFoundError(msg, source=self._uri.redacted)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self) -> None:
        """Nothing is open."""
