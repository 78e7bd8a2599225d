"""`Standing`: whether the current pair is confirmed, stale, denied or expired; decisions alone."""

from __future__ import annotations

from binance_creds._typing import TYPE_CHECKING
from binance_creds.live.decide._messages import (
    DENIALS,
    UNDECIDED,
    UNUSABLE,
    Failed,
    Kind,
    Output,
    Refuse,
    Tell,
)

if TYPE_CHECKING:
    from typing import Any, Final

    from binance_creds.live.decide._timing import Timing

__all__ = ["GRACE_SECONDS", "Standing"]

GRACE_SECONDS: Final = 5.0  # beyond its timeout, until a fetch that nobody answers counts as lost;
# and from its begin, after a suspend beyond max_stale, until the pair is not served
_STALE_GRACE_SECONDS: Final = 10.0  # the longest, beyond ttl, for a fetch that is under way
_CONFIRMED: Final = 2  # times that a denial was heard in a row


class Standing:
    """What the source has said of the current pair, and when.

    Args:
        timing: the durations.
        now: the time of the first load.

    Attributes:
        error: the code of the last failure, `None` after a success.
        failure: what the source failed with then, opaque here.
        failures: in a row.
        confirmed_at: when the source last said that it holds what is current.
        refusal: the code by which `Refuse` keeps the current pair from being served, else `None`.
    """

    __slots__ = (
        "_answered_at", "_denials", "_is_stale", "_timing", "confirmed_at", "error", "failure",
        "failures", "refusal",
    )  # fmt: skip

    def __init__(self, timing: Timing, now: float) -> None:
        self._timing = timing
        self.confirmed_at = self._answered_at = now
        self._is_stale = False
        self.error: str | None = None
        self.failure: Any = None
        self.failures = self._denials = 0
        self.refusal: str | None = None

    def age(self, now: float) -> float:
        """Return the seconds since the source last confirmed what is current."""
        return 0.0 if self._timing.is_pinned else now - self.confirmed_at

    # what the source says

    def _confirmed(self, now: float) -> list[Output]:
        """Note a success; what was not served is served again."""
        outputs: list[Output] = [] if self.refusal is None else [Refuse(None)]
        if self.refusal is not None or self.failures:  # told once it is served again
            outputs.append(Tell(Kind.RECOVERED))
        self.refusal = None
        self.confirmed_at = self._answered_at = now
        self._is_stale = False
        self.error, self.failure, self.failures, self._denials = None, None, 0, 0
        return outputs

    def _answered_without(self, now: float) -> None:
        """Note that the source answers, and confirms nothing."""
        self._answered_at, self._denials = now, 0

    def _noted(self, now: float, outcome: Failed, *, confirms: bool) -> list[Output]:
        """Note a failure.

        Args:
            now: the time.
            outcome: what it was.
            confirms: whether it was asked to confirm a denial.
        """
        is_news, self.error = outcome.code != self.error, outcome.code
        self.failure = outcome.error
        self.failures += 1
        if outcome.code in UNUSABLE:
            self._answered_at = now
        is_denial, is_first = outcome.code in DENIALS, not self._denials
        self._denials = self._denials + (is_first or confirms) if is_denial else 0
        kind = Kind.UNDECIDED if outcome.code == UNDECIDED else Kind.FAILED
        return [Tell(kind, outcome.code, outcome.error)] if is_news else []

    def _denied(self, code: str) -> list[Output]:
        """Refuse what was denied as soon as that is confirmed, and tell it once."""
        if self._denials != _CONFIRMED:
            return []
        told: list[Output] = [Tell(Kind.DENIED, code)]
        if not self._timing.stops_when_denied or self.refusal not in {None, "expired"}:
            return told
        self.refusal = code
        return [Refuse(code), *told]

    # what the time says

    def _ages_at(self, began_at: float | None) -> float:
        """When `_aged` must come at the latest."""
        if self._timing.is_pinned or self.refusal is not None:
            return float("inf")
        return min(self._expires_at(began_at), self._stale_at(began_at))

    def _aged(self, now: float, began_at: float | None) -> list[Output]:
        """Tell that it is stale, and refuse what has expired.

        Args:
            now: the time.
            began_at: when the fetch under way began, `None` without one.
        """
        if self.refusal is not None or self._timing.is_pinned:
            return []
        outputs: list[Output] = []
        if now >= self._stale_at(began_at):
            self._is_stale = True
            outputs.append(Tell(Kind.STALE))
        if now >= self._expires_at(began_at):
            self.refusal = "expired"
            outputs += [Refuse("expired"), Tell(Kind.EXPIRED)]
        return outputs

    def _stale_at(self, began_at: float | None) -> float:
        """When to tell that it is stale: at ttl, or soon after if a fetch may still confirm it."""
        if self._is_stale:
            return float("inf")
        at, timing = self.confirmed_at + self._timing.ttl, self._timing
        if began_at is None or self.failures:
            return at
        grace = min(_STALE_GRACE_SECONDS, timing.ttl / 10, (timing.max_stale - timing.ttl) / 2)
        return max(at, began_at) + max(grace, 0.0)

    def _expires_at(self, began_at: float | None) -> float:
        """When it is not served any more: at max_stale.

        After a suspend that was longer, the source has not been asked: its answer is awaited for
        a moment, once.
        """
        at = self._answered_at + self._timing.max_stale
        has_answered = not self.failures or self.error in UNUSABLE
        if began_at is not None and has_answered and began_at >= at:
            return began_at + GRACE_SECONDS
        return at
