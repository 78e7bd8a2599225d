"""OpenTelemetry: spans and log records without secrets.

    provider.add_span_processor(BatchSpanProcessor(redacting(OTLPSpanExporter())))
    log_provider.add_log_record_processor(BatchLogRecordProcessor(redacting(OTLPLogExporter())))

A span that has ended is what all processors share, and cannot be changed: the exporter gets a copy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["redacting"]

_Exporter = TypeVar("_Exporter")


def redacting(exporter: _Exporter) -> _Exporter:
    """Return an exporter of spans or of log records that hands redacted ones to another.

    Names, attributes, events, links, status descriptions, bodies and resources are redacted, by
    value and by name. Spans and records without a secret are handed on as they are.

    Args:
        exporter: the one that sends. Everything but `export` is its own.

    Raises:
        TypeError: from `export`, given something else, such as metrics.
    """
    return cast("_Exporter", _Redacting(exporter))


class _Redacting:
    def __init__(self, exporter: Any) -> None:
        self._exporter: Final = exporter

    def export(self, batch: Sequence[Any], **options: Any) -> Any:
        from binance_creds.redact._libraries._spans import exported  # noqa: PLC0415  # the SDK is optional

        return self._exporter.export([exported(item) for item in batch], **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._exporter, name)
