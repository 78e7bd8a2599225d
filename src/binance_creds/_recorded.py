"""What is done with credentials, told to a recorder if the program has started one.

This is the lowest layer, so that whatever loads, swaps, uses or writes credentials can tell.
"""

from __future__ import annotations

import time
from contextlib import suppress

from binance_creds._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from typing import Protocol
    from weakref import WeakSet

    class _Pair(Protocol):
        """What a record says of credentials."""

        @property
        def origin(self) -> str: ...
        @property
        def version(self) -> str | None: ...
        @property
        def fingerprint(self) -> str: ...


__all__ = ["Record", "record", "record_use", "set_recorder"]


class Record(NamedTuple):
    """One thing that was done with credentials; nothing here is secret.

    Attributes:
        at_seconds: when, since the epoch.
        action: `load`, `refresh`, `swap`, `live` (another change of a live handle), `rejection`,
            `use` (a client signs with a pair for the first time), `reveal`, `write`,
            `erase` or `audit`.
        outcome: `done`, or the code of an error, or what a live handle calls it.
        profile: its name, if the credentials are of one.
        source: redacted.
        version: the source's name of the version.
        fingerprint: of the API key.
        detail: what else there is to say, such as the client's kind.
    """

    at_seconds: float
    action: str
    outcome: str
    profile: str | None = None
    source: str | None = None
    version: str | None = None
    fingerprint: str | None = None
    detail: str | None = None


_recorder: Callable[[Record], object] | None = None
_used: WeakSet[_Pair] | None = None  # of the pairs that the recorder was told a use of


def set_recorder(recorder: Callable[[Record], object] | None) -> None:
    """Have a function called with every record from now on; it must not block."""
    global _recorder, _used  # noqa: PLW0603  # one for the process
    from weakref import WeakSet  # noqa: PLC0415  # few programs record

    _used = WeakSet() if _used is None else _used
    _recorder = recorder


def record(  # what a record has
    action: str,
    outcome: str = "done",
    *,
    credentials: _Pair | None = None,
    profile: str | None = None,
    source: str | None = None,
    version: str | None = None,
    fingerprint: str | None = None,
    detail: str | None = None,
    at: datetime | None = None,
) -> None:
    """Tell the recorder, if there is one. Never raises: what is recorded must not fail by it."""
    tell = _recorder
    if tell is None:
        return
    with suppress(Exception):
        if credentials is not None:
            source, version = credentials.origin, credentials.version
            fingerprint = credentials.fingerprint
        at_seconds = time.time() if at is None else at.timestamp()
        tell(Record(at_seconds, action, outcome, profile, source, version, fingerprint, detail))


def record_use(credentials: _Pair) -> None:
    """Tell that a function signs with a pair, of each pair once."""
    if _recorder is not None and _used is not None and credentials not in _used:
        _used.add(credentials)
        record("use", credentials=credentials, detail="function")
