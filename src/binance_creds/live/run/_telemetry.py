"""Metrics, spans and events through OpenTelemetry, where the program has imported its API.

docs/howto/operate/metrics.md lists the names; they follow the semantic conventions: a namespace,
units of UCUM, `error.type` for what failed, a log record with an `event_name` for each event.
"""

from __future__ import annotations

import sys
import time
from functools import partial

from binance_creds._typing import TYPE_CHECKING, NamedTuple
from binance_creds._version import __version__
from binance_creds.live.decide._messages import Failed, New

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any, Final

    from binance_creds.live._values import Event
    from binance_creds.live.decide._messages import Outcome

__all__ = ["Reading", "Telemetry"]

_SCOPE: Final = "binance_creds"
_NAME: Final = "binance_creds.live"
_ORIGIN: Final = "binance_creds.origin"
_STATE: Final = "binance_creds.state"
_FINGERPRINT: Final = "binance_creds.key.fingerprint"
_OUTCOME: Final = "binance_creds.refresh.outcome"
_KIND: Final = "binance_creds.event.kind"
_HANDLES: Final = "binance_creds.fetch.handles"
_ERROR: Final = "error.type"
# Seconds: a swap takes milliseconds from a file, and seconds from a store that is far away.
_BOUNDARIES: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_GAUGES: Final = {
    "age": "Time since the source confirmed the credentials.",
    "rotate_by": "Time until the key should be replaced; negative afterwards.",
    "trading_ends": "Time until the key loses its right to trade; negative afterwards.",
}
_NEVER: Final = float("inf")
_NANOSECONDS: Final = 1e9


class Reading(NamedTuple):
    """One handle at this moment; the last two are infinite where nobody knows."""

    origin: str
    state: str
    fingerprint: str
    age_seconds: float
    rotate_by_seconds: float
    trading_ends_seconds: float


class _Instruments:
    """What the program's provider gives."""

    def __init__(self, readings: Callable[[], Iterable[Reading]]) -> None:
        from opentelemetry import metrics, trace  # noqa: PLC0415  # optional

        meter = metrics.get_meter(_SCOPE, __version__)
        self.tracer: Any = trace.get_tracer(_SCOPE, __version__)
        self.client, self.status = trace.SpanKind.CLIENT, trace.StatusCode
        self.logger = _events()
        self.refreshes: Any = meter.create_counter(
            f"{_NAME}.refreshes", "{refresh}", "Answers of sources."
        )
        self.events: Any = meter.create_counter(f"{_NAME}.events", "{event}", "Transitions.")
        self.duration = _histogram(meter)
        self._readings, self._observation = readings, metrics.Observation
        observed = (self._ages, self._rotations, self._ends)
        for (name, what), observe in zip(_GAUGES.items(), observed, strict=True):
            meter.create_observable_gauge(f"{_NAME}.{name}", [observe], "s", what)

    def _ages(self, _: object) -> Iterable[Any]:
        for reading in self._readings():
            attributes = {
                _ORIGIN: reading.origin,
                _STATE: reading.state,
                _FINGERPRINT: reading.fingerprint,
            }
            yield self._observation(reading.age_seconds, attributes)

    def _rotations(self, _: object) -> Iterable[Any]:
        return self._known((one.origin, one.rotate_by_seconds) for one in self._readings())

    def _ends(self, _: object) -> Iterable[Any]:
        return self._known((one.origin, one.trading_ends_seconds) for one in self._readings())

    def _known(self, times: Iterable[tuple[str, float]]) -> Iterable[Any]:
        for origin, seconds in times:
            if seconds < _NEVER:
                yield self._observation(seconds, {_ORIGIN: origin})


class Telemetry:
    """Report to whatever provider the program has set up. Nothing here is secret.

    One thread at a time may call it, and it may block for as long as an exporter does.

    Args:
        readings: gives all handles, when a metric reader asks.
    """

    def __init__(self, readings: Callable[[], Iterable[Reading]]) -> None:
        self._readings = readings
        self._made: _Instruments | None = None

    @property
    def is_wanted(self) -> bool:
        """Whether the program has imported OpenTelemetry."""
        return sys.modules.get("opentelemetry") is not None

    def begin(self) -> _Instruments | None:
        """Make the instruments as soon as they are wanted."""
        if self._made is None and self.is_wanted:
            try:
                self._made = _Instruments(self._readings)
            except ImportError:  # another package of this namespace
                return None
        return self._made

    def read(self, outcomes: Sequence[Outcome], took_seconds: float) -> None:
        """Make the span of one fetch that has just ended, with the outcome for each handle."""
        made, ended = self.begin(), time.time_ns()
        if made is None:
            return
        span = made.tracer.start_span(
            f"{_SCOPE}.fetch",
            kind=made.client,
            attributes={_HANDLES: len(outcomes)},
            start_time=ended - int(took_seconds * _NANOSECONDS),
        )
        for code in [one.code for one in outcomes if isinstance(one, Failed)][:1]:
            span.set_attribute(_ERROR, code)
            span.set_status(made.status.ERROR)
        span.end(end_time=ended)

    def fetched(self, outcome: Outcome, seconds: float) -> None:
        """Count the outcome of a fetch that took so long."""
        made = self.begin()
        if made is None:
            return
        word = type(outcome).__name__.lower()
        made.refreshes.add(1, {_OUTCOME: word, **_failure(getattr(outcome, "code", None))})
        if isinstance(outcome, New):
            made.duration.record(seconds)

    def happened(self, event: Event, *, is_alarm: bool) -> None:
        """Count a transition, and give it as an event."""
        made = self.begin()
        if made is None:
            return
        attributes = {_ORIGIN: event.origin, **_failure(event.code)}
        made.events.add(1, {_KIND: event.kind.value, **attributes})
        if made.logger is not None:
            made.logger.give(event, attributes, is_alarm=is_alarm)


def _histogram(meter: Any) -> Any:
    create = partial(
        meter.create_histogram, f"{_NAME}.swap.duration", "s", "Time from the question to the swap."
    )
    try:
        return create(explicit_bucket_boundaries_advisory=_BOUNDARIES)
    except TypeError:  # an API before 1.30
        return create()


def _failure(code: str | None) -> dict[str, str]:
    return {} if code is None else {_ERROR: code}


class _Events:
    """What gives events: log records with a name."""

    def __init__(self) -> None:
        from opentelemetry import _logs  # noqa: PLC0415  # optional

        _logs.LogRecord(event_name=_NAME)
        self._logger, self._record = _logs.get_logger(_SCOPE, __version__), _logs.LogRecord
        self._info, self._warn = _logs.SeverityNumber.INFO, _logs.SeverityNumber.WARN

    def give(self, event: Event, attributes: dict[str, str], *, is_alarm: bool) -> None:
        self._logger.emit(
            self._record(
                timestamp=int(event.at.timestamp() * _NANOSECONDS),
                severity_number=self._warn if is_alarm else self._info,
                severity_text="WARN" if is_alarm else "INFO",
                body=event.message,
                attributes={_FINGERPRINT: event.fingerprint, **attributes},
                event_name=f"{_NAME}.{event.kind.value}",
            )
        )


def _events() -> _Events | None:
    """Return what gives events, or `None`: log records of an old API have no names."""
    try:
        return _Events()
    except (ImportError, TypeError):
        return None
