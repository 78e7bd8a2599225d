"""`Driver`: do what the machines of all subjects decide; `Timetable`: when each is asked next."""

from __future__ import annotations

from functools import partial
from heapq import heapify, heappop, heappush
from itertools import count

from binance_creds._threads._spawn import report
from binance_creds._typing import TYPE_CHECKING
from binance_creds.live.decide._messages import Check, Fetch, Moment, Refuse, Renew, Swap
from binance_creds.live.run._fetchers import Jobs
from binance_creds.live.run._locks import LOCK
from binance_creds.live.run._same_key import dates_of
from binance_creds.live.run._telemetry import Reading

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator
    from typing import Final

    from binance_creds._credentials import Credentials
    from binance_creds._refresh_policy import RefreshPolicy
    from binance_creds._time._clock import Times
    from binance_creds.live.decide._messages import Outcome, Output, Tell
    from binance_creds.live.run._fetchers import Ordered
    from binance_creds.live.run._subject import Subject

    MachineCall = Callable[[Moment], list[Output]]

__all__ = ["MOST_AT_ONCE", "Driver", "MachineCall", "Timetable"]

MOST_AT_ONCE: Final = 256  # subjects under the lock, which other threads want too
_NEVER: Final = float("inf")


class Driver:
    """Whoever calls holds `LOCK`. Nothing here blocks.

    Args:
        times: the clocks.
        tell: takes what is to be reported.
        ring: called when the engine's thread should look earlier than at `looks_at`.
        check: has the exchange asked about a pair.

    Attributes:
        subjects: those that run, with the time at which each is to be ticked.
        jobs: what is to be fetched.
        looks_at: when the engine's thread looks next, at the latest.
    """

    def __init__(
        self,
        times: Times,
        tell: Callable[[Subject, Tell], None],
        ring: Callable[[], None],
        check: Callable[[Subject, Credentials], None],
    ) -> None:
        self._times, self._tell, self._ring, self._check = times, tell, ring, check
        self._start_clean()

    def _start_clean(self) -> None:
        self.subjects: Timetable = Timetable()
        self.jobs = Jobs(self._others, self._begun)
        self.looks_at = 0.0

    def start_over(self) -> None:
        """Stop every subject in a forked child, until it is used."""
        subjects = self.subjects
        self._start_clean()
        for subject in subjects:
            subject.start_over(self._times.seconds())

    def add(self, subject: Subject) -> None:
        """Run a subject from now on."""
        self.subjects.set(subject, subject.machine.next_at)

    def tick(self) -> None:
        """Let machines look at the time, some of those that must."""
        for subject in self.subjects.due(self._times.seconds(), MOST_AT_ONCE):
            self.do(subject, subject.machine.tick)

    def do(self, subject: Subject, call: MachineCall) -> None:
        """Call a method of the subject's machine at this moment, and do what it puts out."""
        try:
            outputs = call(self._moment(subject.policy))
        except Exception as error:  # noqa: BLE001  # such as no memory: what it has decided is served
            report(error)
            outputs = [] if subject.machine.is_closed else [Refuse(subject.machine.refusal)]
        self.apply(subject, outputs)

    def apply(self, subject: Subject, outputs: Iterable[Output]) -> None:
        """Do what the machine of a subject put out."""
        for output in outputs:
            try:
                self._apply(subject, output)
            except Exception as error:  # noqa: BLE001  # such as no descriptor: the rest is done
                report(error)
        self._set_time(subject)

    def _apply(self, subject: Subject, output: Output) -> None:
        match output:
            case Fetch():
                self.jobs.add(subject, output)
                if not subject.is_local:  # else whoever calls fetches
                    self._ring()
            case Check():
                self._check(subject, output.pair)
                self._ring()
            case Swap():
                self._swap(subject, output)
            case Renew():
                subject.serve(subject.refusal)
            case Refuse():
                subject.serve(output.code)
            case _:
                self._tell(subject, output)

    def deliver(self, subject: Subject, order: Fetch, outcome: Outcome) -> float:
        """Take what was fetched; return how long it took, in seconds."""
        self.jobs.delivered(subject)
        machine = subject.machine
        took = self._times.seconds() - machine.schedule.began_at
        if machine.awaits(order.serial):
            self.do(subject, partial(machine.fetched, serial=order.serial, outcome=outcome))
        else:
            subject.reader.forget_seen()
        return took

    def readings(self) -> list[Reading]:
        """Give the state and the times of every subject; takes the lock."""
        now, wall = self._times.seconds(), self._times.wall()
        with LOCK:
            return [
                Reading(
                    one.pair.origin,
                    one.machine.state(now).value,
                    one.pair.fingerprint,
                    one.machine.age(now),
                    dates_of(one.pair).rotate_by - wall,
                    dates_of(one.pair).trading_ends_at - wall,
                )
                for one in self.subjects
            ]

    def _moment(self, policy: RefreshPolicy) -> Moment:
        """Return the time, with when the swap window of a policy opens."""
        times, window = self._times, policy.swap_window
        opens_in = 0.0 if window is None else window.opens_in_seconds(times.now())
        return Moment(times.seconds(), opens_in, times.wall())

    def _set_time(self, subject: Subject) -> None:
        at = subject.machine.next_at
        if subject in self.subjects:
            self.subjects.set(subject, at)
        if at < self.looks_at:
            self._ring()

    def _swap(self, subject: Subject, swap: Swap) -> None:
        subject.serve(subject.refusal)
        subject.since = self._times.wall()
        hooks = subject.hooks()
        if hooks is not None:
            from binance_creds.live._values import Rotation  # noqa: PLC0415  # a start needs none

            hooks.tell(Rotation(swap.before, swap.after, swap.kind, self._times.now()))

    def _begun(self, subject: Subject) -> None:
        at = subject.machine.reads(self._times.seconds())
        self.subjects.bring_forward(subject, at)
        if at < self.looks_at:
            self._ring()

    def _others(self, key: Hashable) -> list[Ordered]:
        """Begin what is due soon and can be read in the same batch."""
        now = self._times.seconds()
        found: list[Ordered] = []
        for subject in self.subjects:
            if subject.reader.batch_key == key and subject.may_join(now):
                orders = subject.machine.join_batch(self._moment(subject.policy))
                self._set_time(subject)
                found += [(subject, one) for one in orders if isinstance(one, Fetch)]
        return found


