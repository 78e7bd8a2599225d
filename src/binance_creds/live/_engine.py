"""`Engine`: one daemon thread that executes the machines of all live handles of a process.

It only waits and decides. What may block, a fetch, runs in threads that end with their work; so a
store that hangs holds up nobody who does not wait for it.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import Counter, deque
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from binance_creds.errors import ClosedError
from binance_creds.live._clock import seconds
from binance_creds.live._keeper import fetch_together
from binance_creds.live._lock import Lock, forget_held, is_inside
from binance_creds.live._outcomes import Fetch, Kind, Moment, Refuse, Swap, Tell
from binance_creds.live._telemetry import Reading, Telemetry
from binance_creds.live._values import Event, Rotation

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from binance_creds.errors import CredentialsError
    from binance_creds.live._keeper import Keeper
    from binance_creds.live._outcomes import Outcome, Output

__all__ = ["ENGINE", "Engine"]

LONGEST_WAIT_SECONDS: Final = 10.0  # a wait does not count suspended time, so it is kept short
LARGEST_CREW: Final = 32  # threads that fetch at once
LARGEST_SHARE: Final = 16  # of them, of one scheme: a store that hangs leaves some to the others
_LOG: Final = logging.getLogger("binance_creds.live")
_ALARMS: Final = frozenset(
    {Kind.DENIED, Kind.EXPIRED, Kind.FAILED, Kind.HOLD_ENDED, Kind.PUSH_LOST, Kind.ROLLED_BACK,
     Kind.STALE}
)  # fmt: skip
_MESSAGES: Final = {
    Kind.ROTATED: "rotated to a new pair",
    Kind.ROLLED_BACK: "the new pair is rejected and the previous works: rolled back",
    Kind.PENDING: "a new pair waits for the end of a hold, or for the swap window",
    Kind.FAILED: "the refresh failed; the current pair stays",
    Kind.RECOVERED: "the source answers again",
    Kind.STALE: "the source has not confirmed the current pair for its ttl",
    Kind.EXPIRED: "the source has not confirmed the current pair for max_stale: it is not served",
    Kind.DENIED: "the source, asked twice, says that the secret is denied or gone",
    Kind.HOLD_ENDED: "a hold was longer than max_hold, and no longer keeps a rotation back",
    Kind.PUSH_LOST: "announcements do not arrive; polling goes on",
    Kind.PUSH_BACK: "announcements arrive",
    Kind.CLOSED: "closed",
}


class _Job(NamedTuple):
    keepers: tuple[Keeper, ...]
    orders: tuple[Fetch, ...]


class Engine:
    """Run keepers. Threads may share it; its lock is never held while anything blocks.

    Args:
        clock: monotonic seconds.
        wall: seconds since the epoch, for events and swap windows.
    """

    def __init__(
        self, *, clock: Callable[[], float] = seconds, wall: Callable[[], float] = time.time
    ) -> None:
        self._clock, self._wall = clock, wall
        self._keepers: dict[Keeper, float] = {}  # and when each is to be ticked
        self._left: deque[Callable[[], None]] = deque()  # for the thread; needs no lock
        self._telemetry = Telemetry(self._readings)
        self._start_clean()
        if hasattr(os, "register_at_fork"):  # pragma: no branch  # absent on Windows only
            os.register_at_fork(
                before=lambda: self._changed.acquire(),  # noqa: PLW0108  # a child replaces it
                after_in_parent=lambda: self._changed.release(),  # noqa: PLW0108  # as above
                after_in_child=self._start_over,
            )

    def _start_clean(self) -> None:
        self._changed = threading.Condition(Lock())  # type: ignore[arg-type]  # as good a lock; guards all below, and machines
        self._thread: threading.Thread | None = None
        self._jobs: deque[_Job] = deque()
        self._said: deque[Event] = deque()  # to log; needs no lock
        self._crew = 0
        self._coming = 0  # of the crew, without a job yet
        self._reading: Counter[str] = Counter()  # jobs that the crew is at, by scheme

    def _start_over(self) -> None:
        """Forget in a forked child what only the parent's threads could go on with.

        No handle goes on before it is used: most children use one of them, or none.
        """
        forget_held()
        self._start_clean()
        keepers, self._keepers = self._keepers, {}
        for keeper in keepers:
            keeper.start_over(self._clock())

    def add(self, keeper: Keeper) -> None:
        """Begin to run a keeper."""
        with self._changed:
            self._keepers[keeper] = keeper.machine.next_at
            self._wake()

    def resume(self, keeper: Keeper) -> bool:
        """Go on with a keeper in a forked child; return whether nobody else did before."""
        with self._changed:
            if keeper.refusal != "forked":
                return False
            keeper.serve(keeper.machine.refusal)
            self._keepers[keeper] = keeper.machine.next_at
            self._wake()
            return True

    def remove(self, keeper: Keeper, *, is_told: bool = True) -> None:
        """Stop running a keeper, for good; whoever waits for it is told.

        Args:
            keeper: which.
            is_told: whether hooks and the log are, too; not of a handle that nobody ever had.
        """
        if is_inside():
            keeper.serve("closed")
            self.leave(keeper)
            return
        with self._changed:
            is_busy = keeper.machine.is_fetching or keeper.is_reading
            outputs = keeper.machine.close()
            self._apply(keeper, outputs if is_told else ())
            keeper.serve("closed")
            self._keepers.pop(keeper, None)
            waiters, keeper.waiters = keeper.waiters, []
            self._changed.notify_all()
        self._speak()
        for _, wake in waiters:
            wake()
        keeper.stop_watching()
        if not is_busy:  # else whoever fetches closes it
            keeper.close()

    def leave(self, keeper: Keeper) -> None:
        """Let go of a keeper whose handle was collected."""
        self._leave(partial(self.remove, keeper))

    def _leave(self, call: Callable[[], None]) -> None:
        """Let the thread do something.

        Collection may come at any point, also within a method of this object: nothing here waits
        for the lock.
        """
        self._left.append(call)
        if self._changed.acquire(blocking=False):
            self._changed.notify_all()
            self._changed.release()

    def tell(self, keeper: Keeper, kind: Kind, error: CredentialsError | None = None) -> None:
        """Report something that no machine decided."""
        with self._changed:
            self._report(keeper, Tell(kind, None if error is None else error.code), error)
        self._speak()

    def run(self, keeper: Keeper, call: Callable[[Moment], list[Output]]) -> None:
        """Call a method of the keeper's machine at this moment, and do what it puts out."""
        if is_inside():
            self._leave(partial(self.run, keeper, call))
            return
        with self._changed:
            self._apply(keeper, call(self._moment(keeper)))
            self._wake()
        self._speak()

    def refresh(self, keeper: Keeper, wake: Callable[[], None]) -> None:
        """Begin a fetch, and wake the caller when one that began after this call has ended.

        Raises:
            ClosedError: the handle is closed.
        """
        with self._changed:
            machine = keeper.machine
            if machine.is_closed:
                msg = "these live credentials are closed."
                raise ClosedError(msg)
            under_way = 1 if machine.is_fetching else 0
            self._apply(keeper, machine.ask(self._moment(keeper), urgent=True))
            keeper.waiters.append((machine.serial + under_way, wake))
            self._wake()

    def refresh_and_wait(self, keeper: Keeper, seconds: float) -> None:
        """Do what `refresh` does, and block until then.

        Raises:
            CredentialsError: what the source failed with, or that the time was up.
        """
        done = threading.Event()
        self.refresh(keeper, done.set)
        is_done = done.wait(seconds)
        self.forget(keeper, done.set)
        keeper.raise_if_failed(is_done=is_done)

    def forget(self, keeper: Keeper, wake: Callable[[], None]) -> None:
        """Drop a waiter that gave up."""
        with self._changed:
            keeper.waiters = [one for one in keeper.waiters if one[1] != wake]

    # the thread

    def _wake(self) -> None:
        """Hand out jobs, and see that there is a thread that knows of the change."""
        self._hand_out()
        if self._keepers and (self._thread is None or not self._thread.is_alive()):
            thread = threading.Thread(
                target=self._run, args=(self._changed,), name="binance-creds live", daemon=True
            )
            thread.start()  # which waits for the lock
            self._thread = thread
        self._changed.notify_all()

    def _run(self, changed: threading.Condition) -> None:
        mine = threading.current_thread()
        while True:
            while self._left:
                self._left.popleft()()
            self._speak()
            with changed:
                if self._thread is not mine or not self._keepers:
                    self._thread = None if self._thread is mine else self._thread
                    return
                self._tick_all()
                self._hand_out()
                wait = min(min(self._keepers.values()) - self._clock(), LONGEST_WAIT_SECONDS)
                if wait > 0 and not self._left and not self._said:
                    changed.wait(wait)

    def _tick_all(self) -> None:
        now = self._clock()
        for keeper in [one for one, at in self._keepers.items() if at <= now]:
            self._apply(keeper, keeper.machine.tick(self._moment(keeper)))

    def _moment(self, keeper: Keeper) -> Moment:
        window = keeper.policy.swap_window
        if window is None:
            return Moment(self._clock())
        return Moment(self._clock(), window.opens_in_seconds(self._now()))

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._wall(), UTC)

    # what machines put out

    def _apply(self, keeper: Keeper, outputs: Iterable[Output]) -> None:
        for output in outputs:
            match output:
                case Fetch():
                    self._jobs.append(_Job((keeper,), (output,)))
                case Swap():
                    self._swap(keeper, output)
                case Refuse():
                    keeper.serve(output.code)
                case _:
                    self._report(keeper, output)
        if keeper in self._keepers:
            self._keepers[keeper] = keeper.machine.next_at

    def _swap(self, keeper: Keeper, swap: Swap) -> None:
        keeper.serve(keeper.refusal)
        hooks = keeper.rotations()
        if hooks is not None:
            hooks.tell(Rotation(swap.before, swap.after, swap.kind, self._now()))

    def _report(self, keeper: Keeper, tell: Tell, error: CredentialsError | None = None) -> None:
        pair = keeper.machine.current
        message = _MESSAGES[tell.kind]
        if tell.kind is Kind.FAILED:
            error = keeper.last_error
        if error is not None and error.code == tell.code:
            message = f"{message}: {error.message}"
        event = Event(
            tell.kind, self._now(), pair.origin, tell.code, message, pair.version, pair.fingerprint
        )
        self._said.append(event)
        hooks = keeper.events()
        if hooks is not None:
            hooks.tell(event)

    def _speak(self) -> None:
        """Log and count what happened; without the lock, for handlers of logs may block."""
        while self._said:
            with suppress(Exception):  # another thread was quicker, or a handler raises
                event = self._said.popleft()
                level = logging.WARNING if event.kind in _ALARMS else logging.INFO
                _LOG.log(level, "%s (%s, key %s)", event.message, event.origin, event.fingerprint)
                self._telemetry.happened(event)

    # the crew

    def _hand_out(self) -> None:
        """Group what can be read together, and see that there are threads for it."""
        jobs, self._jobs = self._jobs, deque()
        groups: dict[Hashable, list[_Job]] = {}
        for job in jobs:
            if not _is_lost(job):
                key = _key(job)
                groups.setdefault(id(job) if key is None else key, []).append(job)
        for key, group in groups.items():
            together = group if isinstance(key, int) else [*group, *self._others(key)]
            self._jobs.append(
                _Job(
                    tuple(keeper for job in together for keeper in job.keepers),
                    tuple(order for job in together for order in job.orders),
                )
            )
        ready = sum(map(self._is_ready, self._jobs))
        for _ in range(min(ready - self._coming, LARGEST_CREW - self._crew)):
            self._enlist()

    def _enlist(self) -> None:
        thread = threading.Thread(
            target=self._work, args=(self._changed,), name="binance-creds fetch", daemon=True
        )
        with suppress(RuntimeError):  # no thread to be had; what is overdue is tried again
            thread.start()
            self._crew += 1
            self._coming += 1

    def _others(self, key: Hashable) -> list[_Job]:
        """Begin what is due soon and can be read in the same batch."""
        now, found = self._clock(), []
        for keeper in self._keepers:
            machine = keeper.machine
            if keeper.batch_key != key or machine.is_fetching or machine.error is not None:
                continue  # what failed keeps its own pause, and its own login
            if machine.announced is not None:
                continue  # a batch reads no version by its name
            if machine.due_at <= now + keeper.policy.poll_seconds / 2:
                orders = machine.ask(self._moment(keeper), urgent=True)
                self._keepers[keeper] = machine.next_at
                found += [_Job((keeper,), (one,)) for one in orders if isinstance(one, Fetch)]
        return found

    def _work(self, changed: threading.Condition) -> None:
        """Fetch until there is nothing to fetch."""
        is_new = True
        while True:
            with changed:
                self._coming -= is_new
                is_new = False
                job = self._next_job()
                if job is None:
                    self._crew -= 1
                    return
            outcomes: Sequence[Outcome] | None = None
            with suppress(Exception), self._telemetry.fetching(len(job.keepers)):
                outcomes = _outcomes(job)
            if outcomes is None:  # what reports spans is not ours, and has raised
                outcomes = _outcomes(job)
            with changed:
                self._reading[_scheme(job)] -= 1
            for keeper, order, outcome in zip(job.keepers, job.orders, outcomes, strict=True):
                self._deliver(keeper, order, outcome)

    def _next_job(self) -> _Job | None:
        for job in self._jobs:
            if self._is_ready(job):
                self._jobs.remove(job)
                self._reading[_scheme(job)] += 1
                for keeper in job.keepers:
                    keeper.is_reading = True
                return job
        return None

    def _is_ready(self, job: _Job) -> bool:
        """Return whether its store has a share left, and no fetch given up uses its providers."""
        if self._reading[_scheme(job)] >= LARGEST_SHARE:
            return False
        return not any(keeper.is_reading for keeper in job.keepers)

    def _deliver(self, keeper: Keeper, order: Fetch, outcome: Outcome) -> None:
        with self._changed:
            machine = keeper.machine
            keeper.is_reading = False
            latency = self._clock() - machine.began_at
            if order.serial != machine.serial or not machine.is_fetching:
                keeper.forget_seen()
            self._apply(keeper, machine.fetched(self._moment(keeper), order.serial, outcome))
            ready = [wake for serial, wake in keeper.waiters if serial <= order.serial]
            keeper.waiters = [one for one in keeper.waiters if one[0] > order.serial]
            is_closed = machine.is_closed
            self._wake()
        self._speak()
        with suppress(Exception):  # as for spans
            self._telemetry.fetched(outcome, latency)
        for wake in ready:
            wake()
        if is_closed:
            keeper.close()

    def _readings(self) -> list[Reading]:
        with self._changed:
            now = self._clock()
            return [
                Reading(one.machine.current.origin, one.machine.state(now).value,
                        one.machine.age(now))
                for one in self._keepers
            ]  # fmt: skip


def _key(job: _Job) -> Hashable | None:
    """Return what a job can share with others; what was announced or denied is read alone."""
    order = job.orders[0]
    if len(job.keepers) > 1 or order.announced is not None or order.with_new_login:
        return None
    return next(iter(job.keepers)).batch_key


def _is_lost(job: _Job) -> bool:
    """Return whether the machines have given a fetch up before it began."""
    pairs = zip(job.keepers, job.orders, strict=True)
    return all(keeper.machine.serial != order.serial for keeper, order in pairs)


def _scheme(job: _Job) -> str:
    return next(iter(next(iter(job.keepers)).sources())).scheme


def _outcomes(job: _Job) -> Sequence[Outcome]:
    if len(job.keepers) > 1:
        return fetch_together(job.keepers)
    return [keeper.fetch(order) for keeper, order in zip(job.keepers, job.orders, strict=True)]


ENGINE: Final = Engine()
