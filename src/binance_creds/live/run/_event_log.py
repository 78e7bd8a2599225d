"""`EventLog`: every transition as an event, a log line and a count."""

from __future__ import annotations

import sys
from functools import partial

from binance_creds._recorded import record
from binance_creds._typing import TYPE_CHECKING
from binance_creds.errors import VerificationError
from binance_creds.live.decide._messages import Failed, Kind, Same
from binance_creds.live.decide._pairs import HALF_SECONDS
from binance_creds.live.run._publisher import Publisher
from binance_creds.live.run._telemetry import Telemetry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from types import ModuleType
    from typing import Final

    from binance_creds._credentials import Credentials
    from binance_creds._time._clock import Times
    from binance_creds.errors import CredentialsError
    from binance_creds.live._values import Event
    from binance_creds.live.decide._messages import Outcome, Tell
    from binance_creds.live.run._subject import Subject
    from binance_creds.live.run._telemetry import Reading

__all__ = ["EventLog", "message_of"]

_NAME: Final = "binance_creds.live"
_ALARMS: Final = frozenset(Kind) - {
    Kind.CLOSED, Kind.PENDING, Kind.PROVEN, Kind.PUSH_BACK, Kind.RECOVERED, Kind.ROTATED
}  # fmt: skip
_OF_DATES: Final = frozenset(
    {Kind.ROTATE_SOON, Kind.ROTATE_NOW, Kind.TRADING_ENDS, Kind.TRADING_ENDED}
)
_SWAPS: Final = frozenset({Kind.ROTATED, Kind.ROLLED_BACK})
_MESSAGES: Final = {
    Kind.ROTATED: "rotated to a new pair",
    Kind.ROLLED_BACK: "the new pair is rejected and the previous works: rolled back",
    Kind.PENDING: "a new pair waits for the end of a hold, or for the swap window",
    Kind.HALF_CHANGED: "the key alone has changed, or the secret alone: the current pair stays"
    f" until the other half follows, {HALF_SECONDS:.0f} s at most; refresh() takes it at once",
    Kind.FAILED: "the refresh failed; the current pair stays",
    Kind.UNDECIDED: "the new pair is neither proven nor refused; the current pair stays, and the"
    " check is tried again",
    Kind.UNPROVEN: "the exchange does not confirm the current pair, which stays in use; the check"
    " is tried again",
    Kind.REFUSED: "the exchange no longer accepts the current pair as it is; it stays in use",
    Kind.PROVEN: "the exchange accepts the current pair",
    Kind.ROTATE_SOON: "80 % of the key's time are over: rotate it by {rotate_by:%Y-%m-%d}",
    Kind.ROTATE_NOW: "the key was to be rotated by {rotate_by:%Y-%m-%d}: rotate it now",
    Kind.TRADING_ENDS: "the key's right to trade ends at {trading_ends_at:%Y-%m-%d %H:%M} UTC:"
    " renew it at the exchange, or rotate the key",
    Kind.TRADING_ENDED: "the key's right to trade ended at {trading_ends_at:%Y-%m-%d %H:%M} UTC",
    Kind.RECOVERED: "refreshes succeed again",
    Kind.STALE: "the source has not confirmed the current pair for its ttl",
    Kind.EXPIRED: "the source has not confirmed the current pair for max_stale: it is not served",
    Kind.DENIED: "the source, asked twice, says that the secret is denied or gone",
    Kind.HOLD_ENDED: "a hold was longer than max_hold, and no longer keeps a rotation back",
    Kind.PUSH_LOST: "change announcements stopped; polling continues",
    Kind.PUSH_BACK: "change announcements arrive",
    Kind.CLOSED: "closed",
}


def message_of(kind: Kind, pair: Credentials) -> str:
    """Return what a transition means for a pair."""
    message = _MESSAGES[kind]
    if kind in _OF_DATES:
        return message.format(rotate_by=pair.rotate_by, trading_ends_at=pair.trading_ends_at)
    return message


