"""What a health endpoint answers of live credentials; nothing secret.

    answer = health({"main": live})
    answer.http_status, answer.json()

Works with any web framework. The words are those of `application/health+json`, as
draft-inadarei-api-health-check-06 has it. Nothing blocks, and nothing is asked of a source.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING, Final

from binance_creds._typing import NamedTuple
from binance_creds.live import LiveCredentials, Proof, State

if TYPE_CHECKING:
    from collections.abc import Mapping

    from binance_creds.live import Status

__all__ = ["Grade", "Health", "grade", "health"]

_MEDIA_TYPE: Final = "application/health+json"
_DOWN: Final = frozenset({State.EXPIRED, State.FAILED, State.CLOSED})
_HTTP_OK: Final = 200
_HTTP_UNAVAILABLE: Final = 503


class Grade(Enum):
    """How well it is: works, works and needs attention, does not work."""

    PASS = "pass"  # noqa: S105  # the word of the draft
    WARN = "warn"
    FAIL = "fail"


_WORST_FIRST: Final = (Grade.FAIL, Grade.WARN, Grade.PASS)


class Health(NamedTuple):
    """The answer of a health endpoint.

    Attributes:
        grade: of the worst handle.
        checks: for each name what `json` shows of its handle.
    """

    grade: Grade
    checks: Mapping[str, Mapping[str, object]]

    @property
    def http_status(self) -> int:
        """503 where a handle does not work, else 200."""
        return _HTTP_UNAVAILABLE if self.grade is Grade.FAIL else _HTTP_OK

    @property
    def media_type(self) -> str:
        """The content type of `json`: `application/health+json`."""
        return _MEDIA_TYPE

    def json(self) -> str:
        """Return the body."""
        return json.dumps({"status": self.grade.value, "checks": self.checks})


def health(handles: LiveCredentials | Mapping[str, LiveCredentials]) -> Health:
    """Look at one handle, which is called `credentials`, or at several with their names."""
    named = {"credentials": handles} if isinstance(handles, LiveCredentials) else handles
    now = datetime.now(UTC)
    statuses = {name: one.status() for name, one in named.items()}
    grades = [grade(one, now) for one in statuses.values()]
    worst = next((one for one in _WORST_FIRST if one in grades), Grade.PASS)
    return Health(worst, {name: _check(one, now) for name, one in statuses.items()})


def grade(status: Status, now: datetime) -> Grade:
    """Say how well a handle is.

    It fails where it serves nothing, where the exchange refuses its key, and where the key's right
    to trade has ended. It warns where the source is not answering, where the last signature of a
    key outside failed, where a new pair was refused, where the exchange was asked and has not
    decided, and where the key is due for rotation.

    Args:
        status: what `status()` gave.
        now: with a time zone; the dates of the key are compared with it.
    """
    if (
        status.state in _DOWN
        or status.proof is Proof.REFUSED
        or _is_over(status.trading_ends_at, now)
    ):
        return Grade.FAIL
    needs_attention = (
        status.state is State.STALE
        or status.error is not None
        or status.signer_error is not None
        or status.is_rolled_back
        or status.proof is Proof.UNDECIDED
        or _is_over(status.rotate_by, now)
    )
    return Grade.WARN if needs_attention else Grade.PASS


def _check(status: Status, now: datetime) -> Mapping[str, object]:
    return {
        "status": grade(status, now).value,
        "state": status.state.value,
        "age_seconds": round(status.age_seconds, 3),
        "fingerprint": status.fingerprint,
        "error": status.error,
        "signer_error": status.signer_error,
        "is_rolled_back": status.is_rolled_back,
        "proof": None if status.proof is None else status.proof.value,
        "rotate_by": _text(status.rotate_by),
        "trading_ends_at": _text(status.trading_ends_at),
    }


def _is_over(date: datetime | None, now: datetime) -> bool:
    return date is not None and date <= now


def _text(date: datetime | None) -> str | None:
    return None if date is None else date.isoformat()