class Timetable:
    """Times of things. Setting one and taking what is due cost the logarithm of their number."""

    def __init__(self) -> None:
        self._times: dict[Subject, float] = {}
        self._heap: list[tuple[float, int, Subject]] = []  # with entries that are no longer so
        self._numbers = count()  # no two entries are alike, and things need no order

    def __len__(self) -> int:
        return len(self._times)

    def __iter__(self) -> Iterator[Subject]:
        return iter(list(self._times))

    def __contains__(self, thing: object) -> bool:
        return thing in self._times

    @property
    def next_at(self) -> float:
        """The earliest time; infinite if there is none."""
        while self._heap and not self._is_so(self._heap[0]):
            heappop(self._heap)
        return self._heap[0][0] if self._heap else _NEVER

    def set(self, thing: Subject, at: float) -> None:
        """Set the time of a thing, be it new or not."""
        if self._times.get(thing) == at:
            return
        self._times[thing] = at
        if at < _NEVER:
            heappush(self._heap, (at, next(self._numbers), thing))
        if len(self._heap) > 2 * len(self._times) + 8:
            self._heap = [entry for entry in self._heap if self._is_so(entry)]
            heapify(self._heap)

    def bring_forward(self, thing: Subject, at: float) -> None:
        """Set the time of a thing that has a later one; one that is not there is fine."""
        if at < self._times.get(thing, at):
            self.set(thing, at)

    def remove(self, thing: Subject) -> None:
        """Forget a thing; one that is not there is fine."""
        self._times.pop(thing, None)

    def due(self, now: float, most: int) -> list[Subject]:
        """Take things whose time has come, the earliest first; each has no time until it is set."""
        found: list[Subject] = []
        while len(found) < most and self.next_at <= now:
            _, _, thing = heappop(self._heap)
            self._times[thing] = _NEVER
            found.append(thing)
        return found

    def _is_so(self, entry: tuple[float, int, Subject]) -> bool:
        at, _, thing = entry
        return self._times.get(thing) == at
