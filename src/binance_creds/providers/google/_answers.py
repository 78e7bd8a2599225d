"""What an answer of Google's looks like, and what tells it from one of somebody else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from binance_creds._time._retry_after import retry_after_seconds

if TYPE_CHECKING:
    from google.api_core import exceptions

__all__ = ["is_foreign", "own_status", "wait_seconds"]


def wait_seconds(error: exceptions.GoogleAPICallError) -> float | None:
    """Return what a Retry-After header or a RetryInfo detail asks for."""
    header = getattr(error.response, "headers", {}).get("Retry-After")
    for detail in error.details:
        if hasattr(detail, "retry_delay"):
            return float(detail.retry_delay.ToTimedelta().total_seconds())
    return retry_after_seconds(header)


def is_foreign(error: exceptions.GoogleAPICallError) -> bool:
    """Return whether gRPC made this code of the status of a proxy."""
    return "Received http2 header with status" in str(error)


def own_status(response: Any) -> str | None:
    """Return the name of the status, which stands in every error of Google's."""
    try:
        status = response.json()["error"]["status"]
    except (LookupError, RecursionError, TypeError, ValueError):
        return None
    return status if isinstance(status, str) else None
