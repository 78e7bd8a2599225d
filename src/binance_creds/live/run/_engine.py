"""`Engine`: one daemon thread that executes the machines of all live handles of a process.

It only waits and decides; what may block, a fetch, is for the fetchers.
"""

from __future__ import annotations

import time
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Final

from binance_creds._threads._fork import call_after_fork
from binance_creds._threads._latch import Latch
from binance_creds._threads._spawn import no_thread, spawn
from binance_creds.errors import ClosedError
from binance_creds.live.decide._messages import Fetch, Kind, Moment, Refuse, Renew, Swap, Tell
from binance_creds.live.run._clock import seconds
from binance_creds.live.run._event_log import EventLog, tell_dropped
from binance_creds.live.run._fetchers import Fetchers
from binance_creds.live.run._jobs import Jobs
from binance_creds.live.run._locks import LOCK, is_inside
from binance_creds.live.run._loop import Loop
from binance_creds.live.run._publisher import Publisher
from binance_creds.live.run._telemetry import Reading, Telemetry
from binance_creds.live.run._timetable import Timetable

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable
    from datetime import datetime

    from binance_creds.errors import CredentialsError
    from binance_creds.live.decide._messages import Outcome, Output
    from binance_creds.live.run._jobs import Ordered
    from binance_creds.live.run._subject import Subject

__all__ = ["ENGINE", "Engine"]

_NOT_YET: Final = float("inf")  # serial of a fetch that the thread has still to ask for
MOST_AT_ONCE: Final = 256  # subjects under the lock, which other threads want too
LONGEST_WAIT_SECONDS: Final = 10.0  # a wait does not count suspended time, so it is kept short


