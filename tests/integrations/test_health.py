"""What a health endpoint answers, and the examples for both kinds of server."""

from __future__ import annotations

import asyncio
import importlib.util
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import pytest
from support import new_key

from binance_creds import load_credentials
from binance_creds.integrations.health import Grade, grade, health
from binance_creds.live import Proof, State
from binance_creds.providers import memory
from binance_creds.testing import assert_no_leak

EXAMPLES = Path(__file__).parents[2] / "examples"
NOW = datetime(2026, 11, 26, tzinfo=UTC)


@pytest.fixture
def key():
    issued = new_key()
    memory.register("health", issued.fields())
    yield issued
    memory.unregister("health")


@pytest.fixture
def live(key):
    with load_credentials("memory:health", live=True) as handle:
        yield handle


def test_a_fresh_handle_passes(live, key) -> None:
    """With 200, and nothing secret in it."""
    answer = health(live)
    assert (Grade.PASS, 200) == (answer.grade, answer.http_status)
    body = json.loads(answer.json())
    assert "pass" == body["status"] == body["checks"]["credentials"]["status"]
    assert live.current.fingerprint == body["checks"]["credentials"]["fingerprint"]
    assert_no_leak(key.api_secret, answer, answer.json())


def test_the_worst_handle_decides(live) -> None:
    """One that serves nothing is not healthy, whatever the others are."""
    other = load_credentials("memory:health", live=True)
    other.close()
    answer = health({"main": live, "hedge": other})
    assert (Grade.FAIL, 503) == (answer.grade, answer.http_status)
    found = {name: check["status"] for name, check in answer.checks.items()}
    assert {"main": "pass", "hedge": "fail"} == found


def test_no_handle_is_healthy() -> None:
    """As a program that trades nothing."""
    assert Grade.PASS is health({}).grade


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"state": State.HELD}, Grade.PASS),
        ({"state": State.STALE}, Grade.WARN),
        ({"state": State.EXPIRED}, Grade.FAIL),
        ({"state": State.FAILED}, Grade.FAIL),
        ({"state": State.CLOSED}, Grade.FAIL),
        ({"error": "unavailable", "failures": 1}, Grade.WARN),
        ({"signer_error": "unavailable"}, Grade.WARN),
        ({"is_rolled_back": True}, Grade.WARN),
        ({"proof": Proof.ACCEPTED}, Grade.PASS),
        ({"proof": Proof.UNDECIDED}, Grade.WARN),
        ({"proof": Proof.REFUSED}, Grade.FAIL),
        ({"rotate_by": NOW + timedelta(days=1)}, Grade.PASS),
        ({"rotate_by": NOW}, Grade.WARN),
        ({"trading_ends_at": NOW + timedelta(days=1)}, Grade.PASS),
        ({"trading_ends_at": NOW}, Grade.FAIL),
    ],
)
def test_what_passes_warns_and_fails(live, changed, expected) -> None:
    """A bot that cannot trade fails; one that needs a person soon warns."""
    assert expected is grade(live.status()._replace(**changed), NOW)


def test_the_dates_of_a_key_are_shown(key) -> None:
    """In ISO 8601, as monitors compare them."""
    memory.register("health", key.fields() | {"created": "2020-01-01", "rotation_days": "90"})
    with load_credentials("memory:health", live=True) as live:
        answer = health(live)
    assert Grade.WARN is answer.grade
    assert "2020-03-31T00:00:00+00:00" == answer.checks["credentials"]["rotate_by"]


def example(name: str):
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def asgi(app) -> list[dict]:
    sent = []

    async def send(message) -> None:
        sent.append(message)

    await app({"type": "http", "method": "GET", "path": "/healthz"}, None, send)
    return sent


def test_the_example_of_asgi_follows_the_handle(live) -> None:
    app = example("health_asgi").health_app(live)
    start, body = asyncio.run(asgi(app))
    assert 200 == start["status"]
    assert (b"content-type", b"application/health+json") in start["headers"]
    assert "pass" == json.loads(body["body"])["status"]
    live.close()
    assert 503 == asyncio.run(asgi(app))[0]["status"]


def test_the_example_of_wsgi_follows_the_handle(live) -> None:
    """As the validator of the standard library wants it."""
    app = validator(example("health_wsgi").health_app(live))
    answered = []

    def ask() -> dict:
        environ = {"QUERY_STRING": ""}
        setup_testing_defaults(environ)
        parts = app(environ, lambda line, headers, exc_info=None: answered.append(line))
        try:
            return json.loads(b"".join(parts))
        finally:
            parts.close()

    assert "pass" == ask()["status"]
    live.close()
    assert "fail" == ask()["status"]
    assert ["200 OK", "503 Service Unavailable"] == answered
