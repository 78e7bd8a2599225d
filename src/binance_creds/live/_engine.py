"""`Engine`: one daemon thread that executes the machines of all live handles of a process.

It only waits and decides; what may block, a fetch, is for the crew.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Final

from binance_creds.errors import ClosedError
from binance_creds.live._clock import seconds
from binance_creds.live._crew import Crew
from binance_creds.live._job import Job
from binance_creds.live._lock import LOCK, is_inside
from binance_creds.live._outcomes import Fetch, Kind, Moment, Refuse, Swap, Tell
from binance_creds.live._reports import Reports
from binance_creds.live._telemetry import Reading, Telemetry
from binance_creds.live._values import Rotation

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    from binance_creds.errors import CredentialsError
    from binance_creds.live._job import Ordered
    from binance_creds.live._keeper import Keeper
    from binance_creds.live._outcomes import Outcome, Output

__all__ = ["ENGINE", "Engine"]

LONGEST_WAIT_SECONDS: Final = 10.0  # a wait does not count suspended time, so it is kept short


class Engine:
    """Run keepers. Threads may share it: `LOCK` guards all of it, and machines.

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
            os.register_at_fork(after_in_child=self._start_over)

    def _start_clean(self) -> None:
        self._bell = threading.Lock()  # taken until it rings, which wakes the thread
        self._bell.acquire()
        self._thread: threading.Thread | None = None
        self._crew = Crew(self._deliver, self._telemetry)
        self._reports = Reports(self._telemetry)

    def _start_over(self) -> None:
        """Forget in a forked child what only the parent's threads could go on with.

        No handle goes on before it is used: most children use one of them, or none.
        """
        self._start_clean()
        keepers, self._keepers = self._keepers, {}
        for keeper in keepers:
            keeper.start_over(self._clock())

    def add(self, keeper: Keeper) -> None:
        """Begin to run a keeper."""
        with LOCK:
            self._keepers[keeper] = keeper.machine.next_at
            self._wake()

    def resume(self, keeper: Keeper) -> bool:
        """Go on with a keeper in a forked child; return whether nobody else did before."""
        with LOCK:
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
        with LOCK:
            is_busy = keeper.machine.is_fetching or keeper.is_reading
            outputs = keeper.machine.close()
            self._apply(keeper, outputs if is_told else ())
            keeper.serve("closed")
            self._keepers.pop(keeper, None)
            waiters, keeper.waiters = keeper.waiters, []
            self.ring()
        self._reports.speak()
        for _, wake in waiters:
            wake()
        keeper.stop_watching()
        if not is_busy:  # else whoever fetches closes it
            keeper.reader.close()

    def leave(self, keeper: Keeper) -> None:
        """Let go of a keeper whose handle was collected."""
        self._leave(partial(self.remove, keeper))

    def _leave(self, call: Callable[[], None]) -> None:
        """Let the thread do something.

        Collection may come at any point, also within a method of this object: nothing here waits
        for the lock.
        """
        self._left.append(call)
        self.ring()

    def tell(self, keeper: Keeper, kind: Kind, error: CredentialsError | None = None) -> None:
        """Report something that no machine decided."""
        with LOCK:
            told = Tell(kind, None if error is None else error.code)
            self._reports.tell(keeper, told, self._now(), error)
        self._reports.speak()

    def run(self, keeper: Keeper, call: Callable[[Moment], list[Output]]) -> None:
        """Call a method of the keeper's machine at this moment, and do what it puts out."""
        if is_inside():
            self._leave(partial(self.run, keeper, call))
            return
        with LOCK:
            self._apply(keeper, call(self._moment(keeper)))
            self._wake()
        self._reports.speak()

    def refresh(self, keeper: Keeper, wake: Callable[[], None]) -> None:
        """Begin a fetch, and wake the caller when one that began after this call has ended.

        Raises:
            ClosedError: the handle is closed.
        """
        with LOCK:
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
        with LOCK:
            keeper.waiters = [one for one in keeper.waiters if one[1] != wake]

    # the thread

    def _wake(self) -> None:
        """Hand out jobs, and see that there is a thread that knows of the change."""
        self._crew.hand_out(self._others)
        if self._keepers and (self._thread is None or not self._thread.is_alive()):
            thread = threading.Thread(
                target=self._run, args=(self._bell,), name="binance-creds live", daemon=True
            )
            thread.start()  # which waits for the lock
            self._thread = thread
        self.ring()

    def ring(self) -> None:
        """Make the thread look; takes no lock."""
        with suppress(RuntimeError):  # it has rung already
            self._bell.release()

    def _run(self, bell: threading.Lock) -> None:
        mine = threading.current_thread()
        while True:
            while self._left:
                self._left.popleft()()
            self._reports.speak()
            with LOCK:
                if self._thread is not mine or not self._keepers:
                    self._thread = None if self._thread is mine else self._thread
                    return
                self._tick_all()
                self._crew.hand_out(self._others)
                wait = min(min(self._keepers.values()) - self._clock(), LONGEST_WAIT_SECONDS)
            if wait > 0 and not self._left and self._reports.is_silent:
                bell.acquire(timeout=wait)

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
                    self._crew.add(Job(((keeper, output),)))
                case Swap():
                    self._swap(keeper, output)
                case Refuse():
                    keeper.serve(output.code)
                case _:
                    error = keeper.reader.last_error if output.kind is Kind.FAILED else None
                    self._reports.tell(keeper, output, self._now(), error)
        if keeper in self._keepers:
            self._keepers[keeper] = keeper.machine.next_at

    def _swap(self, keeper: Keeper, swap: Swap) -> None:
        keeper.serve(keeper.refusal)
        hooks = keeper.rotations()
        if hooks is not None:
            hooks.tell(Rotation(swap.before, swap.after, swap.kind, self._now()))

    # the crew

    def _others(self, key: Hashable) -> list[Ordered]:
        """Begin what is due soon and can be read in the same batch."""
        now = self._clock()
        found: list[Ordered] = []
        for keeper in self._keepers:
            machine = keeper.machine
            if keeper.reader.batch_key != key or machine.is_fetching or machine.error is not None:
                continue  # what failed keeps its own pause, and its own login
            if machine.announced is not None:
                continue  # a batch reads no version by its name
            if machine.schedule.due_at <= now + keeper.policy.poll_seconds / 2:
                orders = machine.join_batch(self._moment(keeper))
                self._keepers[keeper] = machine.next_at
                found += [(keeper, one) for one in orders if isinstance(one, Fetch)]
        return found

    def _deliver(self, keeper: Keeper, order: Fetch, outcome: Outcome) -> None:
        with LOCK:
            machine = keeper.machine
            keeper.is_reading = False
            latency = self._clock() - machine.schedule.began_at
            if order.serial != machine.serial or not machine.is_fetching:
                keeper.reader.forget_seen()
            self._apply(keeper, machine.fetched(self._moment(keeper), order.serial, outcome))
            ready = [wake for serial, wake in keeper.waiters if serial <= order.serial]
            keeper.waiters = [one for one in keeper.waiters if one[0] > order.serial]
            is_closed = machine.is_closed
            self._wake()
        self._reports.speak()
        with suppress(Exception):  # as for spans
            self._telemetry.fetched(outcome, latency)
        for wake in ready:
            wake()
        if is_closed:
            keeper.reader.close()

    def _readings(self) -> list[Reading]:
        with LOCK:
            now = self._clock()
            return [
                Reading(one.pair.origin, one.machine.state(now).value, one.machine.age(now))
                for one in self._keepers
            ]


ENGINE: Final = Engine()
