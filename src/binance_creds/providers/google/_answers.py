"""What an answer of Google's looks like, and what tells it from one of somebody else."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from binance_creds._time._retry_after import retry_after_seconds
from binance_creds.errors import AccessDeniedError, AuthenticationError
from binance_creds.providers.remote._error_row import ErrorRow
from binance_creds.providers.remote._errors import ErrorTable

if TYPE_CHECKING:
    from google.api_core import exceptions

__all__ = [
    "OF_METADATA",
    "but_for_project",
    "is_foreign",
    "judge_login",
    "own_status",
    "wait_seconds",
]

_OK: Final = 200
_TOO_MANY: Final = 429
_FAULT: Final = 500
_GRANTS: Final = ("access_token", "accessToken", "id_token")  # OAuth and STS; IAM Credentials
_LOGIN: Final = ErrorTable(
    {},
    store="the server that gives tokens",
    address="the credentials file",
    ca="REQUESTS_CA_BUNDLE",
)
OF_METADATA: Final = (
    ErrorRow(
        AuthenticationError,
        "the metadata server has no service account for this machine.",
        "Attach one to it, or set GOOGLE_APPLICATION_CREDENTIALS.",
        says="metadata service. Status: 404",
    ),
    ErrorRow(
        AccessDeniedError,
        "the metadata server may not give tokens of the service account.",
        "In GKE grant the pod roles/iam.workloadIdentityUser on that account.",
        says="metadata service. Status: 403",
    ),
)
"""Refusals of a metadata server: no account is attached to the machine, or it may not be used."""


def judge_login(response: Any, **_: object) -> None:
    """Stop an answer that does not come from a server of tokens, or that will pass.

    A hook of requests. google.auth takes every answer but 200 for a refusal of the login, without
    its status, and what it cannot take apart for a fault of the credentials file. Only logins are
    sent by POST; of metadata servers it knows more.
    """
    status = response.status_code
    if response.request.method != "POST":
        return
    is_own = _is_of_login(response)
    if is_own and status < _FAULT and status != _TOO_MANY:
        return
    raise _LOGIN.answered(
        (),
        response.text,
        status=status,
        is_own=is_own,
        retry_after_seconds=retry_after_seconds(response.headers.get("Retry-After")),
    )


def but_for_project(request: Any, url: str, method: str = "GET", **more: Any) -> Any:
    """Leave out the request for the project: the source names it, and it may be out of reach."""
    if method == "GET" and (urlsplit(url).hostname or "").startswith("cloudresourcemanager."):
        return SimpleNamespace(status=404, data=b"{}", headers={})
    return request(url, method=method, **more)


def _is_of_login(response: Any) -> bool:
    try:
        told = response.json()
    except (RecursionError, ValueError):
        return False
    if not isinstance(told, dict):
        return False
    if response.status_code != _OK:
        return "error" in told
    has_life = isinstance(told.get("expires_in", 0), int)
    return has_life and any(isinstance(told.get(name), str) for name in _GRANTS)


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
