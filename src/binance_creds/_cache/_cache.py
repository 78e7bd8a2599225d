"""The cache: bounded, monotonic, one load at a time for each plan, for threads and tasks alike."""

from __future__ import annotations

import contextlib
import threading

from binance_creds._cache._flight import INFINITE, Flight, Leader
from binance_creds._threads._fork import call_after_fork
from binance_creds._threads._spawn import no_thread, spawn
from binance_creds._time._clock import seconds
from binance_creds._typing import TYPE_CHECKING
from binance_creds.errors import CredentialsError, ProviderUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Final

    from binance_creds._cache._failures import Failures
    from binance_creds._credentials import Credentials
    from binance_creds._plan import Plan
    from binance_creds._time._deadline import Deadline

    Load = Callable[[Plan, Deadline], Credentials]
    Outcomes = Mapping[Plan, Credentials | CredentialsError]
    LoadBatch = Callable[[Sequence[Plan], Deadline], Outcomes]

__all__ = ["Cache"]

CAPACITY: Final = 4096  # plans; a broker with more sub-accounts than this still loads, uncached


class Cache:
    """Keep what was loaded, and let one caller load for all who ask at the same time.

    Reading what is there takes no lock. That a source was unavailable is remembered for a pause, as
    `Failures` says; no other error is. That the time was up counts only for those who have no more
    of it. A signal's handler may raise at any moment of a load: nobody waits for it afterwards.

    Args:
        load: reads a plan's sources.
        clock: monotonic seconds, suspend included.
        capacity: how many plans are kept, and how many failures; the oldest go first.
    """

    def __init__(
        self,
        load: Load,
        *,
        clock: Callable[[], float] = seconds,
        capacity: int = CAPACITY,
    ) -> None:
        self._load = load
        self._clock = clock
        self._capacity = capacity
        self._start_clean()
        call_after_fork(self, Cache._start_clean)

    def _start_clean(self) -> None:
        self._lock = threading.Lock()  # guards the writing of the three below
        self._entries: dict[Plan, tuple[Credentials, float]] = {}  # and when each expires
        self.flights: dict[Plan, Flight] = {}
        self._failures: Failures | None = None  # until there is one

    def __len__(self) -> int:
        return len(self._entries)

    def clear(self) -> None:
        """Forget credentials and failures; loads under way serve only who waits for them."""
        with self._lock:
            self._entries = {}
            self.flights = {}
            self._failures = None

    def peek(self, plan: Plan) -> Credentials | None:
        """Return what is cached and not expired. Takes no lock."""
        entry = self._entries.get(plan)
        return None if entry is None or entry[1] <= self._clock() else entry[0]

    def get(self, plan: Plan, deadline: Deadline, *, fresh: bool = False) -> Credentials:
        """Return the credentials of a plan; blocks while they are loaded.

        Args:
            plan: what to load.
            deadline: also bounds the waiting for another caller's load.
            fresh: take only what is read after this call began.

        Raises:
            CredentialsError: nothing could be loaded.
        """
        is_older = fresh  # than this call: a flight that was in the air
        while True:
            leader = Leader(deadline)
            try:
                flight, is_mine = self._join(plan, leader, fresh=fresh)
                if is_mine:
                    return self._lead(plan, deadline, flight)
            finally:
                leader.has_left = True
            flight.wait(deadline)
            if not is_older and flight.is_for(deadline):
                return flight.outcome()
            is_older = False

    async def aget(self, plan: Plan, deadline: Deadline, *, fresh: bool = False) -> Credentials:
        """Do what `get` does without blocking the event loop.

        The load runs in a thread of its own, so that a cancelled caller strands nobody.
        """
        is_older = fresh  # than this call: a flight that was in the air
        while True:
            leader = Leader(deadline)
            is_flying = False
            try:
                flight, is_mine = self._join(plan, leader, fresh=fresh)
                if is_mine:
                    self._begin(plan, leader, flight)
                is_flying = True
            finally:
                if not is_flying:
                    leader.has_left = True
            await flight.wait_async(deadline)
            if not is_older and flight.is_for(deadline):
                return flight.outcome()
            is_older = False

    def load_ahead(
        self, plans: Sequence[Plan], deadline: Deadline, load_batch: LoadBatch, *, fresh: bool
    ) -> Outcomes:
        """Load together what of these plans nobody loads and nothing caches.

        Args:
            plans: of one batch, without repeats.
            deadline: over all of them.
            load_batch: reads them together.
            fresh: read also what is cached.

        Returns:
            The outcome of each that was read; the others are for `get`.
        """
        leader = Leader(deadline)
        try:
            flights = {plan: self._join(plan, leader, fresh=fresh) for plan in plans}
            led = {plan: flight for plan, (flight, is_mine) in flights.items() if is_mine}
            outcomes = load_batch(list(led), deadline) if led else {}
            for plan, outcome in outcomes.items():
                is_error = isinstance(outcome, CredentialsError)
                self._end(plan, led[plan], *((None, outcome) if is_error else (outcome, None)))
        finally:
            leader.has_left = True
        return outcomes

    def _join(self, plan: Plan, leader: Leader, *, fresh: bool) -> tuple[Flight, bool]:
        """Return the flight to wait for, and whether the caller must fly it."""
        flight = Flight(leader)
        with self._lock:
            other = self.flights.setdefault(plan, flight)
            if other is not flight:
                if not other.is_over:
                    return other, False
                self.flights[plan] = flight
            cached = None if fresh else self.peek(plan)
            error = None
            if self._failures is not None and not fresh:
                error = self._failures.error(plan, leader.deadline, self._clock())
            if cached is not None or error is not None:
                del self.flights[plan]
                flight.land(cached, error)
                return flight, False
            return flight, True

    def _begin(self, plan: Plan, leader: Leader, flight: Flight) -> None:
        """Lead in a thread of its own: whoever waits raises the error.

        Raises:
            ProviderUnavailableError: the process has no thread to give.
        """

        def lead() -> None:
            try:
                with contextlib.suppress(Exception):
                    self._lead(plan, leader.deadline, flight)
            finally:
                leader.has_left = True

        if not spawn(lead, "load"):
            raise no_thread()

    def _lead(self, plan: Plan, deadline: Deadline, flight: Flight) -> Credentials:
        """Load, publish the outcome to whoever waits, and return or raise it."""
        credentials: Credentials | None = None
        published: Exception | None = None
        try:
            credentials = self._load(plan, deadline)
        except CredentialsError as error:
            published = error.again()
            raise
        except Exception as error:
            published = error  # a defect of a provider: the same for everybody who waits
            raise
        finally:
            # After an interrupt neither is set: the flight is abandoned, not failed.
            self._end(plan, flight, credentials, published)
        return credentials

    def _end(
        self, plan: Plan, flight: Flight, credentials: Credentials | None, error: Exception | None
    ) -> None:
        """Publish the outcome of a flight, and remember it, unless all was forgotten meanwhile."""
        patience = INFINITE if error is None else flight.given_up_after
        now = self._clock()
        with self._lock:
            if self.flights.get(plan) is flight:
                del self.flights[plan]
                if credentials is not None:
                    self._entries[plan] = credentials, now + plan.terms.ttl_seconds
                    if len(self._entries) > self._capacity:  # a copy: readers need no lock
                        self._entries = dict(list(self._entries.items())[-self._capacity // 2 :])
                    if self._failures is not None:
                        self._failures.forget(plan, credentials)
                elif isinstance(error, ProviderUnavailableError):
                    self._note_failure(plan, error, patience, now)
        flight.land(credentials, error, patience=patience)

    def _note_failure(
        self, plan: Plan, error: ProviderUnavailableError, patience: float, now: float
    ) -> None:
        from binance_creds._cache._failures import Failures  # noqa: PLC0415  # most have none

        self._failures = self._failures or Failures(self._capacity)
        self._failures.add(plan, error, patience, now)