class EventLog:
    """Tell transitions to the hooks at once, and publish them to the log and to telemetry.

    Args:
        readings: gives all handles, when a metric reader asks.
        times: for the dates of events.

    Attributes:
        told: called after each transition, if anything else wants to know.
    """

    def __init__(self, readings: Callable[[], Iterable[Reading]], times: Times) -> None:
        self._telemetry, self.publisher = Telemetry(readings), Publisher(_tell_dropped)
        self._times = times
        self.told: Callable[[], None] | None = None

    def start_clean(self) -> None:
        """Forget in a forked child what waits, and for whom: it is the parent's to publish."""
        self.publisher.start_clean()
        self.told = None

    def flush(self, seconds: float) -> bool:
        """Wait until the log and telemetry know what happened before; return whether they do."""
        return self.publisher.flush(seconds)

    def begin(self) -> None:
        """Let telemetry know that there are handles."""
        self._measure(self._telemetry.begin)

    def read(self, outcomes: Sequence[Outcome], seconds: float) -> None:
        """Take how long a fetch took, and what it gave each handle."""
        self._measure(self._telemetry.read, outcomes, seconds)

    def came(self, subject: Subject, outcome: Outcome) -> None:
        """Record the outcome of a fetch, unless the source holds what it held."""
        if isinstance(outcome, Failed):
            origin = getattr(outcome.error, "source", None) or subject.pair.origin
            record("refresh", outcome.code, profile=subject.plan.terms.profile, source=origin)
        elif not isinstance(outcome, Same):
            record("refresh", profile=subject.plan.terms.profile, credentials=outcome.pair)

    def fetched(self, outcome: Outcome, seconds: float) -> None:
        """Take the outcome of a fetch for one handle, so long after it was asked for."""
        self._measure(self._telemetry.fetched, outcome, seconds)

    def _measure(self, call: Callable[..., object], *arguments: object) -> None:
        if "opentelemetry" in sys.modules:
            self.publisher.publish(partial(call, *arguments))

    def tell(self, subject: Subject, tell: Tell) -> None:
        """Take a transition; its error gives the message its reason."""
        from binance_creds.live._values import Event  # noqa: PLC0415  # 1 ms that a start saves

        pair = subject.pair
        message = message_of(tell.kind, pair)
        if tell.error is not None:
            message = f"{message}: {_reason(tell.error)}"
        now, version = self._times.now(), pair.version
        event = Event(tell.kind, now, pair.origin, tell.code, message, version, pair.fingerprint)
        self.publisher.publish(partial(self._publish, event))
        action = "swap" if tell.kind in _SWAPS else "live"
        outcome, profile = tell.kind.value, subject.plan.terms.profile
        record(action, outcome, profile=profile, credentials=pair, detail=tell.code, at=now)
        hooks = subject.hooks()
        if hooks is not None and hooks.queues:
            hooks.tell(event, of_events=True)
        if self.told is not None:
            self.told()

    def _publish(self, event: Event) -> None:
        log = _log()
        level = log.WARNING if event.kind in _ALARMS else log.INFO
        text = "%s (%s, key %s)"
        try:
            log.getLogger(_NAME).log(level, text, event.message, event.origin, event.fingerprint)
        finally:  # also when a handler raises
            self._telemetry.happened(event, is_alarm=event.kind in _ALARMS)


def _reason(error: CredentialsError) -> str:
    """Return what an error says; of the exchange's refusal also what to do about it."""
    is_told_what = isinstance(error, VerificationError) and error.hint is not None
    return f"{error.message} {error.hint}" if is_told_what else error.message


def _tell_dropped(count: int) -> None:
    """Log that events were dropped."""
    text = "%d log records or measurements were dropped: a handler of logging, or telemetry, hangs"
    _log().getLogger(_NAME).warning(text, count)


def _log() -> ModuleType:
    import logging  # noqa: PLC0415  # slow, and rarely needed at the start

    return logging
