"""Metrics and spans through OpenTelemetry, where its API is installed; else nothing.

| name | kind | attributes |
|---|---|---|
| binance_creds.live.age | gauge, seconds since the source confirmed | origin, state |
| binance_creds.live.refreshes | counter | outcome: `same`, `new`, or the error's code |
| binance_creds.live.events | counter | origin, kind |
| binance_creds.live.swap_latency | histogram, seconds from the question to the swap | |
| binance_creds.fetch | span | handles |
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from binance_creds.live.decide._messages import Failed, New

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from contextlib import AbstractContextManager

    from binance_creds.live._values import Event
    from binance_creds.live.decide._messages import Outcome

__all__ = ["Reading", "Telemetry"]

_NAME: Final = "binance_creds.live"


class Reading(NamedTuple):
    """One handle at this moment."""

    origin: str
    state: str
    age_seconds: float


class Telemetry:
    """Report to whatever provider the program has set up. Nothing here is secret.

    Args:
        readings: gives all handles, when a metric reader asks.
    """

    def __init__(self, readings: Callable[[], Iterable[Reading]]) -> None:
        self._readings = readings
        self._tracer: Any = None
        try:
            from opentelemetry import metrics, trace  # noqa: PLC0415  # optional
        except ModuleNotFoundError:
            return
        meter = metrics.get_meter("binance_creds")
        self._tracer = trace.get_tracer("binance_creds")
        self._refreshes = meter.create_counter(f"{_NAME}.refreshes")
        self._events = meter.create_counter(f"{_NAME}.events")
        self._latency = meter.create_histogram(f"{_NAME}.swap_latency", unit="s")
        self._observation = metrics.Observation
        meter.create_observable_gauge(f"{_NAME}.age", callbacks=[self._ages], unit="s")

    def fetching(self, handles: int) -> AbstractContextManager[object]:
        """Return the span of one fetch."""
        if self._tracer is None:
            return nullcontext()
        span: AbstractContextManager[object] = self._tracer.start_as_current_span(
            "binance_creds.fetch", attributes={"handles": handles}
        )
        return span

    def fetched(self, outcome: Outcome, seconds: float) -> None:
        """Count the outcome of a fetch that took so long."""
        if self._tracer is None:
            return
        word = outcome.code if isinstance(outcome, Failed) else type(outcome).__name__.lower()
        self._refreshes.add(1, {"outcome": word})
        if isinstance(outcome, New):
            self._latency.record(seconds)

    def happened(self, event: Event) -> None:
        """Count a transition."""
        if self._tracer is not None:
            self._events.add(1, {"origin": event.origin, "kind": event.kind.value})

    def _ages(self, _: object) -> Iterable[Any]:
        for reading in self._readings():
            attributes = {"origin": reading.origin, "state": reading.state}
            yield self._observation(reading.age_seconds, attributes)
