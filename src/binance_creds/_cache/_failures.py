"""`Failures`: sources that were unavailable a moment ago, and when they are asked again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from binance_creds._plan import store_of
from binance_creds._time._backoff import next_pause
from binance_creds.errors import ProviderUnavailableError, ThrottledError

if TYPE_CHECKING:
    from collections.abc import Hashable

    from binance_creds._credentials import Credentials
    from binance_creds._plan import Plan
    from binance_creds._time._deadline import Deadline

__all__ = ["Failures"]

FIRST_PAUSE_SECONDS: Final = 0.25
LONGEST_PAUSE_SECONDS: Final = 30.0
LONGEST_RETRY_AFTER_SECONDS: Final = 3600.0  # of what a store asks for; the default max_stale


class _Failure(NamedTuple):
    """An unavailable source: nobody with as little patience asks it again before `retry_at`."""

    error: ProviderUnavailableError
    pause_seconds: float
    failed_at: float
    retry_at: float
    patience: float


class Failures:
    """Remember that a source was unavailable, for a pause that grows from 0.25 s to 30 s.

    A thousand calls while it is down make one attempt a pause. What a store asks for by
    `Retry-After` is kept, up to an hour. The first success with the same store, of any source, ends
    all of its pauses. Whoever calls holds the lock of the cache.

    Args:
        capacity: how many are remembered; the oldest go first.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._kept: dict[Plan, _Failure] = {}

    def error(self, plan: Plan, deadline: Deadline, now: float) -> ProviderUnavailableError | None:
        """Return the error of a source that is not to be asked again yet; it says so."""
        failure = self._kept.get(plan)
        if failure is None or failure.patience < deadline.seconds or now >= failure.retry_at:
            return None
        again = failure.error.again()
        again.message = (
            f"{again.message} This answer is remembered for {now - failure.failed_at:.1f} s;"
            f" the source is asked again in {failure.retry_at - now:.1f} s."
        )
        again.hint = "Call with fresh=True, or clear_cache(), to ask it now."
        return again

    def add(self, plan: Plan, error: ProviderUnavailableError, patience: float, now: float) -> None:
        """Remember a failure.

        Args:
            plan: what was read.
            error: what it failed with.
            patience: in seconds; whoever has more asks the source all the same.
            now: monotonic seconds.
        """
        previous = self._kept.pop(plan, None)
        last = 0.0 if previous is None else previous.pause_seconds
        wait = pause = next_pause(last, first=FIRST_PAUSE_SECONDS, longest=LONGEST_PAUSE_SECONDS)
        if isinstance(error, ThrottledError) and error.retry_after_seconds is not None:
            wait = max(wait, min(error.retry_after_seconds, LONGEST_RETRY_AFTER_SECONDS))
        if len(self._kept) >= self._capacity:
            self._kept = dict(list(self._kept.items())[-self._capacity // 2 :])
        self._kept[plan] = _Failure(error, pause, now, now + wait, patience)

    def forget(self, plan: Plan, answer: Credentials) -> None:
        """Forget the failures of this plan, and of all that read the store that answered."""
        if not self._kept:
            return
        self._kept.pop(plan, None)
        answered = _stores(plan, answer.origin)
        for other in [one for one in self._kept if not answered.isdisjoint(_stores(one))]:
            del self._kept[other]


def _stores(plan: Plan, origin: str | None = None) -> set[Hashable]:
    """Return the stores of a plan's sources; with an origin, of those that it names."""
    named = None if origin is None else origin.split(" + ")
    return {store_of(uri) for uri in plan.sources if named is None or uri.redacted in named}
