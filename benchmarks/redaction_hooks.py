"""What the hooks for Sentry and OpenTelemetry cost, beside what the SDK does with the same event.

A realistic event: 40 frames with 12 variables each, 100 breadcrumbs, a request, 150 modules; a span
with 15 attributes and 2 events. The process knows 1,000 secrets.
"""

from __future__ import annotations

import json
import secrets
import statistics
import timeit

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sentry_sdk.serializer import serialize

from binance_creds import load_credentials
from binance_creds.providers import memory
from binance_creds.redact.opentelemetry import redacting
from binance_creds.redact.sentry import redact_event

PAIRS = 500
URL = "https://api.binance.com/api/v3/order?symbol=BTCUSDT&timestamp=1578963600000&signature="


def loaded(number: int):
    fields = {"api_key": secrets.token_hex(32), "api_secret": secrets.token_hex(32)}
    memory.register(f"bench{number}", fields)
    return load_credentials(f"memory:bench{number}"), fields


def event(secret: str) -> dict[str, object]:
    variables = {
        f"name{n}": f"'a value of the variable number {n}, {'word ' * 6}'" for n in range(11)
    }
    frame = {
        "filename": "bot/orders.py", "abs_path": "/srv/bot/orders.py", "function": "place",
        "lineno": 12, "pre_context": ["    x = 1"] * 5, "context_line": "    place(order)",
        "post_context": ["    y = 2"] * 5, "vars": {**variables, "api_secret": f"'{secret}'"},
    }  # fmt: skip
    crumb = {
        "type": "http",
        "category": "httplib",
        "data": {"url": URL + secret, "status_code": 200},
    }
    return {
        "event_id": secrets.token_hex(16), "level": "error",
        "exception": {"values": [{"type": "E", "value": f"refused {secret}",
                                  "stacktrace": {"frames": [frame] * 40}}]},
        "breadcrumbs": {"values": [{**crumb, "timestamp": n} for n in range(100)]},
        "request": {"url": URL + secret, "headers": {"X-MBX-APIKEY": secret, "Accept": "*/*"}},
        "modules": {f"package{n}": "1.2.3" for n in range(150)},
    }  # fmt: skip


def span():
    kept = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    with provider.get_tracer("bot").start_as_current_span("POST /api/v3/order") as made:
        made.set_attributes(
            {f"attribute.{n}": f"a value {n}" for n in range(14)} | {"url.full": URL + "a1" * 32}
        )
        made.add_event("signed", {"payload.bytes": 120})
        made.add_event("answered", {"status": 200})
    return kept.get_finished_spans()[0]


def milliseconds(call, number: int) -> float:
    return statistics.median(timeit.repeat(call, number=number, repeat=7)) / number * 1e3


class Nowhere:
    def export(self, batch) -> None:
        """Send nothing."""


def main() -> None:
    kept = [loaded(number) for number in range(PAIRS)]
    report, one = event(kept[0][1]["api_secret"]), span()
    plain = serialize(report)
    exporter = redacting(Nowhere())
    print(
        f"Sentry: an event of {len(json.dumps(plain)) // 1000} kB: redact_event {milliseconds(lambda: redact_event(plain), 5):.2f} ms,"
        f" the SDK's serialize {milliseconds(lambda: serialize(report), 5):.2f} ms\n"
        f"OpenTelemetry: a span: redacting {milliseconds(lambda: exporter.export([one]), 200) * 1e3:.0f} us,"
        f" to_json {milliseconds(one.to_json, 200) * 1e3:.0f} us"
    )


if __name__ == "__main__":
    main()
