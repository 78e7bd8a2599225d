"""What the libraries of logs take is what the redaction gives."""

import logging
from typing import assert_type

import sentry_sdk
import structlog
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor

from binance_creds.redact import install_redaction, redacted
from binance_creds.redact import sentry as redacted_sentry
from binance_creds.redact.opentelemetry import redacting
from binance_creds.redact.structlog import processor

undo = install_redaction(streams=True)
undo()
install_redaction(True)  # type: ignore[call-arg]  # by name only
assert_type(redacted("text"), str)
logging.getLogger("bot").info(redacted("text"))

sentry_sdk.init(dsn=None, **redacted_sentry.hooks())
sentry_sdk.init(dsn=None, before_send=redacted_sentry.redact_event)
structlog.configure(processors=[processor, structlog.processors.JSONRenderer()])
assert_type(redacting(ConsoleSpanExporter()), ConsoleSpanExporter)
SimpleSpanProcessor(redacting(ConsoleSpanExporter()))
