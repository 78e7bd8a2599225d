"""A canary written on many paths reaches no output, and would without the redaction."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest
from paths import PATHS
from support import plain_environ

from binance_creds.redact.opentelemetry import redacting

pytestmark = pytest.mark.unmeasured

PROGRAMS = Path(__file__).parent / "programs"


@pytest.fixture
def written(canary, canary_exchange, logs, install):
    """Return a function that gives what a path writes."""

    def write(name: str, *, is_redacted: bool) -> str:
        scene = SimpleNamespace(
            canary=canary, exchange=canary_exchange, name=f"{name}-{is_redacted}",
            out=io.StringIO(), install=install if is_redacted else lambda **options: None,
            exporter=redacting if is_redacted else lambda exporter: exporter,
        )  # fmt: skip
        PATHS[name](scene)
        return scene.out.getvalue()

    return write


@pytest.mark.parametrize("name", PATHS)
def test_the_canary_does_not_reach_the_output(canary, written, name) -> None:
    """Not a piece of it; what else was written is there."""
    output = written(name, is_redacted=True)
    assert len(output) > 100
    assert not canary.is_in(output)


@pytest.mark.parametrize("name", PATHS)
def test_it_would_without_the_redaction(canary, written, name) -> None:
    """Otherwise the test above proves nothing."""
    assert canary.is_in(written(name, is_redacted=False))


def run(canary, program: str, *arguments: str, **environ: str) -> str:
    given = {
        name: getattr(canary, name)
        for name in ("message", "url", "headers", "secret", "api_key", "pem")
    } | {"fields": [key.fields() for key in canary.keys]}
    done = subprocess.run(
        [sys.executable, str(PROGRAMS / f"{program}.py"), *arguments],
        capture_output=True, text=True, check=False, timeout=120,
        env=plain_environ(CANARY=json.dumps(given), **environ),
    )  # fmt: skip
    return done.stdout + done.stderr


@pytest.mark.parametrize("how", ["plain", "rich"])
def test_uncaught_exceptions_do_not_show_it(canary, how) -> None:
    """Of the main thread, of another one, and of a destructor; nor does a warning."""
    output = run(canary, "uncaught", "redacted", how)
    assert output.count("RuntimeError") >= 3
    assert "UserWarning" in output
    assert not canary.is_in(output)
    assert canary.is_in(run(canary, "uncaught", "plain", how))


class Sentry(BaseHTTPRequestHandler):
    """Keeps what is posted."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        self.server.received.append(body.decode())
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *arguments) -> None:
        """Say nothing."""


@pytest.fixture
def sentry():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Sentry)
    server.received = []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def envelopes_of(canary, server, how: str) -> str:
    server.received.clear()
    output = run(canary, "reports", how, DSN=f"http://public@127.0.0.1:{server.server_port}/1")
    assert server.received, output
    return "\n".join(server.received)


def test_sentry_does_not_get_it(canary, sentry) -> None:
    """Over a real transport: errors, messages, breadcrumbs, a transaction and logs."""
    sent = envelopes_of(canary, sentry, "redacted")
    for kind in ("event", "transaction", "log"):
        assert f'"type":"{kind}"' in sent
    assert not canary.is_in(sent)
    assert canary.is_in(envelopes_of(canary, sentry, "plain"))
