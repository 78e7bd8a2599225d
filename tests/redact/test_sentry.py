"""The hooks for Sentry go by value and by name, and run after the program's own."""

from __future__ import annotations

import copy
import time
import timeit

import pytest
import sentry_sdk.consts
import sentry_sdk.serializer
from support import token

from binance_creds.redact import sentry

NAMES = [
    "api_secret", "apiSecret", "API_SECRET", "api-secret", "secret_key", "secretKey", "SECRET-KEY",
    "X-MBX-APIKEY", "x-mbx-apikey", "x_mbx_apikey", "HTTP_X_MBX_APIKEY", "private_key", "listenKey",
    "BINANCE_API_SECRET", "BINANCE_SUB_ALPHA_KEY", "signature", "passphrase",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_name_hides_a_value_that_this_process_does_not_know(name) -> None:
    """In any case, with dashes or underscores, wherever it stands."""
    value = token()
    event = {
        "extra": {"settings": {name: value}},
        "request": {"headers": [[name, value]], "env": {name: value}},
        "exception": {"values": [{"stacktrace": {"frames": [{"vars": {name: f"'{value}'"}}]}}]},
        "breadcrumbs": {"values": [{"data": {name: [value]}}]},
        "spans": [{"data": {name: value}}],
    }
    assert value not in str(sentry.redact_event(event, {}))


def test_an_event_without_secrets_is_as_it_was() -> None:
    """Its identifiers too, which are hexadecimal."""
    event = {
        "event_id": "9" * 32, "level": "error", "timestamp": 1.5, "tags": {"a": True, "b": None},
        "contexts": {"trace": {"trace_id": "a1" * 16, "span_id": "b2" * 8}}, "release": "c3" * 20,
        "fingerprint": ["{{ default }}"], "modules": {"ccxt": "4.5"},
    }  # fmt: skip
    assert copy.deepcopy(event) == sentry.redact_event(event, {})


def test_a_value_is_hidden_wherever_it_stands(canary) -> None:
    event = {
        "message": canary.message,
        "logentry": {"message": "%s", "params": [canary.secret]},
        "request": {
            "query_string": canary.url.partition("?")[2],
            "data": f'{{"k": "{canary.pem}"}}',
        },
        "spans": [{"description": f"GET {canary.url}"}],
    }
    assert not canary.is_in(repr(sentry.redact_event(event)))


@pytest.mark.parametrize("shown", [8, 20, 40, 63])
def test_the_rest_of_a_value_that_was_cut_is_hidden(canary, shown) -> None:
    """As the SDK cuts a long one by `max_value_length`."""
    text = "x, " * 100 + canary.secret[:shown] + "..."
    assert "x, " * 100 + "[redacted]..." == sentry.redact_event({"message": text})["message"]


def test_a_text_with_an_ellipsis_is_left_as_it_is() -> None:
    event = {
        "message": "The order is being placed, please wait " * 4 + "...",
        "short": "abcdefghijk...",
    }
    assert sentry.redact_event(event) is event


def test_the_hooks_are_those_of_the_installed_sdk(monkeypatch) -> None:
    expected = {
        "before_breadcrumb", "before_send", "before_send_log", "before_send_metric",
        "before_send_transaction",
    } & {*sentry_sdk.consts.DEFAULT_OPTIONS}  # fmt: skip
    assert expected == {*sentry.hooks()}
    monkeypatch.delitem(sentry_sdk.consts.DEFAULT_OPTIONS, "before_send_log")
    assert expected - {"before_send_log"} == {*sentry.hooks()}


def test_a_hook_of_the_program_runs_before(canary) -> None:
    """What it adds is redacted as well."""
    hook = sentry.hooks(before_send=lambda event, hint: event | {"added": hint})["before_send"]
    assert {"a", "added"} == {*hook({"a": 1}, canary.secret)}
    assert not canary.is_in(str(hook({"a": 1}, canary.secret)))


def test_a_hook_of_the_program_may_drop_an_event() -> None:
    hook = sentry.hooks(before_send_transaction=lambda event, hint: None)["before_send_transaction"]
    assert hook({"a": 1}, {}) is None


def test_a_hook_for_streamed_spans_is_there_on_request() -> None:
    assert sentry.hooks(before_send_span=None)["before_send_span"] is sentry.redact_event


def test_what_cannot_be_read_is_not_sent() -> None:
    class Broken(dict):
        def items(self):
            raise RuntimeError

        __iter__ = keys = values = items

    assert sentry.redact_event({"extra": Broken(a=1)}) is None


def realistic_event() -> dict[str, object]:
    """An error 40 frames deep, 100 breadcrumbs, a request, 150 modules; some 80 kB."""
    variables = {f"name{n}": f"'variable number {n}, {'word ' * 6}'" for n in range(12)}
    frame = {
        "filename": "bot/orders.py", "function": "place", "lineno": 12, "vars": variables,
        "pre_context": ["    x = 1"] * 5, "context_line": "    place(order)",
    }  # fmt: skip
    url = "https://api.binance.com/api/v3/order?symbol=BTCUSDT&signature=" + "a1" * 32
    return {
        "exception": {"values": [{"type": "E", "stacktrace": {"frames": [frame] * 40}}]},
        "breadcrumbs": {"values": [{"category": "http", "data": {"url": url}}] * 100},
        "request": {"url": url, "headers": {"X-MBX-APIKEY": "k7" * 32}},
        "modules": {f"package{n}": "1.2.3" for n in range(150)},
    }


def test_it_costs_no_more_than_what_the_sdk_does_with_the_event() -> None:
    """Which is 1.1 times as much on a quiet machine; some noise is allowed for."""
    event = realistic_event()
    ours, theirs = (
        min(
            timeit.repeat(
                lambda call=call: call(event), number=1, repeat=15, timer=time.process_time
            )
        )
        for call in (sentry.redact_event, sentry_sdk.serializer.serialize)
    )
    assert ours < 3 * theirs
