"""A program that reports to Sentry: an error, a message, breadcrumbs, a transaction, a log."""

from __future__ import annotations

import logging
import os
from types import SimpleNamespace
from urllib.request import Request, urlopen

import sentry_sdk
from given import API_KEY, HEADERS, IS_REDACTED, MESSAGE, PEM, SECRET, URL, fail

options = {"traces_sample_rate": 1.0, "send_default_pii": True, "enable_logs": True}
if IS_REDACTED:
    from binance_creds.redact import sentry

    options |= sentry.hooks()
sentry_sdk.init(os.environ["DSN"], **options)

log = logging.getLogger("bot")
log.warning("a breadcrumb %s", URL, extra={"headers": HEADERS})
sentry_sdk.add_breadcrumb(
    category="order", data={"X-Mbx-Apikey": API_KEY, "nested": [{"pem": PEM}]}
)
with sentry_sdk.start_transaction(op="task", name=f"GET {URL}") as transaction:
    transaction.set_data("api_secret", SECRET)
    with sentry_sdk.start_span(op="http.client", name=URL) as span:
        span.set_data("http.query", URL.partition("?")[2])
        urlopen(Request(URL, headers=HEADERS)).read()
sentry_sdk.set_context("client", {"secret_key": SECRET, "apiKey": API_KEY})
sentry_sdk.set_tag("key", API_KEY)
client = SimpleNamespace(secret=SECRET)
try:
    fail()
except RuntimeError:
    log.exception("failed %s", MESSAGE)
    sentry_sdk.capture_exception()
sentry_sdk.capture_message(MESSAGE)
sentry_sdk.capture_event({
    "message": "request", "request": {"url": URL, "headers": HEADERS, "data": {"pem": PEM}},
})  # fmt: skip
sentry_sdk.flush()
