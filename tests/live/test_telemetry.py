"""OpenTelemetry, where its API is installed; nothing secret in it, and nothing breaks without."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from types import ModuleType

import pytest
from live_support import Store, down, install, threads
from scripted_check import ScriptedCheck
from support import caught, plain_environ
from waiting import PATIENCE, wait_for

from binance_creds import LiveCredentials, RefreshPolicy
from binance_creds._plan import Plan
from binance_creds._uri import SourceURI
from binance_creds.live.decide._messages import Same
from binance_creds.live.run._engine import ENGINE, Engine
from binance_creds.live.run._hooks import Hooks
from binance_creds.live.run._subject import Subject
from binance_creds.live.run._telemetry import Telemetry
from binance_creds.testing import assert_no_leak

metrics = pytest.importorskip("opentelemetry.sdk.metrics")
trace = pytest.importorskip("opentelemetry.sdk.trace")
from opentelemetry import _logs as logs_api  # noqa: E402
from opentelemetry import metrics as metrics_api  # noqa: E402
from opentelemetry import trace as trace_api  # noqa: E402
from opentelemetry.sdk._logs import LoggerProvider  # noqa: E402
from opentelemetry.sdk._logs.export import (  # noqa: E402
    InMemoryLogRecordExporter,
    SimpleLogRecordProcessor,
)
from opentelemetry.sdk.metrics.export import InMemoryMetricReader  # noqa: E402
from opentelemetry.sdk.trace.export import SimpleSpanProcessor  # noqa: E402
from opentelemetry.sdk.trace.export.in_memory_span_exporter import (  # noqa: E402
    InMemorySpanExporter,
)

PLAN = Plan((SourceURI.parse("held:a"),))
SLOW = RefreshPolicy(poll="1h", ttl="2h", max_stale="3h", jitter=0)


class Seen:
    """What reached the reader and the exporter."""

    def __init__(self) -> None:
        self.reader, self.exporter = InMemoryMetricReader(), InMemorySpanExporter()
        self.meters = metrics.MeterProvider([self.reader])
        self.tracers = trace.TracerProvider()
        self.tracers.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.records = InMemoryLogRecordExporter()
        self.loggers = LoggerProvider()
        self.loggers.add_log_record_processor(SimpleLogRecordProcessor(self.records))

    def points(self, name: str) -> list:
        found = self.reader.get_metrics_data()
        return [
            point
            for resource in (found.resource_metrics if found else [])
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == f"binance_creds.live.{name}"
            for point in metric.data.data_points
        ]


@pytest.fixture
def seen(monkeypatch):
    """A program that has set up both; without the one provider a process may set for ever."""
    found = Seen()
    monkeypatch.setattr(metrics_api, "get_meter", found.meters.get_meter)
    monkeypatch.setattr(trace_api, "get_tracer", found.tracers.get_tracer)
    monkeypatch.setattr(logs_api, "get_logger", found.loggers.get_logger)
    yield found
    found.loggers.shutdown()
    found.meters.shutdown()
    found.tracers.shutdown()


@pytest.fixture
def run(seen, store):
    engine = Engine()
    subject = Subject(PLAN, SLOW, None, clock=engine.times.seconds)
    engine.add(subject)
    yield engine, subject
    engine.remove(subject)
    assert engine.log.flush(PATIENCE)  # what is logged late is not of the next test
    wait_for(lambda: not threads("binance-creds live"))


def test_every_transition_and_fetch_is_counted(seen, store, run) -> None:
    """By outcome and kind; the latency of a swap; a span for each fetch."""
    engine, subject = run
    engine.refreshes.wait(subject, PATIENCE)
    secret = store.put("a")["api_secret"]
    engine.refreshes.wait(subject, PATIENCE)
    store.error = down()
    caught(engine.refreshes.wait, subject, PATIENCE)
    wait_for(lambda: not threads("binance-creds fetch"))
    assert engine.log.flush(PATIENCE)
    refreshes = [
        (p.attributes["binance_creds.refresh.outcome"], p.attributes.get("error.type"), p.value)
        for p in seen.points("refreshes")
    ]
    assert [("same", None, 1), ("new", None, 1), ("failed", "unavailable", 1)] == refreshes
    events = [dict(p.attributes) | {"value": p.value} for p in seen.points("events")]
    named = {"binance_creds.origin": "held:a", "value": 1}
    assert [
        named | {"binance_creds.event.kind": "rotated"},
        named | {"binance_creds.event.kind": "failed", "error.type": "unavailable"},
    ] == events
    (latency,) = seen.points("swap.duration")
    assert 1 == latency.count
    assert 0 <= latency.sum < PATIENCE
    spans = seen.exporter.get_finished_spans()
    assert [("binance_creds.fetch", "CLIENT", 1)] * 3 == [
        (s.name, s.kind.name, s.attributes["binance_creds.fetch.handles"]) for s in spans
    ]
    assert ["UNSET", "UNSET", "ERROR"] == [s.status.status_code.name for s in spans]
    assert "unavailable" == spans[-1].attributes["error.type"]
    assert_no_leak(secret, *(span.to_json() for span in spans), str(seen.reader.get_metrics_data()))


def test_every_transition_is_an_event(seen, store, run) -> None:
    """A log record with a name, the severity, and what the log line says."""
    engine, subject = run
    secret = store.put("a")["api_secret"]
    engine.refreshes.wait(subject, PATIENCE)
    store.error = down()
    caught(engine.refreshes.wait, subject, PATIENCE)
    assert engine.log.flush(PATIENCE)
    records = [one.log_record for one in seen.records.get_finished_logs()]
    named = [(one.event_name, one.severity_number.name) for one in records]
    assert [
        ("binance_creds.live.rotated", "INFO"),
        ("binance_creds.live.failed", "WARN"),
    ] == named
    failed = records[-1]
    expected = {
        "binance_creds.origin": "held:a",
        "binance_creds.key.fingerprint": subject.pair.fingerprint,
        "error.type": "unavailable",
    }
    assert expected == dict(failed.attributes)
    assert failed.body.startswith("the refresh failed")
    assert_no_leak(secret, *(str(one) for one in records))


class OldMeter:
    """A meter of an API before 1.30, which takes no boundaries."""

    def __init__(self, meter) -> None:
        self.create_counter = meter.create_counter
        self.create_observable_gauge = meter.create_observable_gauge
        self.create_histogram = lambda name, unit, what: meter.create_histogram(name, unit, what)


def test_an_old_api_gives_the_metrics_and_no_events(seen, store, run, monkeypatch) -> None:
    """Its log records have no names, and its histograms the usual boundaries."""

    class Unnamed:
        def __init__(self, *, body=None) -> None:
            pass

    monkeypatch.setattr(logs_api, "LogRecord", Unnamed)
    monkeypatch.setattr(
        metrics_api, "get_meter", lambda *named: OldMeter(seen.meters.get_meter(*named))
    )
    store.put("a")
    engine = Engine()
    subject = Subject(PLAN, SLOW, None, clock=engine.times.seconds)
    engine.add(subject)
    store.put("a")
    engine.refreshes.wait(subject, PATIENCE)
    engine.remove(subject)
    assert engine.log.flush(PATIENCE)
    assert not seen.records.get_finished_logs()
    assert 1 == sum(point.count for point in seen.points("swap.duration"))
    assert "rotated" in {p.attributes["binance_creds.event.kind"] for p in seen.points("events")}


def test_the_age_of_every_handle_is_a_gauge(seen, run) -> None:
    """Asked for by the reader, with the state."""
    engine, subject = run
    assert engine.log.flush(PATIENCE)
    (age,) = seen.points("age")
    fingerprint = subject.pair.fingerprint
    expected = {
        "binance_creds.origin": "held:a",
        "binance_creds.state": "fresh",
        "binance_creds.key.fingerprint": fingerprint,
    }
    assert expected == dict(age.attributes)
    assert 0 <= age.value < PATIENCE


def test_a_processor_that_raises_stops_no_fetch(seen, store, run) -> None:
    """What reports is not what trades."""
    engine, subject = run

    class Broken(SimpleSpanProcessor):
        def on_start(self, span, parent_context=None) -> None:
            raise ValueError

    seen.tracers.add_span_processor(Broken(seen.exporter))
    fields = store.put("a")
    engine.refreshes.wait(subject, PATIENCE)
    assert fields["api_key"] == subject.current.api_key.reveal()


@pytest.fixture
def dated(run):
    """A second handle of the engine, whose key has dates."""
    engine, _ = run
    ends = datetime.now(UTC) + timedelta(days=2)
    check = ScriptedCheck(
        created_at=ends - timedelta(days=9), trading_ends_at=ends, rotation_days=8
    )
    subject = Subject(PLAN, SLOW, check, clock=engine.times.seconds)
    engine.add(subject)
    yield engine
    engine.remove(subject)


@pytest.mark.parametrize(("name", "days"), [("rotate_by", 1), ("trading_ends", 2)])
def test_the_times_of_a_key_are_gauges_where_somebody_knows_them(seen, dated, name, days) -> None:
    """Seconds until it should be replaced, and until its right to trade ends."""
    assert dated.log.flush(PATIENCE)
    (point,) = seen.points(name)
    assert "held:a" == point.attributes["binance_creds.origin"]
    assert 0 <= days * 86_400 - point.value < PATIENCE


def test_without_the_package_nothing_is_counted(monkeypatch) -> None:
    """And everything works."""
    for name in ("opentelemetry", "opentelemetry.metrics", "opentelemetry.trace"):
        monkeypatch.setitem(sys.modules, name, None)
    held = install(Store(), monkeypatch)
    held.put("a")
    engine = Engine()
    subject = Subject(PLAN, SLOW, None, clock=engine.times.seconds)
    engine.add(subject)
    fields = held.put("a")
    engine.refreshes.wait(subject, PATIENCE)
    assert fields["api_key"] == subject.current.api_key.reveal()
    engine.remove(subject)
    assert engine.log.flush(PATIENCE)
    wait_for(lambda: not threads("binance-creds live"))


def test_another_package_of_its_namespace_is_not_its_api(monkeypatch) -> None:
    """Such as one that only exports."""
    for name in ("opentelemetry.metrics", "opentelemetry.trace"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry", ModuleType("opentelemetry"))
    telemetry = Telemetry(list)
    assert telemetry.is_wanted
    assert telemetry.begin() is None
    telemetry.read([Same()], 0.5)
    telemetry.fetched(Same(), 0.5)


def test_a_live_handle_imports_nothing_that_its_program_does_not_use(tmp_path) -> None:
    """Neither telemetry nor logging, asyncio or futures; of python-dotenv the parser alone."""
    path = tmp_path / ".env"
    path.touch(0o600)
    path.write_text(f"BINANCE_API_KEY={'Ak3x' * 16}\nBINANCE_API_SECRET={'Zs9y' * 16}\n")
    code = (
        "import sys\n"
        "from binance_creds import load_credentials\n"
        f"live = load_credentials('dotenv:{path}', live=True)\n"
        "assert live.refresh() is live.current\n"
        "names = {'opentelemetry', 'logging', 'asyncio', 'concurrent.futures', 'random', 'inspect',"
        " 'dotenv', 'pathlib', 'binance_creds.exchange', 'binance_creds.live.push._listeners'}\n"
        "assert not names & set(sys.modules), names & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env=plain_environ(), timeout=60)


def test_importing_live_credentials_without_the_package() -> None:
    """As where it never was installed."""
    code = (
        "import sys; sys.modules['opentelemetry'] = None\n"
        "import binance_creds.live\n"
        "from binance_creds.providers import memory\n"
        "memory.register('a', {'api_key': 'Ak3x' * 16, 'api_secret': 'Zs9y' * 16})\n"
        "live = binance_creds.load_credentials('memory:a', live=True)\n"
        "assert live.refresh() is live.current"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env=plain_environ(), timeout=60)


def test_the_engine_of_the_process_knows_its_handles(store) -> None:
    """What the gauge would show."""
    with LiveCredentials(Subject(PLAN, SLOW, None, clock=ENGINE.times.seconds), Hooks()):
        assert [("held:a", "fresh")] == [
            (one.origin, one.state) for one in ENGINE.driver.readings()
        ]
