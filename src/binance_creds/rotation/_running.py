"""From step to step: what is done is written down, and a failure says what it leaves."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from binance_creds.errors import ConflictError, CredentialsError
from binance_creds.rotation._events import Failed, Progress, StepDone, StepStarted, Waiting
from binance_creds.rotation._staging import stage
from binance_creds.rotation._state import Step, next_step
from binance_creds.rotation._steps import Steps

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from binance_creds import KeyType, Secret
    from binance_creds.rotation._events import Event
    from binance_creds.rotation._journals import JournalFile
    from binance_creds.rotation._setting import Places, Setting
    from binance_creds.rotation._state import Journal, Seen

__all__ = ["ENDS", "Given", "Runner"]

_T = TypeVar("_T")

ENDS: Final = frozenset({Step.DONE, Step.ABORTED})


class Given(NamedTuple):
    """The new pair: what there is of it, and which kind of key to make where there is nothing."""

    new: Mapping[str, Secret] | None = None
    key_type: KeyType | None = None


class Runner:
    """What carries a rotation out.

    Args:
        setting: what it was told.
        places: what it works on.
        file: what it remembers.
        tell: is called with each event.
    """

    def __init__(
        self,
        setting: Setting,
        places: Places,
        file: JournalFile,
        tell: Callable[[Event], object],
    ) -> None:
        self.steps = Steps(setting, places)
        self._setting, self._places, self._file, self._tell = setting, places, file, tell
        self._acts: dict[Step, Callable[[Journal, Seen], Journal | Waiting]] = {
            Step.CHECK: self.steps.check,
            Step.SLOT: self.steps.slot,
            Step.VERIFY: self.steps.verify,
            Step.PROMOTE: self.steps.promote,
            Step.WATCH: self.steps.watch,
            Step.OVERLAP: self.steps.overlap,
            Step.CONFIRM: self.steps.confirm,
            Step.RETIRE: self.steps.retire,
            Step.RESTORE: self.steps.restore,
            Step.CLEAN: self.steps.clean,
        }

    def go_on(self, journal: Journal, given: Given) -> Progress:
        """Go as far as it goes now.

        Raises:
            CredentialsError: a step failed.
        """
        self._file.write(journal)
        while True:
            seen = self._places.look()
            journal = self._noticed(journal, seen)
            step = next_step(journal, seen, self._setting.now())
            if step is None:
                raise self._stranger(journal, seen)
            if step in ENDS:
                return self.progress(journal, seen)
            self._tell(StepStarted(step))
            act = partial(self._act, step, journal, seen, given)
            outcome = self.tried(step, journal, act)
            if isinstance(outcome, Waiting):
                self._tell(outcome)
                return self.progress(journal, seen, outcome)
            journal = outcome
            self._file.write(journal)
            self._tell(StepDone(step))

    def tried(self, step: Step, journal: Journal, act: Callable[[], _T]) -> _T:
        """Do something; of an error say what the store holds then, and how to go on.

        Raises:
            CredentialsError: it failed.
        """
        try:
            return act()
        except CredentialsError as error:
            failure = error.again()
        state = self._state(journal)
        self._tell(Failed(step, failure.code, state))
        failure.hint = f"{failure.hint} {state}" if failure.hint else state
        raise failure

    def progress(self, journal: Journal, seen: Seen, waiting: Waiting | None = None) -> Progress:
        """Return how far it is."""
        step = next_step(journal, seen, self._setting.now())
        ends = journal.promoted_at and journal.promoted_at + journal.overlap
        if step is None:
            raise self._stranger(journal, seen)
        return Progress(journal.target, step, journal.old, journal.new, waiting, ends)

    def _act(self, step: Step, journal: Journal, seen: Seen, given: Given) -> Journal | Waiting:
        if step is not Step.STAGE:
            return self._acts[step](journal, seen)
        return stage(
            journal, self._places, given.new or {}, key_type=given.key_type,
            sub_account=self._setting.sub_account, save=self._file.write,
        )  # fmt: skip

    def _noticed(self, journal: Journal, seen: Seen) -> Journal:
        """Return the journal with a promotion that was interrupted before it was written down."""
        if seen.current is None or seen.current != journal.new or journal.promoted_at is not None:
            return journal
        journal = replace(journal, promoted_at=self._setting.now())
        self._file.write(journal)
        return journal

    def _state(self, journal: Journal) -> str:
        try:
            seen = self._places.look()
        except CredentialsError:
            held = " or ".join(filter(None, (journal.old, journal.new)))
            return f"The store cannot be read now; it holds the key {held}. {_GO_ON}"
        if seen.current is not None and seen.current == journal.new:
            kept = f"; the pair of {journal.old} is kept" if seen.kept == journal.old else ""
            return f"The store holds the new key {seen.current}{kept}. {_GO_ON}"
        key = f"the key {seen.current}" if seen.current else "no pair"
        return f"The store holds {key}, as before. {_GO_ON}"

    def _stranger(self, journal: Journal, seen: Seen) -> ConflictError:
        what = f"the key {seen.current}" if seen.current else "no pair"
        msg = (
            f"it holds {what}; the rotation is from {journal.old} to {journal.new or 'a new key'}."
        )
        hint = f"Somebody else has changed it. {_ABORT}"
        return ConflictError(msg, source=journal.target, hint=hint)


_GO_ON: Final = "Go on with `binance-creds rotate PROFILE --resume`, or go back with `--abort`."
_ABORT: Final = (
    "To leave it as it is, and remove what was staged and kept:"
    " `binance-creds rotate PROFILE --abort`."
)
