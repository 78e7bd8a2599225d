"""What a handle says of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from binance_creds._chain._walk import outside_signer_of
from binance_creds.live._values import Proof, Status
from binance_creds.live.decide._messages import UNDECIDED

if TYPE_CHECKING:
    from binance_creds.live.decide._proving import Proving
    from binance_creds.live.run._subject import Subject

__all__ = ["status_of"]


def status_of(subject: Subject, now: float) -> Status:
    """Return where a subject is at this moment."""
    machine, pair = subject.machine, subject.pair
    signer = outside_signer_of(pair)
    wait = float("inf") if machine.is_closed else machine.schedule.due_at - now
    return Status(
        state=machine.state(now),
        age_seconds=machine.age(now),
        version=pair.version,
        fingerprint=pair.fingerprint,
        error=machine.error,
        failures=machine.failures,
        next_check_seconds=max(0.0, wait) if wait < float("inf") else None,
        change_sources=() if machine.is_closed else subject.change_sources,
        is_pinned=subject.reader.is_pinned,
        is_rolled_back=machine.pairs.rolled_back_from is not None,
        proof=_proof(machine.proving),
        proof_problem=None if machine.proving.error is None else machine.proving.error.message,
        rotate_by=pair.rotate_by,
        trading_ends_at=pair.trading_ends_at,
        signed_by=pair.signed_by,
        signer_error=None if signer is None else signer.error,
    )


def _proof(proving: Proving) -> Proof | None:
    if proving.code is None:
        return Proof.ACCEPTED if proving.is_asked else None
    return Proof.UNDECIDED if proving.code == UNDECIDED else Proof.REFUSED
