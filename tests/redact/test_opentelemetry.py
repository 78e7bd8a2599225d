"""An exporter gets copies without secrets; what else a span has stays."""

from __future__ import annotations

import io
import json

import pytest
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import (
    BatchSpanProcessor,
    ConsoleSpanExporter,
    SimpleSpanProcessor,
)
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Status, StatusCode
from support import token

from binance_creds.redact.opentelemetry import redacting


@pytest.fixture
def traced(request):
    """A tracer, and the exporters of what it makes: raw and redacted."""
    raw, clean = InMemorySpanExporter(), InMemorySpanExporter()
    provider = TracerProvider(span_limits=SpanLimits(max_attributes=2, max_events=1, max_links=1))
    provider.add_span_processor(SimpleSpanProcessor(raw))
    provider.add_span_processor(SimpleSpanProcessor(redacting(clean)))
    yield provider.get_tracer("bot", "1.0"), raw, clean
    provider.shutdown()


def test_a_span_without_secrets_is_as_it_was(traced) -> None:
    """With what was dropped of it."""
    tracer, raw, clean = traced
    with tracer.start_as_current_span("work") as span:
        span.set_attributes({"a": 1, "b": ["x"], "c": 2.5})
        for number in range(3):
            span.add_event("event", {"n": number, "m": 1, "o": 2})
            span.add_link(span.get_span_context(), {"n": number})
        span.set_status(Status(StatusCode.ERROR, "why"))
    (before,), (after,) = raw.get_finished_spans(), clean.get_finished_spans()
    assert before.to_json() == after.to_json()
    for name in ("dropped_attributes", "dropped_events", "dropped_links", "instrumentation_scope"):
        assert getattr(before, name) == getattr(after, name)
    assert before.dropped_attributes == 1
    assert [before.events[0].dropped_attributes] == [after.events[0].dropped_attributes]


@pytest.mark.parametrize("name", ["url.full", "http.url", "url.query", "http.target"])
def test_signatures_and_listen_keys_leave_addresses(traced, name) -> None:
    """Whatever the case of the parameter; this process has not seen them before."""
    tracer, _, clean = traced
    signature, listen_key = token(), token()
    query = f"timestamp=1&Signature={signature}&listenKey={listen_key}"
    text = query if name == "url.query" else f"https://api.binance.com/api/v3/order?{query}"
    with tracer.start_as_current_span("GET") as span:
        span.set_attribute(name, text)
    sent = clean.get_finished_spans()[0].attributes[name]
    assert "timestamp=1" in sent
    assert not {signature, listen_key} & {*sent.replace("&", "=").split("=")}


def test_a_header_is_hidden_by_its_name(traced) -> None:
    tracer, _, clean = traced
    with tracer.start_as_current_span("GET") as span:
        span.set_attribute("http.request.header.x_mbx_apikey", ["some", "values"])
    assert "some" not in clean.get_finished_spans()[0].to_json()


def test_the_resource_is_redacted(canary) -> None:
    """Detectors put the command line into it."""
    out = io.StringIO()
    resource = Resource({"process.command_args": ("bot", f"--secret={canary.secret}"), "a": "b"})
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(SimpleSpanProcessor(redacting(ConsoleSpanExporter(out=out))))
    provider.get_tracer("bot").start_span("work").end()
    provider.shutdown()
    assert "b" == json.loads(out.getvalue())["resource"]["attributes"]["a"]
    assert not canary.is_in(out.getvalue())


def test_a_batch_is_flushed_and_shut_down_as_before(canary) -> None:
    kept = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(redacting(kept)))
    provider.get_tracer("bot").start_span(canary.url).end()
    assert provider.force_flush()
    assert not canary.is_in(kept.get_finished_spans()[0].to_json())
    provider.shutdown()
    assert kept._stopped


def test_a_log_record_is_redacted_and_shared_with_nobody(canary) -> None:
    """Another exporter gets it as it was."""
    raw, clean = InMemoryLogRecordExporter(), InMemoryLogRecordExporter()
    provider = LoggerProvider()
    provider.add_log_record_processor(SimpleLogRecordProcessor(redacting(clean)))
    provider.add_log_record_processor(SimpleLogRecordProcessor(raw))
    provider.get_logger("bot").emit(
        body={"key": canary.secret}, attributes={"url": canary.url, "n": 1}
    )
    (after,), (before,) = clean.get_finished_logs(), raw.get_finished_logs()
    provider.shutdown()
    assert not canary.is_in(after.to_json())
    assert canary.is_in(before.to_json())
    assert 1 == after.log_record.attributes["n"]


def test_anything_else_is_refused() -> None:
    """Metrics have labels of their own kind."""
    with pytest.raises(TypeError, match="exporters of spans and of log records, not of str"):
        redacting(InMemorySpanExporter()).export(["metric"])
