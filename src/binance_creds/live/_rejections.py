"""Answer `report_rejection`: of a storm of rejections one asks, the others get its answer."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from binance_creds._recorded import record
from binance_creds._threads._latch import Latch
from binance_creds._threads._spawn import spawn
from binance_creds.errors import ClosedError
from binance_creds.live._recheck import Recheck
from binance_creds.live._values import Action, Decision
from binance_creds.live.run._same_key import same_material

if TYPE_CHECKING:
    from collections.abc import Callable

    from binance_creds._credentials import Credentials
    from binance_creds.exchange import Rejection
    from binance_creds.live.run._subject import Subject

__all__ = ["Rejections"]

ANSWER_SECONDS: Final = 5.0  # how long the answer for a pair stands: a storm makes one re-read

_INTERRUPTED: Final = "the source could not be asked: whoever was asking was interrupted"
_FOR_EVER: Final = float("inf")


class _Given(NamedTuple):
    rejected: Credentials
    decision: Decision
    until: float


class _Question:
    """Whether a pair is to blame, and what to do."""

    def __init__(self, rejected: Credentials) -> None:
        self.rejected = rejected
        self.decision: Decision | None = None  # of whoever asks; `None` if that was interrupted
        self.answered = Latch()

    def answer(self, decision: Decision | None) -> None:
        self.decision = decision
        self.answered.set()


class Rejections:
    """Decide for one subject. Threads may share it.

    Args:
        subject: whose pairs are reported.
        clock: monotonic seconds.
    """

    def __init__(self, subject: Subject, *, clock: Callable[[], float]) -> None:
        self._subject, self._clock = subject, clock
        self.start_over()

    def start_over(self) -> None:
        """Forget what was asked; in a forked child its lock may be that of a thread of before."""
        self.lock = threading.RLock()  # guards the three below; never held while anything blocks
        self._question: _Question | None = None
        self._given: _Given | None = None
        self._recheck = Recheck(self._subject, self._seconds, fresh_seconds=ANSWER_SECONDS)

    def _seconds(self) -> float:
        return self._clock()

    def decide(self, error: object, used: Credentials) -> Decision:
        """Return what to do. Blocks while the source is read, if it is.

        Raises:
            ClosedError: the handle is closed.
        """
        found, is_of_credentials = _read(error)
        if not is_of_credentials:
            return self._told(self._recheck.of_something_else(found))
        question, is_mine = self.joined(used)
        if is_mine:
            self._ask(question, found)
        question.answered.wait(_FOR_EVER)
        return self._told(question.decision)

    async def adecide(self, error: object, used: Credentials) -> Decision:
        """Do what `decide` does, in a thread that holds up neither the loop nor its executor."""
        found, is_of_credentials = _read(error)
        if not is_of_credentials:
            return self._told(self._recheck.of_something_else(found))
        question, is_mine = self.joined(used)
        if is_mine:
            self._ask_in_thread(question, found)
        await question.answered.wait_async(_FOR_EVER)
        return self._told(question.decision)

    def _told(self, decision: Decision | None) -> Decision:
        now = self._subject.pair
        if self._subject.machine.is_closed:
            msg = "these live credentials are closed."
            raise ClosedError(msg, source=now.origin)
        return decision or Decision(Action.GIVE_UP, now, _INTERRUPTED)

    def joined(self, used: Credentials) -> tuple[_Question, bool]:
        """Return the question about the current pair, and whether the caller must ask it."""
        with self.lock:
            rejected = self._subject.pair
            decision, question = self._known(used, rejected), self._question
            if decision is not None:
                question = _Question(rejected)
                question.answer(decision)
                return question, False
            if question is not None and same_material(question.rejected, rejected):
                return question, False
            question = self._question = _Question(rejected)
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
        return None if same_material(used, now) else self._recheck.of_another(used)

    def _ask(self, question: _Question, found: Rejection) -> None:
        decision: Decision | None = None
        try:
            self._subject.warn_if_a_loop_waits("report_rejection", "areport_rejection")
            decision = self._recheck.decide(question.rejected, found)
        finally:  # also when a signal's handler raises: nobody may wait for ever
            self.end(question, decision)

    def _ask_in_thread(self, question: _Question, found: Rejection) -> None:
        is_asked = False
        try:
            is_asked = spawn(partial(self._ask, question, found), "rejection")
        finally:  # also when a signal's handler raises
            if not is_asked:
                self.end(question, None)

    def end(self, question: _Question, decision: Decision | None) -> None:
        rejected = question.rejected
        with self.lock:
            if decision is not None:
                self._given = _Given(rejected, decision, self._clock() + ANSWER_SECONDS)
                if not same_material(decision.credentials, rejected):
                    self._recheck.rejected_before = rejected
            if self._question is question:
                self._question = None
        question.answer(decision)
        outcome = "interrupted" if decision is None else decision.action.value
        profile = self._subject.plan.terms.profile
        record("rejection", outcome, profile=profile, credentials=rejected)


def _read(error: object) -> tuple[Rejection, bool]:
    """Return what a rejection says, and whether it is about credentials."""
    from binance_creds.exchange import Meaning, rejection_of  # noqa: PLC0415  # rarely needed

    found = rejection_of(error)
    return found, found.meaning is Meaning.CREDENTIALS
