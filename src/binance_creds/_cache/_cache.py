"""The cache: bounded, monotonic, one load at a time for each plan, for threads and tasks alike."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from binance_creds._cache._flight import Flight
from binance_creds.errors import CredentialsError, ProviderUnavailableError, ThrottledError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from binance_creds._credentials import Credentials
    from binance_creds._plan import Plan
    from binance_creds._time._deadline import Deadline

    Load = Callable[[Plan, Deadline], Credentials]
    Outcomes = Mapping[Plan, Credentials | CredentialsError]
    LoadBatch = Callable[[Sequence[Plan], Deadline], Outcomes]

__all__ = ["Cache"]

_T = TypeVar("_T")

CAPACITY: Final = 4096  # plans; a broker with more sub-accounts than this still loads, uncached
FIRST_PAUSE_SECONDS: Final = 0.5
LONGEST_PAUSE_SECONDS: Final = 30.0


class _Entry(NamedTuple):
    credentials: Credentials
    expires_at: float


class _Failure(NamedTuple):
    """An unavailable source: nobody with as little patience asks it again before `retry_at`."""

    error: ProviderUnavailableError
    pause_seconds: float
    retry_at: float
    patience: float


class Cache:
    """Keep what was loaded, and let one caller load for all who ask at the same time.

    Reading what is there takes no lock. After a source was unavailable its error is remembered
    for a pause that doubles from 0.5 s to 30 s, with jitter: a thousand calls while it is down
    make one attempt a pause. No other error is remembered. That the time was up counts only for
    those who have no more of it.

    Args:
        load: reads a plan's sources.
        clock: monotonic seconds.
        capacity: how many plans are kept, and how many failures; the oldest go first.
    """

    def __init__(
        self,
        load: Load,
        *,
        clock: Callable[[], float] = time.monotonic,
        capacity: int = CAPACITY,
    ) -> None:
        self._load = load
        self._clock = clock
        self._capacity = capacity
        self._start_clean()
        if hasattr(os, "register_at_fork"):  # pragma: no branch  # absent on Windows only
            os.register_at_fork(after_in_child=self._start_clean)

    def _start_clean(self) -> None:
        self._lock = threading.Lock()  # guards the writing of the three below
        self._entries: dict[Plan, _Entry] = {}
        self._flights: dict[Plan, Flight] = {}
        self._failures: dict[Plan, _Failure] = {}

    def clear(self) -> None:
        """Forget credentials and failures; loads under way serve only who waits for them."""
        with self._lock:
            self._entries = {}
            self._flights = {}
            self._failures = {}

    def peek(self, plan: Plan) -> Credentials | None:
        """Return what is cached and not expired. Takes no lock."""
        entry = self._entries.get(plan)
        if entry is None or entry.expires_at <= self._clock():
            return None
        return entry.credentials

    def get(self, plan: Plan, deadline: Deadline, *, fresh: bool = False) -> Credentials:
        """Return the credentials of a plan; blocks while they are loaded.

        Args:
            plan: what to load.
            deadline: also bounds the waiting for another caller's load.
            fresh: take only what is read after this call began.

        Raises:
            CredentialsError: nothing could be loaded.
        """
        stale = self._flights.get(plan) if fresh else None
        while True:
            flight, is_leader = self._join(plan, deadline, fresh=fresh)
            if is_leader:
                return self._lead(plan, deadline, flight)
            flight.wait(deadline)
            if flight is not stale and flight.is_for(deadline):
                return flight.outcome()

    async def aget(self, plan: Plan, deadline: Deadline, *, fresh: bool = False) -> Credentials:
        """Do what `get` does without blocking the event loop.

        The load runs in a thread of its own, so that a cancelled caller strands nobody.
        """
        stale = self._flights.get(plan) if fresh else None
        while True:
            flight, is_leader = self._join(plan, deadline, fresh=fresh)
            if is_leader:
                arguments = (plan, deadline, flight)
                name = "binance-creds load"
                threading.Thread(
                    target=self._lead_quietly, args=arguments, name=name, daemon=True
                ).start()
            await flight.wait_async(deadline)
            if flight is not stale and flight.is_for(deadline):
                return flight.outcome()

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
        flights = {plan: self._join(plan, deadline, fresh=fresh) for plan in plans}
        led = {plan: flight for plan, (flight, is_leader) in flights.items() if is_leader}
        outcomes: Outcomes = {}
        try:
            if led:
                outcomes = load_batch(list(led), deadline)
        finally:
            for plan, flight in led.items():
                outcome = outcomes.get(plan)
                error = outcome if isinstance(outcome, CredentialsError) else None
                credentials = None if isinstance(outcome, CredentialsError) else outcome
                self._end(plan, flight, credentials, error)
        return outcomes

    def _join(self, plan: Plan, deadline: Deadline, *, fresh: bool) -> tuple[Flight, bool]:
        """Return the flight to wait for, and whether the caller must fly it."""
        with self._lock:
            flight = self._flights.get(plan)
            if flight is not None:
                return flight, False
            flight = Flight(deadline)
            cached = None if fresh else self.peek(plan)
            error = None if fresh else self._remembered_error(plan, deadline)
            if cached is not None or error is not None:
                flight.land(cached, error)
                return flight, False
            self._flights[plan] = flight
            return flight, True

    def _remembered_error(self, plan: Plan, deadline: Deadline) -> ProviderUnavailableError | None:
        failure = self._failures.get(plan)
        if failure is None or failure.patience < deadline.seconds:
            return None
        return failure.error if self._clock() < failure.retry_at else None

    def _lead_quietly(self, plan: Plan, deadline: Deadline, flight: Flight) -> None:
        """Lead in a thread of its own: whoever waits raises the error."""
        with contextlib.suppress(Exception):
            self._lead(plan, deadline, flight)

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
            # After KeyboardInterrupt neither is set: the flight is abandoned, not failed.
            self._end(plan, flight, credentials, published)
        return credentials

    def _end(
        self, plan: Plan, flight: Flight, credentials: Credentials | None, error: Exception | None
    ) -> None:
        """Publish the outcome of a flight, and remember it, unless all was forgotten meanwhile."""
        patience = flight.given_up_after
        with self._lock:
            if self._flights.get(plan) is flight:
                del self._flights[plan]
                self._remember(plan, credentials, error, patience)
        flight.land(credentials, error, patience=patience)

    def _remember(
        self, plan: Plan, credentials: Credentials | None, error: Exception | None, patience: float
    ) -> None:
        if credentials is not None:
            self._failures.pop(plan, None)
            self._entries = self._with_room(self._entries)
            self._entries[plan] = _Entry(credentials, self._clock() + plan.ttl_seconds)
        elif isinstance(error, ProviderUnavailableError):
            self._failures = self._with_room(self._failures)
            self._failures[plan] = self._failure(plan, error, patience)

    def _with_room(self, kept: dict[Plan, _T]) -> dict[Plan, _T]:
        """Return it without the oldest where it is full; a copy, so that readers need no lock."""
        if len(kept) < self._capacity:
            return kept
        return dict(list(kept.items())[-self._capacity // 2 :])

    def _failure(self, plan: Plan, error: ProviderUnavailableError, patience: float) -> _Failure:
        previous = self._failures.get(plan)
        pause = FIRST_PAUSE_SECONDS
        if previous is not None:
            pause = min(previous.pause_seconds * 2, LONGEST_PAUSE_SECONDS)
        from random import uniform  # noqa: PLC0415  # 5 ms that a load that works does not need

        wait = pause * uniform(0.5, 1.0)  # noqa: S311  # spreads retries, hides nothing
        if isinstance(error, ThrottledError) and error.retry_after_seconds is not None:
            wait = min(max(wait, error.retry_after_seconds), LONGEST_PAUSE_SECONDS)
        return _Failure(error, pause, self._clock() + wait, patience)
