"""What Prometheus reads from a bot: OpenTelemetry's exporter, and one rotation.

It prints the samples of this library as Prometheus stores them.
"""

import time
from datetime import UTC, datetime, timedelta
from urllib.request import urlopen

from opentelemetry import metrics
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from prometheus_client import start_http_server
from prometheus_client.parser import text_string_to_metric_families

from binance_creds import load_credentials
from binance_creds.exchange import ExchangeCheck
from binance_creds.providers import memory
from binance_creds.testing import FakeExchange

OURS = "binance_creds_"
LAST = ("binance_creds_live_events_total", "binance_creds_live_swap_duration_seconds_count")


def scrape(port: int):
    """Read the metrics as Prometheus does; what is measured arrives a moment later."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        with urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            text = answer.read().decode()
        samples = [one for family in text_string_to_metric_families(text) for one in family.samples]
        if set(LAST) <= {one.name for one in samples}:
            return [one for one in samples if one.name.startswith(OURS)]
    raise TimeoutError("the metrics have not arrived")


def main():
    """Rotate once, and read the metrics."""
    server, thread = start_http_server(0, addr="127.0.0.1")  # a bot takes a fixed port: 9464
    metrics.set_meter_provider(MeterProvider([PrometheusMetricReader()]))
    now = datetime.now(UTC)
    with FakeExchange() as exchange:
        dates = {"created_at": now, "trading_ends_at": now + timedelta(days=90)}
        memory.register("bot", exchange.issue(**dates).fields() | {"rotation_days": "60"})
        check = ExchangeCheck(base_url=exchange.url)
        live = load_credentials("memory:bot", live=True, verify=check)
        memory.register("bot", exchange.issue(**dates).fields() | {"rotation_days": "60"})
        live.refresh()
        samples = scrape(server.server_port)
        live.close()
    for name, labels, value, *_ in samples:
        if not name.endswith("_bucket"):
            known = ",".join(
                f'{key}="{labels[key]}"' for key in sorted(labels) if "otel" not in key
            )
            print(f"{name}{{{known}}} {value:g}")
    server.shutdown()
    server.server_close()
    thread.join()


if __name__ == "__main__":
    main()
