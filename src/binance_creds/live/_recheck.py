"""Decide about a rejected pair: read the source again, swap, or go back to the previous pair."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from binance_creds.errors import CredentialsError, VerificationError
from binance_creds.live._values import Action, Decision
from binance_creds.live.decide._messages import UNDECIDED
from binance_creds.live.run._engine import ENGINE
from binance_creds.live.run._same_key import same_material

if TYPE_CHECKING:
    from collections.abc import Callable

    from binance_creds._credentials import Credentials
    from binance_creds.exchange import Rejection
    from binance_creds.live.decide._messages import Moment, Output
    from binance_creds.live.run._subject import Subject

__all__ = ["Recheck"]

_PERMISSION: Final = -2015  # alone may be about what a key may do
# Signature and format of the key: never of a pair that has signed what was accepted.
_OF_THE_REQUEST: Final = (-1022, -2014)
_VERIFIED: Final = "the verifier accepts it, so it is the request"
_PROVEN: Final = "the exchange accepted requests that it signed, so it is the request"


class Recheck:
    """Decide for one subject, for one rejection at a time.

    The previous pair is returned to once a rotation, and only if nobody reported it too: where a
    new pair is refused for its addresses while the old one is deleted, both are rejected, and
    the newest stays. A verifier, if there is one, must not refuse it either. When the one returned
    to is rejected in its turn, the newest is worth a try unless it was rejected just now. A pair
    that is shown to be good is left for neither: the request was at fault.

    Args:
        subject: whose pairs are reported.
        clock: monotonic seconds.
        fresh_seconds: how long a rejection is "just now".

    Attributes:
        rejected_before: the pair to which there is no way back.
    """

    def __init__(
        self, subject: Subject, clock: Callable[[], float], *, fresh_seconds: float
    ) -> None:
        self._subject, self._clock, self._fresh_seconds = subject, clock, fresh_seconds
        self._pairs = subject.machine.pairs
        self.rejected_before: Credentials | None = None
        self._went_back_at = float("-inf")

    def of_something_else(self, found: Rejection) -> Decision:
        """Return what to do about a rejection that is not about credentials."""
        from binance_creds.live import _reasons  # noqa: PLC0415  # most programs never need it

        reason = _reasons.reason_of_another(found)
        if _reasons.passes(found):
            return Decision(Action.WAIT, self._now(), reason, _reasons.pause_of(found))
        return Decision(Action.GIVE_UP, self._now(), reason)

    def of_another(self, used: Credentials) -> Decision:
        """Return what to do about the rejection of a pair that is not current."""
        previous: Credentials | None = self._pairs.previous
        if previous is not None and same_material(used, previous):
            self.rejected_before = previous
        return self._retry("another pair is current")

    def decide(self, rejected: Credentials, found: Rejection) -> Decision:
        """Return what to do about the rejection of the current pair. Blocks."""
        said = f"rejected ({found.code})"
        self._unless_left(rejected, self._pairs.swap_now)  # a hold must not keep a dead key
        if not self._is_current(rejected):
            return self._retry("the pair that was pending is current now")
        because = "the source still holds it"
        try:
            ENGINE.refreshes.wait(self._subject, self._subject.reader.timeout_seconds)
        except CredentialsError as error:
            if self._subject.machine.error == UNDECIDED:
                return self._undecided(rejected, said)
            if not isinstance(error, VerificationError):
                return self._settled(rejected, f"{said}; the source cannot be read ({error.code})")
            because = "what the source holds is refused too"
        self._unless_left(rejected, self._pairs.swap_now)
        if not self._is_current(rejected):
            return self._settled(rejected, said)
        return self._of_newest(rejected, found, f"{said}; {because}: {_reason_of(found)}")

    def _of_newest(self, rejected: Credentials, found: Rejection, said: str) -> Decision:
        """Decide about the pair that the source holds: go back where that may help."""
        good = self._shown_good(rejected, found)
        if good is not None:
            return self._settled(rejected, f"{said}; {good}")
        if self._has_returned(rejected):
            return self._on_newest(said)
        if self._may_go_back():
            self._went_back_at = self._clock()
            self._unless_left(rejected, self._pairs.roll_back)
        return self._settled(rejected, said)

    def _settled(
        self, rejected: Credentials, said: str, wait_seconds: float | None = None
    ) -> Decision:
        """Return what became of it; wait where a newer pair may be current soon."""
        if self._is_current(rejected):
            action = Action.GIVE_UP if wait_seconds is None else Action.WAIT
            return Decision(action, self._now(), said, max(0.0, wait_seconds or 0.0))
        if _are_same(self._pairs.rolled_back_from, rejected):
            return self._retry("rolled back to the previous pair")
        return self._retry("the source held a newer pair")

    def _undecided(self, rejected: Credentials, said: str) -> Decision:
        """Wait for the next check of the pair that the source holds: it may be good."""
        due_in = self._subject.machine.schedule.due_at - self._clock()
        return self._settled(
            rejected, f"{said}; the exchange has not decided about the newer pair", due_in
        )

    def _has_returned(self, rejected: Credentials) -> bool:
        """Leave the pair that was rolled back to; return whether the newest is current again."""
        newest = self._pairs.rolled_back_from
        if newest is None:
            return False
        self._unless_left(rejected, self._pairs.return_to_newest)
        return self._is_current(newest)

    def _on_newest(self, said: str) -> Decision:
        """Try the newest, unless it was rejected just now; if it is again, there is no way back."""
        if self._clock() < self._went_back_at + self._fresh_seconds:
            return Decision(Action.GIVE_UP, self._now(), f"{said}; so was the newest, current now")
        return self._retry("returned to the newest pair, which was rejected some time ago")

    def _shown_good(self, rejected: Credentials, found: Rejection) -> str | None:
        """Return what shows that the request was at fault, where there is another pair to go to.

        What a pair may do, which is -2015, neither a verifier nor another request shows.
        """
        others = self._pairs.previous, self._pairs.rolled_back_from
        if found.code == _PERMISSION or others == (None, None):
            return None
        verdict = self._subject.prover.verifies(rejected)
        if verdict is not None:
            return _VERIFIED if verdict else None
        is_proven = found.code in _OF_THE_REQUEST and self._pairs.is_proven(rejected)
        return _PROVEN if is_proven else None

    def _may_go_back(self) -> bool:
        """Return whether there is a previous pair that nobody and no verifier has refused."""
        previous: Credentials | None = self._pairs.previous
        if previous is None or _are_same(previous, self.rejected_before):
            return False
        return self._subject.prover.verifies(previous) is not False

    def _unless_left(self, rejected: Credentials, change: Callable[[Moment], list[Output]]) -> None:
        """Change the pair, unless a poll did so meanwhile."""
        ENGINE.run(
            self._subject,
            lambda moment: change(moment) if self._is_current(rejected) else [],
        )

    # words

    def _now(self) -> Credentials:
        return self._subject.pair

    def _is_current(self, pair: Credentials) -> bool:
        """Return whether a pair is current, be it with another version than it had."""
        return same_material(self._now(), pair)

    def _retry(self, reason: str) -> Decision:
        refusal = self._subject.refusal
        if refusal is not None:  # `.current` raises
            reason = f"the credentials are not served any more ({refusal})"
            return Decision(Action.GIVE_UP, self._now(), reason)
        return Decision(Action.RETRY, self._now(), reason)


def _are_same(one: Credentials | None, other: Credentials | None) -> bool:
    return one is not None and other is not None and same_material(one, other)


def _reason_of(found: Rejection) -> str:
    from binance_creds.live import _reasons  # noqa: PLC0415  # as above

    return _reasons.reason_of(found)
