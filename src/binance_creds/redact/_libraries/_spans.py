"""Copies of OpenTelemetry's spans and log records for an exporter."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from opentelemetry.attributes import BoundedAttributes
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util import BoundedList
from opentelemetry.trace import Link, Status

from binance_creds.redact._text import redacted
from binance_creds.redact._values import redacted_value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from opentelemetry._logs import LogRecord

__all__ = ["exported"]


def exported(item: Any) -> Any:
    """Return what may be exported of a span or a log record: itself, or a redacted copy."""
    if isinstance(item, ReadableSpan):
        return _span(item)
    if hasattr(item, "log_record"):
        changed = copy.copy(item)
        for name, value in (
            ("log_record", _record(item.log_record)),
            ("resource", _resource(item.resource)),
        ):
            object.__setattr__(changed, name, value)  # it is frozen
        return changed
    msg = f"redacting() takes exporters of spans and of log records, not of {type(item).__name__}."
    raise TypeError(msg)


def _span(span: ReadableSpan) -> ReadableSpan:
    return ReadableSpan(
        name=redacted(span.name),
        context=span.context,
        parent=span.parent,
        resource=_resource(span.resource),
        attributes=_attributes(span.attributes, span.dropped_attributes),
        events=_bounded([_event(event) for event in span.events], span.dropped_events),
        links=_bounded([_link(link) for link in span.links], span.dropped_links),
        kind=span.kind,
        status=_status(span.status),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _event(event: Event) -> Event:
    attributes = _attributes(event.attributes, event.dropped_attributes)
    return Event(redacted(event.name), attributes, event.timestamp)


def _link(link: Link) -> Link:
    return Link(link.context, _attributes(link.attributes, link.dropped_attributes))


def _status(status: Status) -> Status:
    if not status.description:
        return status
    return Status(status.status_code, redacted(status.description))


def _resource(resource: Resource) -> Resource:
    attributes = redacted_value(dict(resource.attributes))
    if attributes == resource.attributes:
        return resource
    return Resource(attributes, resource.schema_url)


def _record(record: LogRecord) -> LogRecord:
    changed = copy.copy(record)
    dropped = getattr(record.attributes, "dropped", 0)
    changed.attributes = _attributes(record.attributes, dropped)
    changed.body = redacted_value(record.body)
    changed.exception = None  # its text is in the attributes
    return changed


def _attributes(attributes: Mapping[str, Any] | None, dropped: int) -> BoundedAttributes:
    clean = BoundedAttributes(attributes=redacted_value(dict(attributes or {})))
    clean.dropped = dropped
    return clean


def _bounded(items: Sequence[Any], dropped: int) -> Any:
    bounded = BoundedList.from_seq(None, items)
    bounded.dropped = dropped
    return bounded
