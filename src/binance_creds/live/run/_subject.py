"""`Subject`: one handle's plan, machine and state; what the engine drives and the handle reads."""

from __future__ import annotations

from weakref import WeakMethod

from binance_creds._time._deadline import DEFAULT_TIMEOUT_SECONDS
from binance_creds._typing import TYPE_CHECKING
from binance_creds._warnings import warn_if_a_loop_waits
from binance_creds.errors import (
    ClosedError,
    CredentialsError,
    CredentialsExpiredError,
    ProviderUnavailableError,
)
from binance_creds.live.decide._machine import Machine
from binance_creds.live.decide._timing import timing_of
from binance_creds.live.run._changes import Changes
from binance_creds.live.run._locks import LOCK
from binance_creds.live.run._prover import Prover
from binance_creds.live.run._reader import Reader
from binance_creds.live.run._same_key import TRAITS, TRAITS_IF_ASKED, same_material

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Final

    from binance_creds._credentials import Credentials, Verifier
    from binance_creds._plan import Plan
    from binance_creds._refresh_policy import RefreshPolicy
    from binance_creds._uri import SourceURI
    from binance_creds.live.decide._timing import Timing
    from binance_creds.live.run._hooks import Hooks

    Wake = Callable[[], None]

__all__ = ["Subject"]

_NOT_YET: Final = float("inf")  # serial of a fetch that the engine has still to ask for


