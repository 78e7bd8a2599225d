"""`BotReport`: what one handle of a running bot says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["LARGEST_BYTES", "BotReport", "fingerprint_in", "shown"]

LARGEST_BYTES: Final = 8 * 1024 * 1024  # of a process with 10,000 handles, three times over
_LONGEST: Final = 200  # characters of a text that somebody else wrote


@dataclass(frozen=True, slots=True)
class BotReport:
    """What one handle says of the key that it uses, or why a place says nothing usable.

    Attributes:
        place: the file or URL that it was read from.
        problem: why it says nothing usable, or `None`.
        fingerprint: of the key in use, 8 hex digits.
        seen_at: when it said so, UTC; `None` with a problem.
        heartbeat_seconds: how often it says so.
        program: the name of the program; as those that follow, `None` where it does not say.
        host: the name of its machine.
        pid: its process number there.
        profile: the profile that the handle was loaded by.
        source: the redacted source.
        version: of what is in use.
        state: such as `fresh`, `stale`, `expired`.
        since: since when it uses this key, UTC.
    """

    place: str
    problem: str | None = None
    fingerprint: str | None = None
    seen_at: datetime | None = None
    heartbeat_seconds: float = 60.0
    program: str | None = None
    host: str | None = None
    pid: int | None = None
    profile: str | None = None
    source: str | None = None
    version: str | None = None
    state: str | None = None
    since: datetime | None = None

    def __str__(self) -> str:
        """Say it in one line, for people."""
        if self.seen_at is None:
            return f"{self.place}: {self.problem}"
        process = f"{self.program or 'a bot'} (pid {self.pid} on {self.host})"
        who = self.place if self.pid is None else process
        handle = self.profile or self.source or "a handle"
        seen = f"at {self.seen_at:%Y-%m-%d %H:%M:%S} UTC"
        return f"{who}: {handle} uses key {self.fingerprint}, {seen}"


def shown(text: object) -> str | None:
    """Return a text of somebody else as it may be printed, or `None` if it is no text."""
    if not isinstance(text, str) or not text:
        return None
    return "".join(one if one.isprintable() else "?" for one in text[:_LONGEST])


def fingerprint_in(text: str) -> str:
    """Return a text that is the fingerprint of a key.

    Raises:
        ValueError: it is none.
    """
    if re.fullmatch("[0-9a-f]{8}", text) is None:
        msg = "no fingerprint"
        raise ValueError(msg)
    return text
