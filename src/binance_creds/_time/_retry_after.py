"""The Retry-After header of HTTP."""

from __future__ import annotations

from datetime import UTC, datetime

__all__ = ["retry_after_seconds"]


def retry_after_seconds(header: str | None, *, now: datetime | None = None) -> float | None:
    """Return the delay of a Retry-After header in either of its forms, or `None`.

    Args:
        header: seconds, or an HTTP date.
        now: timezone-aware; the wall clock by default.
    Source: RFC 9110, section 10.2.3.
    """
    if header is None:
        return None
    if header.strip().isdecimal():
        return float(header)
    from email.utils import parsedate_to_datetime  # noqa: PLC0415  # rarely needed

    try:
        date = parsedate_to_datetime(header)
    except ValueError:
        return None
    aware = date if date.tzinfo else date.replace(tzinfo=UTC)
    return max(0.0, (aware - (now or datetime.now(UTC))).total_seconds())
