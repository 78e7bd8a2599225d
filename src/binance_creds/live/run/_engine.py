"""`Engine`: one daemon thread that executes the machines of all live handles of a process.

It only waits and decides; what may block, a fetch, is for the fetchers.
"""

from __future__ import annotations

import time
from functools import partial
from itertools import islice

from binance_creds._threads._fork import call_after_fork
from binance_creds._threads._spawn import no_thread, spawn
from binance_creds._time._clock import Times, seconds
from binance_creds._typing import TYPE_CHECKING
from binance_creds.live.decide._messages import Tell
from binance_creds.live.run._driver import MOST_AT_ONCE, Driver
from binance_creds.live.run._event_log import EventLog
from binance_creds.live.run._fetchers import Fetchers
from binance_creds.live.run._locks import LOCK, is_inside
from binance_creds.live.run._loop import Loop
from binance_creds.live.run._refreshes import Refreshes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Final

    from binance_creds._credentials import Credentials
    from binance_creds.errors import CredentialsError
    from binance_creds.live.decide._messages import Fetch, Kind, Outcome, Verdict
    from binance_creds.live.run._checks import Checks
    from binance_creds.live.run._driver import MachineCall
    from binance_creds.live.run._status_files import StatusFiles
    from binance_creds.live.run._subject import Subject

__all__ = ["ENGINE", "Engine"]

LONGEST_WAIT_SECONDS: Final = 10.0  # a wait does not count suspended time, so it is kept short


