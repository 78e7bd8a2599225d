"""What OpenTelemetry's exporter for Prometheus gives of live credentials says which key they use."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from support import pair, plain_environ

from binance_creds.rotation import reports_of

pytest.importorskip("opentelemetry.exporter.prometheus")

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "keys" / "rotate.md"
METRICS = re.search(r"```python no-run: opens a port\n(.*?)```", PAGE.read_text(), re.DOTALL)[1]
BOT = f"""
import sys
{METRICS.replace("start_http_server(9464", "server, _ = start_http_server(0")}
from binance_creds import load_credentials

with load_credentials("env://BINANCE", live=True) as live:
    print(server.server_port, live.current.fingerprint, flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def bot():
    environ = {f"BINANCE_{name.upper()}": text for name, text in pair().items()}
    with subprocess.Popen(
        [sys.executable, "-c", BOT], env=plain_environ(**environ),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        yield process
        process.kill()


def test_a_real_exporter_says_which_key_is_used(bot):
    port, fingerprint = bot.stdout.readline().split()
    while not (reports := reports_of([f"http://127.0.0.1:{port}/metrics"]))[0].fingerprint:
        assert "has no metric" in reports[0].problem  # the gauges are made in a thread
    (report,) = reports
    assert (fingerprint, "env:BINANCE", "fresh") == (
        report.fingerprint, report.source, report.state,
    )  # fmt: skip