class Subject:
    """Keep one plan's credentials current.

    The engine's lock guards the machine; the reader works without it.

    Attributes:
        prover: verifies its pairs.
        reader: reads the plan.
        machine: decides.
        changes: what watches its source.
        current: what `.current` gives; `None` sends the reader to `refusal`.
        refusal: what `.current` raises while `current` is `None`.
        is_reading: whether a thread is inside the reader, or in a batch of it.
        waiters: whom to wake when a fetch has ended.
        hooks: gives those of the handle, `None` once it is gone.
        since: when the pair became current here, in seconds since the epoch.
        status_dir: the folder of the file that says which pair is current, or `None`.
    """

    __slots__ = (
        "_after_fork", "_clock", "changes", "current", "hooks", "is_local", "is_reading", "machine",
        "plan", "policy", "prover", "reader", "refusal", "since", "status_dir", "waiters",
    )  # fmt: skip

    def __init__(
        self,
        plan: Plan,
        policy: RefreshPolicy,
        verify: Verifier | None,
        *,
        clock: Callable[[], float],
    ) -> None:
        self.plan, self.policy = plan, policy
        self._clock, self.is_local = clock, plan.is_local
        timeout = plan.terms.timeout_seconds or DEFAULT_TIMEOUT_SECONDS
        self.prover = Prover(verify, timeout_seconds=timeout)
        self.reader = Reader(plan, self.prover, self, is_local=self.is_local)
        first = self.reader.first()
        is_asked = self.prover.asks_exchange
        traits = TRAITS_IF_ASKED if is_asked else TRAITS
        self.machine = Machine(self._timing(), first, clock(), traits=traits, is_asked=is_asked)
        self.changes = Changes(self.machine.schedule)
        self.current: Credentials | None = first
        self.refusal: str | None = None
        self.is_reading = False
        self.waiters = _Waiters()
        self.hooks: Callable[[], Hooks | None] = _no_hooks
        self.since = 0.0
        self.status_dir: str | None = None
        self._after_fork: WeakMethod[Callable[[], None]] | None = None

    @property
    def pair(self) -> Credentials:
        """The pair that is current, served or not."""
        pair: Credentials = self.machine.pairs.current
        return pair

    def sources(self) -> Iterable[SourceURI]:
        """Give every source of the plan."""
        return self.plan.sources

    @property
    def change_sources(self) -> tuple[str, ...]:
        """How a change would be noticed now."""
        if self.reader.is_pinned:
            return ()
        polls = ("poll",) if self.plan.unasked_seconds < float("inf") else ()
        return (*self.changes.names, *polls)

    def warn_if_a_loop_waits(self, call: str, awaitable: str) -> None:
        """Say so when a call is about to block a running event loop, unless the source is quick."""
        if not self.is_local:
            warn_if_a_loop_waits(call, awaitable)

    def end(self) -> None:
        """End what watches and what reads; blocks for as long as a third party's code does."""
        self.changes.stop()
        with LOCK:
            is_reading = self.is_reading
        if not is_reading:  # else whoever fetches closes it
            self.reader.close()

    def raise_if_failed(self, *, is_done: bool = True) -> None:
        """Raise what the last fetch failed with, or that it did not end in time."""
        if not is_done:
            msg = "the time was up while the source was being read."
            hint = "Raise timeout_seconds."
            raise ProviderUnavailableError(msg, source=self.pair.origin, hint=hint)
        error: CredentialsError | None = self.machine.failure
        if error is not None and not self.machine.is_closed:
            raise error.again()

    def error_of(self, refusal: str) -> CredentialsError:
        """Return what `.current` raises; imports nothing, as there may be no descriptor for it."""
        origin = str(self.pair.origin)
        if refusal == "closed":
            return ClosedError("these live credentials are closed.", source=origin)
        last: CredentialsError | None = self.machine.failure
        if refusal == "expired" or last is None:
            said = f" The last answer: {last.message}" if last is not None else ""
            msg = f"the source has not confirmed these credentials for max_stale.{said}"
            hint = "Bring the source back; they are served again as soon as it answers."
            return CredentialsExpiredError(msg, source=origin, hint=hint)
        return last.again()

    def may_join(self, now: float) -> bool:
        """Return whether it can be read with others: it is due soon, and nothing is special."""
        machine = self.machine
        if machine.is_fetching or self.is_reading or machine.announced is not None:
            return False  # a batch reads no version by its name
        if machine.error is not None:  # what failed keeps its own pause, and its own login
            return False
        is_due: bool = machine.schedule.due_at <= now + self.policy.poll_seconds / 2
        return is_due

    def serve(self, refusal: str | None) -> None:
        """Make `.current` give what is current, or raise."""
        self.refusal = refusal
        self.current = None if refusal else self.pair

    def call_after_fork(self, start_over: Callable[[], None]) -> None:
        """Have one more method called in a forked child, for as long as its object is there."""
        self._after_fork = WeakMethod(start_over)

    def start_over(self, now: float) -> None:
        """Begin anew in a forked child, as soon as somebody reads."""
        self.machine.start_over(now)
        self.reader.start_over()
        self.changes.start_over()
        self.waiters, self.is_reading = _Waiters(), False
        self.current, self.refusal = None, "forked"
        hooks = self.hooks()
        if hooks is not None:
            hooks.start_over()
        start_over = None if self._after_fork is None else self._after_fork()
        if start_over is not None:
            start_over()

    def known(self, new: Credentials) -> Credentials | None:
        """Return the pair that was verified before: it is current, or was left by a roll back."""
        pairs = self.machine.pairs
        known = (pairs.current, pairs.pending, pairs.rolled_back_from)
        return next((one for one in known if one is not None and same_material(new, one)), None)

    def waits_for_half(self, new: Credentials) -> bool:
        return self.machine.waits_for_half(self._clock(), new)

    def _timing(self) -> Timing:
        return timing_of(
            self.policy,
            timeout_seconds=self.reader.timeout_seconds,
            is_local=self.is_local,
            is_pinned=self.reader.is_pinned,
            unasked=self.plan.unasked_seconds,
        )


class _Waiters:
    """Those who wait for a fetch of at least some serial. Whoever calls holds `LOCK`.

    Attributes:
        waiting: they, each with the serial.
    """

    __slots__ = ("waiting",)

    def __init__(self) -> None:
        self.waiting: tuple[tuple[float, Wake], ...] = ()  # most wait for nobody

    def __len__(self) -> int:
        return len(self.waiting)

    def add(self, wake: Wake) -> None:
        """Register who is about to ask; before that, so that whoever gives up can be forgotten."""
        self.waiting = (*self.waiting, (_NOT_YET, wake))

    def ask(self, wake: Wake, serial: int) -> None:
        """Note which fetch answers, unless the waiter has given up."""
        waiting = self.waiting
        self.waiting = tuple((serial if one == wake else at, one) for at, one in waiting)

    def forget(self, wake: Wake) -> None:
        """Drop a waiter that gave up."""
        self.waiting = tuple((at, one) for at, one in self.waiting if one != wake)

    def ended(self, serial: float = _NOT_YET) -> list[Wake]:
        """Take those whom a fetch answers; all of them by default."""
        waiting = self.waiting
        self.waiting = tuple((at, wake) for at, wake in waiting if at > serial)
        return [wake for at, wake in waiting if at <= serial]


def _no_hooks() -> None:
    """No handle has any yet."""