class Engine:
    """Run subjects. Threads may share it: `LOCK` guards all of it, and machines.

    Args:
        clock: monotonic seconds.
        wall: seconds since the epoch, for events and swap windows.

    Attributes:
        times: both.
        driver: does what machines decide; whoever calls it holds `LOCK`.
        log: where events go.
        refreshes: fetches that somebody waits for.
    """

    def __init__(
        self, *, clock: Callable[[], float] = seconds, wall: Callable[[], float] = time.time
    ) -> None:
        self.times = Times(clock, wall)
        self.loop = Loop(self._turn)
        self._checks: Checks | None = None  # until the first; many handles have none
        self._status: StatusFiles | None = None  # until a handle reports to a folder
        self.log = EventLog(lambda: self.driver.readings(), self.times)  # noqa: PLW0108  # it comes next
        self.driver = Driver(self.times, self.log.tell, self.loop.ring_elsewhere, self._check)
        self.refreshes = Refreshes(self.loop, self.driver)
        self.fetchers = Fetchers(
            self.driver.jobs, self._deliver, self.log.read, self.loop.ring_elsewhere
        )
        call_after_fork(self, Engine.start_over)

    def start_over(self) -> None:
        """Forget in a forked child what only the parent's threads could go on with.

        No handle goes on before it is used: most children use one of them, or none.
        """
        self.loop.start_clean()
        self.log.start_clean()
        self.driver.start_over()
        self._checks = self._status = None
        self.fetchers = Fetchers(
            self.driver.jobs, self._deliver, self.log.read, self.loop.ring_elsewhere
        )

    def ring(self) -> None:
        """Make the thread look; takes no lock."""
        self.loop.ring()

    def add(self, subject: Subject) -> None:
        """Begin to run a subject.

        Raises:
            ProviderUnavailableError: no thread could be started.
        """
        subject.since = self.times.wall()
        with LOCK:
            is_running = self._begin(subject)
        self.log.begin()
        if not is_running:
            raise no_thread()

    def resume(self, subject: Subject) -> bool:
        """Go on with a subject in a forked child; return whether nobody else did before."""
        with LOCK:
            if subject.refusal != "forked":
                return False
            subject.serve(subject.machine.refusal)
            self._begin(subject)
            return True

    def _begin(self, subject: Subject) -> bool:
        self.driver.add(subject)
        if subject.status_dir is not None:
            if self._status is None:
                from binance_creds.live.run._status_files import StatusFiles  # noqa: PLC0415  # few have one

                self._status = StatusFiles(lambda: self.driver.subjects, self.times, self.ring)
                self.log.told = self._status.touch
            self._status.touch()
        return self.loop.start()

    def remove(self, subject: Subject, *, is_told: bool = True) -> None:
        """Stop running a subject, for good; whoever waits for it is told.

        Args:
            subject: which.
            is_told: whether hooks and the log are, too; not of a handle that nobody ever had.
        """
        if is_inside() or self.loop.is_here:
            subject.serve("closed")
            self.leave(subject, is_told=is_told)
            return
        try:
            self.loop.run(partial(self._stop, subject, is_told=is_told))
        finally:  # also when a signal's handler raises
            subject.end()

    def leave(self, subject: Subject, *, is_told: bool = True) -> None:
        """Let go of a subject whose handle was collected."""
        stop = partial(self._stop, subject, is_told=is_told)
        self.loop.post(partial(_let_go, stop, subject))  # both at once: the thread may end then

    def _stop(self, subject: Subject, *, is_told: bool) -> None:
        with LOCK:
            outputs = subject.machine.close()
            self.driver.apply(subject, outputs if is_told else ())
            subject.serve("closed")
            self.driver.subjects.remove(subject)
            ready = subject.waiters.ended()
        for wake in ready:
            wake()

    def tell(self, subject: Subject, kind: Kind, error: CredentialsError | None = None) -> None:
        """Report something that no machine decided."""
        with LOCK:
            self.log.tell(subject, Tell(kind, None if error is None else error.code, error))

    def run(self, subject: Subject, call: MachineCall) -> None:
        """Call a method of the subject's machine at this moment, and do what it puts out."""
        self.loop.run(partial(self._do, (subject,), lambda _: call))

    def ask(self, subjects: Iterable[Subject], *, announced: str | None = None) -> None:
        """Have subjects look soon: their sources may have changed. Waits for nothing.

        Args:
            subjects: which, be they many.
            announced: the version that is said to be there.
        """
        waiting = iter(subjects)
        while some := tuple(islice(waiting, MOST_AT_ONCE)):
            self.loop.post(partial(self._do, some, partial(_ask_of, announced)))

    def look(self, subjects: Iterable[Subject]) -> None:
        """Do what `ask` does, in a thread that may block: it fetches what nobody else does."""
        waiting = iter(subjects)
        while some := tuple(islice(waiting, MOST_AT_ONCE)):
            self._do(some, partial(_ask_of, None))
        self.fetchers.join()

    def _do(self, subjects: Iterable[Subject], call_of: Callable[[Subject], MachineCall]) -> None:
        with LOCK:
            for subject in subjects:
                self.driver.do(subject, call_of(subject))

    def _turn(self) -> float | None:
        status = self._status
        if not self.driver.subjects:
            if status is not None:
                status.leave()
            return None
        self.driver.tick()
        next_in = min(self.fetchers.hand_out(), LONGEST_WAIT_SECONDS)
        if self._checks is not None:
            self._checks.hand_out()
        now = self.times.seconds()
        looks_at = min(self.driver.subjects.next_at, now + next_in)
        if status is not None:
            looks_at = min(looks_at, status.turn())
        self.driver.looks_at = looks_at
        return looks_at - now

    def _deliver(self, subject: Subject, order: Fetch, outcome: Outcome) -> None:
        try:
            self.log.came(subject, outcome)
            with LOCK:
                took = self.driver.deliver(subject, order, outcome)
            self.log.fetched(outcome, took)
        finally:
            _end_fetch(subject, order)

    def _check(self, subject: Subject, pair: Credentials) -> None:
        if self._checks is None:
            from binance_creds.live.run._checks import Checks  # noqa: PLC0415  # as above

            self._checks = Checks(self._checked)
        self._checks.add(subject, pair)

    def _checked(self, subject: Subject, verdict: Verdict) -> None:
        with LOCK:
            self.driver.do(subject, partial(subject.machine.checked, verdict=verdict))


def _ask_of(announced: str | None, subject: Subject) -> MachineCall:
    return partial(subject.machine.ask, announced=announced)


def _end_fetch(subject: Subject, order: Fetch) -> None:
    with LOCK:
        ready = subject.waiters.ended(order.serial) if subject.waiters.waiting else ()
        is_closed = subject.machine.is_closed
    for wake in ready:
        wake()
    if is_closed:
        subject.reader.close()
    elif subject.changes.retry is not None:
        subject.changes.retry()


def _let_go(stop: Callable[[], None], subject: Subject) -> None:
    """End also what a third party may have written, in a thread of its own if there is one."""
    stop()
    if not spawn(subject.end, "close"):
        subject.end()


ENGINE: Final = Engine()
