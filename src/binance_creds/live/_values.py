"""What live credentials tell their user: rotations, events, status, decisions. Nothing secret."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from binance_creds._typing import NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

    from binance_creds._credentials import Credentials
    from binance_creds.live.decide._messages import Kind, State

__all__ = ["Action", "Decision", "Event", "Proof", "Rotation", "Status"]


class Rotation(NamedTuple):
    """A change of `.current`, as hooks get it.

    Attributes:
        previous: the pair before.
        current: the pair from now on.
        reason: `Kind.ROTATED`, or `Kind.ROLLED_BACK`.
        at: when, UTC.
    """

    previous: Credentials
    current: Credentials
    reason: Kind
    at: datetime


class Event(NamedTuple):
    """A transition, as `on_event` callbacks and the log get it.

    Attributes:
        kind: what happened.
        at: when, UTC.
        origin: the redacted source.
        code: the code of the error behind it, or `None`.
        message: one safe sentence.
        version: of what is current.
        fingerprint: of what is current, 8 hex digits.
    """

    kind: Kind
    at: datetime
    origin: str
    code: str | None
    message: str
    version: str | None
    fingerprint: str


class Proof(Enum):
    """What the exchange says of the pair that is current."""

    ACCEPTED = "accepted"
    UNDECIDED = "undecided"
    REFUSED = "refused"


class Status(NamedTuple):
    """Where live credentials are, at one moment. `str()` of it is meant for people.

    Attributes:
        state: see `State`.
        age_seconds: since the source last confirmed what is current.
        version: of what is current.
        fingerprint: of what is current, 8 hex digits.
        error: the code of the last failure, or `None` after a success.
        failures: in a row.
        next_check_seconds: until the source is asked again; `None` where it is not.
        change_sources: how a change would be noticed now, such as `poll`, `files`, `sqs`.
        is_pinned: whether the source names one version, which is not watched.
        is_rolled_back: whether the newest pair was rejected, and the one before it is current.
        proof: what the exchange said last of what is current; `None` if it is not asked.
        proof_problem: why it has not accepted it, or `None`.
        rotate_by: when the key should be replaced, or `None`.
        trading_ends_at: when the key's right to trade ends, or `None`.
        signed_by: where the key of what is current stays; `None` if it is in this process.
        signer_error: the code of the error that its last signature ended with; `None` after a
            success, and of a key in this process.
    """

    state: State
    age_seconds: float
    version: str | None
    fingerprint: str
    error: str | None
    failures: int
    next_check_seconds: float | None
    change_sources: tuple[str, ...]
    is_pinned: bool
    is_rolled_back: bool
    proof: Proof | None
    proof_problem: str | None
    rotate_by: datetime | None
    trading_ends_at: datetime | None
    signed_by: str | None = None
    signer_error: str | None = None

    def __str__(self) -> str:
        check = (
            "no more checks"
            if self.next_check_seconds is None
            else f"next check in {self.next_check_seconds:.0f} s"
        )
        parts = [
            self.state.value,
            f"confirmed {self.age_seconds:.0f} s ago",
            f"version {self.version or '(none)'}",
            f"fingerprint {self.fingerprint}",
            *([f"signed by {self.signed_by}"] if self.signed_by else []),
            f"by {', '.join(self.change_sources) or 'nothing'}",
            check,
        ]
        if self.is_rolled_back:
            parts.append("rolled back")
        if self.error is not None:
            parts.append(f"{self.failures} failures in a row, the last: {self.error}")
        if self.signer_error is not None:
            parts.append(f"the last signature failed: {self.signer_error}")
        if self.rotate_by is not None:
            parts.append(f"rotate by {self.rotate_by:%Y-%m-%d}")
        if self.trading_ends_at is not None:
            parts.append(f"trading ends {self.trading_ends_at:%Y-%m-%d}")
        if self.proof is not None:
            reason = f": {self.proof_problem}" if self.proof_problem else ""
            parts.append(f"{self.proof.value} by the exchange{reason}")
        return ", ".join(parts)


class Action(Enum):
    """What to do with a request that the exchange rejected."""

    RETRY = "retry"
    WAIT = "wait"
    GIVE_UP = "give_up"


class Decision(NamedTuple):
    """The answer to `report_rejection`.

    Attributes:
        action: retry the request with `credentials`, wait and then retry, or give up.
        credentials: what to sign the next try with.
        reason: one sentence, for the log.
        wait_seconds: before the next try: what the exchange asks for, else what its limits suggest;
            zero where there is nothing to wait for.
    """

    action: Action
    credentials: Credentials
    reason: str
    wait_seconds: float = 0.0
