"""Metrics and spans through OpenTelemetry, where the program has imported its API; else nothing.

| name | kind | attributes |
|---|---|---|
| binance_creds.live.age | gauge, seconds since the source confirmed | origin, state, fingerprint |
| binance_creds.live.rotate_by | gauge, seconds until the key should be replaced | origin |
| binance_creds.live.trading_ends | gauge, seconds until the key's right to trade ends | origin |
| binance_creds.live.refreshes | counter | outcome: `same`, `new`, or the error's code |
| binance_creds.live.events | counter | origin, kind |
| binance_creds.live.swap_latency | histogram, seconds from the question to the swap | |
| binance_creds.fetch | span, made when the fetch has ended | handles |
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any, Final

from binance_creds._named_tuple import NamedTuple
from binance_creds.live.decide._messages import Failed, New

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from binance_creds.live._values import Event
    from binance_creds.live.decide._messages import Outcome

__all__ = ["Reading", "Telemetry"]

_NAME: Final = "binance_creds.live"
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

        meter = metrics.get_meter("binance_creds")
        self.tracer: Any = trace.get_tracer("binance_creds")
        self.refreshes: Any = meter.create_counter(f"{_NAME}.refreshes")
        self.events: Any = meter.create_counter(f"{_NAME}.events")
        self.latency: Any = meter.create_histogram(f"{_NAME}.swap_latency", unit="s")
        self._readings, self._observation = readings, metrics.Observation
        gauges = {"age": self._ages, "rotate_by": self._rotations, "trading_ends": self._ends}
        for name, observed in gauges.items():
            meter.create_observable_gauge(f"{_NAME}.{name}", callbacks=[observed], unit="s")

    def _ages(self, _: object) -> Iterable[Any]:
        for reading in self._readings():
            attributes = {
                "origin": reading.origin,
                "state": reading.state,
                "fingerprint": reading.fingerprint,
            }
            yield self._observation(reading.age_seconds, attributes)

    def _rotations(self, _: object) -> Iterable[Any]:
        return self._known((one.origin, one.rotate_by_seconds) for one in self._readings())

    def _ends(self, _: object) -> Iterable[Any]:
        return self._known((one.origin, one.trading_ends_seconds) for one in self._readings())

    def _known(self, times: Iterable[tuple[str, float]]) -> Iterable[Any]:
        for origin, seconds in times:
            if seconds < _NEVER:
                yield self._observation(seconds, {"origin": origin})


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

    def read(self, handles: int, took_seconds: float) -> None:
        """Make the span of one fetch that has just ended."""
        made, ended = self.begin(), time.time_ns()
        if made is not None:
            began = ended - int(took_seconds * _NANOSECONDS)
            attributes = {"handles": handles}
            span = made.tracer.start_span(
                "binance_creds.fetch", attributes=attributes, start_time=began
            )
            span.end(end_time=ended)

    def fetched(self, outcome: Outcome, seconds: float) -> None:
        """Count the outcome of a fetch that took so long."""
        made = self.begin()
        if made is None:
            return
        word = outcome.code if isinstance(outcome, Failed) else type(outcome).__name__.lower()
        made.refreshes.add(1, {"outcome": word})
        if isinstance(outcome, New):
            made.latency.record(seconds)

    def happened(self, event: Event) -> None:
        """Count a transition."""
        made = self.begin()
        if made is not None:
            made.events.add(1, {"origin": event.origin, "kind": event.kind.value})
