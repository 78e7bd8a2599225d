"""What a rotation tells and asks while it runs; nothing here is secret."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from binance_creds.rotation._state import Step

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["Event", "Failed", "Progress", "Question", "StepDone", "StepStarted", "Waiting"]


class Question(StrEnum):
    """What only a person knows.

    Attributes:
        SLOT: is there room for another key at the exchange?
        SWAPPED: do the bots use the new key? Asked where nobody reports.
        UNUSED: is the old key no longer used? Asked where nobody reports.
        DELETED: is a key deleted at the exchange? Asked where that cannot be found out.
    """

    SLOT = "slot"
    SWAPPED = "swapped"
    UNUSED = "unused"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class StepStarted:
    """A step begins."""

    step: Step


@dataclass(frozen=True, slots=True)
class StepDone:
    """A step is done, and the journal says so."""

    step: Step


@dataclass(frozen=True, slots=True)
class Waiting:
    """A step waits for somebody or for a time; go on with `resume`.

    Attributes:
        step: which.
        reason: what is missing, and what to do.
        until: when it is over by itself, UTC.
        public_key: what to register at Binance, as PEM.
    """

    step: Step
    reason: str
    until: datetime | None = None
    public_key: str | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """A step has failed; the error is raised after this.

    Attributes:
        step: which.
        code: of the error.
        state: what the store holds now, and how to go on.
    """

    step: Step
    code: str
    state: str


Event = StepStarted | StepDone | Waiting | Failed


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a rotation is.

    Attributes:
        target: the source, redacted.
        step: the next, or `done`, or `aborted`.
        old: the fingerprint of the key that is replaced.
        new: that of the new key, once it is known.
        waiting: what it waits for, if it was run and waits.
        overlap_ends: until when both keys shall work, once the new pair is promoted.
    """

    target: str
    step: Step
    old: str
    new: str | None
    waiting: Waiting | None = None
    overlap_ends: datetime | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to do."""
        return self.step in {Step.DONE, Step.ABORTED}
