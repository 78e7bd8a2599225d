"""Answer `report_rejection`: what a rejected request means for the pair that signed it."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from binance_creds._threads._spawn import spawn
from binance_creds.errors import ClosedError, CredentialsError, VerificationError
from binance_creds.exchange import Meaning, rejection_of
from binance_creds.live._reasons import pause_of, reason_of, reason_of_another
from binance_creds.live._values import Action, Decision
from binance_creds.live.run._engine import ENGINE
from binance_creds.live.run._same_key import same_material

if TYPE_CHECKING:
    from collections.abc import Callable

    from binance_creds._credentials import Credentials
    from binance_creds.exchange import Rejection
    from binance_creds.live.decide._messages import Moment, Output
    from binance_creds.live.run._subject import Subject

__all__ = ["Rejections"]

ANSWER_SECONDS: Final = 5.0  # how long the answer for a pair stands: a storm makes one re-read

_PERMISSION: Final = -2015  # alone may be about what a key may do
_INTERRUPTED: Final = "the source could not be asked: whoever was asking was interrupted"
_NOT_THE_PAIR: Final = "the verifier accepts it, so it is the request"

_Answer = Future[Decision | None]


class _Given(NamedTuple):
    rejected: Credentials
    decision: Decision
    until: float


class _Question(NamedTuple):
    rejected: Credentials
    answer: _Answer


class Rejections:
    """Decide for one subject. Threads may share it: of a storm one asks, the others get its answer.

    The previous pair is returned to once a rotation, and only if nobody reported it too: where a
    new pair is refused for its addresses while the old one is deleted, both are rejected, and
    the newest stays. A verifier, if there is one, must not refuse it either. When the one returned
    to is rejected in its turn, the newest is worth a try unless it was rejected just now.

    Args:
        subject: whose pairs are reported.
        clock: monotonic seconds.
    """

    def __init__(self, subject: Subject, *, clock: Callable[[], float]) -> None:
        self._subject, self._clock = subject, clock
        self._pairs = subject.machine.pairs
        self.start_over()

    def start_over(self) -> None:
        """Forget what was asked; in a forked child its lock may be that of a thread of before."""
        self._lock = threading.RLock()  # guards the three below; never held while anything blocks
        self._question: _Question | None = None
        self._given: _Given | None = None
        self._rejected_before: Credentials | None = None  # no way back to it
        self._went_back_at = float("-inf")

    def decide(self, error: object, used: Credentials) -> Decision:
        """Return what to do. Blocks while the source is read, if it is.

        Raises:
            ClosedError: the handle is closed.
        """
        found = rejection_of(error)
        if found.meaning is not Meaning.CREDENTIALS:
            return self._told(self._of_something_else(found))
        question, is_mine = self._joined(used)
        if is_mine:
            self._ask(question, found)
        return self._told(question.answer.result())

    async def adecide(self, error: object, used: Credentials) -> Decision:
        """Do what `decide` does, in a thread that holds up neither the loop nor its executor."""
        found = rejection_of(error)
        if found.meaning is not Meaning.CREDENTIALS:
            return self._told(self._of_something_else(found))
        question, is_mine = self._joined(used)
        if is_mine:
            self._ask_in_thread(question, found)
        # It counts as running, so that a task that is cancelled does not cancel it for the others.
        return self._told(await asyncio.wrap_future(question.answer))

    def _told(self, decision: Decision | None) -> Decision:
        if self._subject.machine.is_closed:
            msg = "these live credentials are closed."
            raise ClosedError(msg, source=self._now().origin)
        return decision or Decision(Action.GIVE_UP, self._now(), _INTERRUPTED)

    def _of_something_else(self, found: Rejection) -> Decision:
        reason = reason_of_another(found)
        if found.meaning in {Meaning.LIMIT, Meaning.CLOCK}:
            return Decision(Action.WAIT, self._now(), reason, pause_of(found))
        return Decision(Action.GIVE_UP, self._now(), reason)

    # the one question

    def _joined(self, used: Credentials) -> tuple[_Question, bool]:
        """Return the question about the current pair, and whether the caller must ask it."""
        with self._lock:
            rejected = self._now()
            decision, question = self._known(used, rejected), self._question
            if decision is not None:
                question = _Question(rejected, Future())
                question.answer.set_result(decision)
                return question, False
            if question is not None and same_material(question.rejected, rejected):
                return question, False
            question = self._question = _Question(rejected, Future())
            question.answer.set_running_or_notify_cancel()
            return question, True

    def _known(self, used: Credentials, now: Credentials) -> Decision | None:
        """Return the answer that stands, or that another pair is current."""
        given = self._given
        if (
            given is not None
            and same_material(given.decision.credentials, now)
            and self._clock() < given.until
            and same_material(used, given.rejected)
        ):
            return given.decision
        if same_material(used, now):
            return None
        previous: Credentials | None = self._pairs.previous
        if previous is not None and same_material(used, previous):
            self._rejected_before = previous
        return self._retry("another pair is current")

    def _ask(self, question: _Question, found: Rejection) -> None:
        decision: Decision | None = None
        try:
            self._subject.warn_if_a_loop_waits("report_rejection", "areport_rejection")
            decision = self._asked(question.rejected, found)
        finally:  # also when a signal's handler raises: nobody may wait for ever
            self._answer(question, decision)

    def _ask_in_thread(self, question: _Question, found: Rejection) -> None:
        is_asked = False
        try:
            is_asked = spawn(partial(self._ask, question, found), "rejection")
        finally:  # also when a signal's handler raises
            if not is_asked:
                self._answer(question, None)

    def _answer(self, question: _Question, decision: Decision | None) -> None:
        rejected = question.rejected
        with self._lock:
            if decision is not None:
                self._given = _Given(rejected, decision, self._clock() + ANSWER_SECONDS)
                if not same_material(decision.credentials, rejected):
                    self._rejected_before = rejected
            if self._question is question:
                self._question = None
            if not question.answer.done():  # else whoever asked was interrupted
                question.answer.set_result(decision)

    # what the one that asks does

    def _asked(self, rejected: Credentials, found: Rejection) -> Decision:
        said = f"rejected ({found.code})"
        self._unless_left(rejected, self._pairs.swap_now)  # a hold must not keep a dead key
        if not self._is_current(rejected):
            return self._retry("the pair that was pending is current now")
        because = "the source still holds it"
        try:
            ENGINE.refresh_and_wait(self._subject, self._subject.reader.timeout_seconds)
        except VerificationError:
            because = "what the source holds is refused too"
        except CredentialsError as error:
            return self._settled(rejected, f"{said}; the source cannot be read ({error.code})")
        self._unless_left(rejected, self._pairs.swap_now)
        if not self._is_current(rejected):
            return self._settled(rejected, said)
        said = f"{said}; {because}: {reason_of(found)}"
        if self._has_returned(rejected):
            return self._on_newest(said)
        if self._is_fault_of_request(rejected, found):
            return self._settled(rejected, f"{said}; {_NOT_THE_PAIR}")
        if self._may_go_back():
            self._went_back_at = self._clock()
            self._unless_left(rejected, self._pairs.roll_back)
        return self._settled(rejected, said)

    def _settled(self, rejected: Credentials, said: str) -> Decision:
        if self._is_current(rejected):
            return Decision(Action.GIVE_UP, self._now(), said)
        if _are_same(self._pairs.rolled_back_from, rejected):
            return self._retry("rolled back to the previous pair")
        return self._retry("the source held a newer pair")

    def _has_returned(self, rejected: Credentials) -> bool:
        """Leave the pair that was rolled back to; return whether the newest is current again."""
        newest = self._pairs.rolled_back_from
        if newest is None:
            return False
        self._unless_left(rejected, self._pairs.return_to_newest)
        return self._is_current(newest)

    def _on_newest(self, said: str) -> Decision:
        """Try the newest, unless it was rejected just now; if it is again, there is no way back."""
        if self._clock() < self._went_back_at + ANSWER_SECONDS:
            return Decision(Action.GIVE_UP, self._now(), f"{said}; so was the newest, current now")
        return self._retry("returned to the newest pair, which was rejected some time ago")

    def _is_fault_of_request(self, rejected: Credentials, found: Rejection) -> bool:
        """Return whether a verifier shows it; what a pair may do, which is -2015, none shows."""
        if self._pairs.previous is None or found.code == _PERMISSION:
            return False
        return self._subject.reader.verifies(rejected) is True

    def _may_go_back(self) -> bool:
        """Return whether there is a previous pair that nobody and no verifier has refused."""
        previous: Credentials | None = self._pairs.previous
        if previous is None or _are_same(previous, self._rejected_before):
            return False
        return self._subject.reader.verifies(previous) is not False

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
