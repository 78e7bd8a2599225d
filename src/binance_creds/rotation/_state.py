"""What is known of a rotation, and the next step that follows from it. No I/O, no clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

__all__ = ["DEFAULT_OVERLAP", "Journal", "Seen", "Step", "next_step"]

DEFAULT_OVERLAP: Final = timedelta(hours=24)


class Step(StrEnum):
    """The steps of a rotation, in their order, and how it ends.

    Attributes:
        CHECK: find out whether the store can be written.
        SLOT: is there room for another key at the exchange?
        STAGE: put the new pair where no bot reads it.
        VERIFY: prove the new pair at the exchange, and compare its key with the policy.
        PROMOTE: keep the old pair, and put the new one in its place.
        WATCH: wait until the bots use the new key.
        OVERLAP: wait for as long as both keys shall work.
        CONFIRM: make sure that the old key is no longer used.
        RETIRE: have the old key deleted at the exchange, and remove what was kept.
        RESTORE: put the old pair back, verified first.
        CLEAN: remove what was staged and kept.
        DONE: the new pair is in use, and the old one is gone.
        ABORTED: the old pair is in use, and the new one is gone.
    """

    CHECK = "check"
    SLOT = "slot"
    STAGE = "stage"
    VERIFY = "verify"
    PROMOTE = "promote"
    WATCH = "watch"
    OVERLAP = "overlap"
    CONFIRM = "confirm"
    RETIRE = "retire"
    RESTORE = "restore"
    CLEAN = "clean"
    DONE = "done"
    ABORTED = "aborted"


@dataclass(frozen=True, slots=True)
class Journal:
    """What a rotation remembers between two commands; nothing here is secret.

    What a store holds is asked of the store: a journal that was lost delays a rotation, and one
    that is older than the store misleads none.

    Attributes:
        target: the source, redacted.
        old: the fingerprint of the key that is replaced.
        started_at: UTC.
        new: the fingerprint of the new key, once it is known.
        overlap: how long both keys shall work after the promotion.
        is_writable: whether the store was found to take a write.
        has_slot: whether there is room for another key.
        was_asked: whether the exchange was asked to make the key of a sub-account.
        is_verified: whether the exchange has accepted the new pair.
        promoted_at: when the new pair took the place of the old one.
        is_swapped: whether the bots use the new key.
        is_unused: whether nobody uses the old key any more.
        is_aborting: whether the old pair shall come back.
        ended: how it has ended, or `None`.
    """

    target: str
    old: str
    started_at: datetime
    new: str | None = None
    overlap: timedelta = DEFAULT_OVERLAP
    is_writable: bool = False
    has_slot: bool = False
    was_asked: bool = False
    is_verified: bool = False
    promoted_at: datetime | None = None
    is_swapped: bool = False
    is_unused: bool = False
    is_aborting: bool = False
    ended: Step | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What the store holds now, as fingerprints of API keys.

    Attributes:
        current: in the source itself; `None` for no pair.
        staged: in the place of the next pair; `None` for none, and for half of one.
        is_half_staged: whether a private key waits there for its API key.
        kept: in the place of the previous pair.
    """

    current: str | None
    staged: str | None = None
    is_half_staged: bool = False
    kept: str | None = None


def next_step(journal: Journal, seen: Seen, now: datetime) -> Step | None:
    """Return what is to be done next, or `None` where the source holds a key that is neither."""
    if journal.ended is not None:
        return journal.ended
    if journal.is_aborting:
        return Step.RESTORE if seen.current in {None, journal.new} else Step.CLEAN
    if seen.current is None or seen.current not in {journal.old, journal.new}:
        return None
    if seen.current == journal.old:
        return _before(journal, seen)
    return _after(journal, now)


def _before(journal: Journal, seen: Seen) -> Step:
    if not journal.is_writable:
        return Step.CHECK
    if not journal.has_slot:
        return Step.SLOT
    if seen.staged is None:
        return Step.STAGE
    if not journal.is_verified or seen.staged != journal.new:
        return Step.VERIFY
    return Step.PROMOTE


def _after(journal: Journal, now: datetime) -> Step:
    if not journal.is_swapped:
        return Step.WATCH
    if journal.promoted_at is None or now < journal.promoted_at + journal.overlap:
        return Step.OVERLAP
    return Step.RETIRE if journal.is_unused else Step.CONFIRM