class Engine:
    """Run subjects. Threads may share it: `LOCK` guards all of it, and machines.

    Args:
        clock: monotonic seconds.
        wall: seconds since the epoch, for events and swap windows.
    """

    def __init__(
        self, *, clock: Callable[[], float] = seconds, wall: Callable[[], float] = time.time
    ) -> None:
        self._clock, self._wall = clock, wall
        self._subjects: Timetable[Subject] = Timetable()
        self._loop = Loop(self._turn)
        self._telemetry = Telemetry(self._readings)
        self._publisher = Publisher(tell_dropped)
        self._log = EventLog(self._publisher, self._telemetry)
        self._start_clean()
        call_after_fork(self, Engine._start_over)

    def _start_clean(self) -> None:
        self._wakes_at = 0.0  # when the thread looks next, at the latest
        self._jobs = Jobs(self._others, self._begun)
        self._fetchers = Fetchers(self._jobs, self._deliver, self._tell_time)

    def _start_over(self) -> None:
        """Forget in a forked child what only the parent's threads could go on with.

        No handle goes on before it is used: most children use one of them, or none.
        """
        self._loop.start_clean()
        self._publisher.start_clean()
        self._start_clean()
        subjects, self._subjects = self._subjects, Timetable()
        for subject in subjects:
            subject.start_over(self._clock())

    def add(self, subject: Subject) -> None:
        """Begin to run a subject.

        Raises:
            ProviderUnavailableError: no thread could be started.
        """
        with LOCK:
            self._subjects.set(subject, subject.machine.next_at)
            is_running = self._loop.start()
        self._measure(self._telemetry.begin)
        if not is_running:
            raise no_thread()

    def resume(self, subject: Subject) -> bool:
        """Go on with a subject in a forked child; return whether nobody else did before."""
        with LOCK:
            if subject.refusal != "forked":
                return False
            subject.serve(subject.machine.refusal)
            self._subjects.set(subject, subject.machine.next_at)
            self._loop.start()
            return True

    def remove(self, subject: Subject, *, is_told: bool = True) -> None:
        """Stop running a subject, for good; whoever waits for it is told.

        Args:
            subject: which.
            is_told: whether hooks and the log are, too; not of a handle that nobody ever had.
        """
        if is_inside() or self._loop.is_here:
            subject.serve("closed")
            self.leave(subject, is_told=is_told)
            return
        try:
            self._loop.run(partial(self._stop, subject, is_told=is_told))
        finally:  # also when a signal's handler raises
            self._end(subject)

    def leave(self, subject: Subject, *, is_told: bool = True) -> None:
        """Let go of a subject whose handle was collected."""
        self._loop.post(partial(self._stop, subject, is_told=is_told))
        self._loop.post(partial(self._end_elsewhere, subject))

    def _end_elsewhere(self, subject: Subject) -> None:
        """End what a third party may have written, in a thread of its own if there is one."""
        if not spawn(partial(self._end, subject), "close"):
            self._end(subject)

    def _stop(self, subject: Subject, *, is_told: bool) -> None:
        with LOCK:
            outputs = subject.machine.close()
            self._apply(subject, outputs if is_told else ())
            subject.serve("closed")
            self._subjects.remove(subject)
            waiters, subject.waiters = subject.waiters, []
        for _, wake in waiters:
            wake()

    def _end(self, subject: Subject) -> None:
        subject.stop_watching()
        with LOCK:
            is_reading = subject.is_reading
        if not is_reading:  # else whoever fetches closes it
            subject.reader.close()

    def tell(self, subject: Subject, kind: Kind, error: CredentialsError | None = None) -> None:
        """Report something that no machine decided."""
        with LOCK:
            told = Tell(kind, None if error is None else error.code, error)
            self._log.tell(subject, told, self._now())

    def run(self, subject: Subject, call: Callable[[Moment], list[Output]]) -> None:
        """Call a method of the subject's machine at this moment, and do what it puts out."""
        self._loop.run(partial(self._run, subject, call))

    def _run(self, subject: Subject, call: Callable[[Moment], list[Output]]) -> None:
        with LOCK:
            self._apply(subject, call(self._moment(subject)))

    def ask(self, subjects: Iterable[Subject], *, announced: str | None = None) -> None:
        """Have subjects look soon: their sources may have changed. Waits for nothing.

        Args:
            subjects: which, be they many.
            announced: the version that is said to be there.
        """
        waiting = iter(subjects)
        while some := tuple(islice(waiting, MOST_AT_ONCE)):
            self._loop.post(partial(self._ask, some, announced))

    def _ask(self, subjects: Iterable[Subject], announced: str | None) -> None:
        with LOCK:
            for subject in subjects:
                moment = self._moment(subject)
                self._apply(subject, subject.machine.ask(moment, announced=announced))

    def refresh(self, subject: Subject, wake: Callable[[], None]) -> None:
        """Begin a fetch, and wake the caller when one that began after this call has ended.

        Raises:
            ClosedError: the handle is closed.
            ProviderUnavailableError: no thread could be started.
        """
        if subject.machine.is_closed:
            msg = "these live credentials are closed."
            raise ClosedError(msg)
        with LOCK:
            subject.waiters.append((_NOT_YET, wake))
        if not self._loop.submit(partial(self._refresh, subject, wake)):
            self.forget(subject, wake)
            raise no_thread()

    def _refresh(self, subject: Subject, wake: Callable[[], None]) -> None:
        machine = subject.machine
        with LOCK:
            serial = machine.serial + 1  # of the fetch after the one that is under way, if any
            self._apply(subject, machine.ask(self._moment(subject), urgent=True))
            if (_NOT_YET, wake) in subject.waiters:  # else it gave up
                subject.waiters.remove((_NOT_YET, wake))
                subject.waiters.append((serial, wake))
        if machine.is_closed:  # since it asked
            wake()

    def refresh_and_wait(self, subject: Subject, seconds: float) -> None:
        """Do what `refresh` does, and block until then.

        Raises:
            CredentialsError: what the source failed with, or that the time was up.
        """
        done = Latch()
        try:
            self.refresh(subject, done.set)
            is_done = done.wait(seconds)
        finally:
            self.forget(subject, done.set)
        subject.raise_if_failed(is_done=is_done)

    def forget(self, subject: Subject, wake: Callable[[], None]) -> None:
        """Drop a waiter that gave up."""
        with LOCK:
            subject.waiters = [one for one in subject.waiters if one[1] != wake]

    @property
    def next_at(self) -> float:
        """When the next subject is to be ticked."""
        with LOCK:
            return self._subjects.next_at

    def ring(self) -> None:
        """Make the thread look; takes no lock."""
        self._loop.ring()

    # the thread

    def _turn(self) -> float | None:
        if not self._subjects:
            return None
        for subject in self._subjects.due(self._clock(), MOST_AT_ONCE):
            self._apply(subject, subject.machine.tick(self._moment(subject)))
        self._fetchers.hand_out()
        now = self._clock()
        self._wakes_at = min(self._subjects.next_at, now + LONGEST_WAIT_SECONDS)
        return self._wakes_at - now

    def _moment(self, subject: Subject) -> Moment:
        window = subject.policy.swap_window
        if window is None:
            return Moment(self._clock())
        return Moment(self._clock(), window.opens_in_seconds(self._now()))

    def _now(self) -> datetime:
        from datetime import UTC, datetime  # noqa: PLC0415  # 2 ms that a start does not need

        return datetime.fromtimestamp(self._wall(), UTC)

    # what machines put out

    def _apply(self, subject: Subject, outputs: Iterable[Output]) -> None:
        for output in outputs:
            match output:
                case Fetch():
                    self._jobs.add(subject, output)
                    self._loop.ring()
                case Swap():
                    self._swap(subject, output)
                case Renew():
                    subject.serve(subject.refusal)
                case Refuse():
                    subject.serve(output.code)
                case _:
                    self._log.tell(subject, output, self._now())
        self._set_time(subject)

    def _set_time(self, subject: Subject) -> None:
        """Note when a subject is to be ticked, and wake the thread if it would look later."""
        at = subject.machine.next_at
        if subject in self._subjects:
            self._subjects.set(subject, at)
        if at < self._wakes_at:
            self._loop.ring()

    def _swap(self, subject: Subject, swap: Swap) -> None:
        subject.serve(subject.refusal)
        hooks = subject.rotations()
        if hooks is not None:
            from binance_creds.live._values import Rotation  # noqa: PLC0415  # as in `_now`

            hooks.tell(Rotation(swap.before, swap.after, swap.kind, self._now()))

    # the fetchers

    def _begun(self, subject: Subject) -> None:
        subject.machine.reads(self._clock())
        self._set_time(subject)

    def _others(self, key: Hashable) -> list[Ordered]:
        """Begin what is due soon and can be read in the same batch."""
        now = self._clock()
        found: list[Ordered] = []
        for subject in self._subjects:
            if subject.reader.batch_key == key and subject.may_join(now):
                orders = subject.machine.join_batch(self._moment(subject))
                found += [(subject, one) for one in orders if isinstance(one, Fetch)]
        return found

    def _deliver(self, subject: Subject, order: Fetch, outcome: Outcome) -> None:
        with LOCK:
            machine = subject.machine
            self._jobs.delivered(subject)
            latency = self._clock() - machine.schedule.began_at
            if not machine.awaits(order.serial):
                subject.reader.forget_seen()
            self._apply(subject, machine.fetched(self._moment(subject), order.serial, outcome))
            ready = [wake for serial, wake in subject.waiters if serial <= order.serial]
            subject.waiters = [one for one in subject.waiters if one[0] > order.serial]
            is_closed = machine.is_closed
        self._measure(partial(self._telemetry.fetched, outcome, latency))
        for wake in ready:
            wake()
        if is_closed:
            subject.reader.close()
        else:
            subject.retry_watching()

    def _tell_time(self, handles: int, seconds: float) -> None:
        self._measure(partial(self._telemetry.read, handles, seconds))

    def _measure(self, call: Callable[[], object]) -> None:
        if self._telemetry.is_wanted:
            self._publisher.publish(call)

    def flush(self, seconds: float) -> bool:
        """Wait until the log and telemetry know what happened before; return whether they do."""
        return self._publisher.flush(seconds)

    def _readings(self) -> list[Reading]:
        with LOCK:
            now = self._clock()
            return [
                Reading(one.pair.origin, one.machine.state(now).value, one.machine.age(now))
                for one in self._subjects
            ]


ENGINE: Final = Engine()
