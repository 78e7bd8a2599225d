"""What goes wrong at Google, and which of our errors that is: for all APIs, and Secret Manager."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import google.auth.exceptions
from google.api_core import exceptions
from google.protobuf import json_format

from binance_creds.errors import (
    AccessDeniedError,
    AuthenticationError,
    ConfigurationError,
    ProviderUnavailableError,
    SecretDisabledError,
    SecretNotFoundError,
    ThrottledError,
)
from binance_creds.providers.google._answers import is_foreign, own_status, wait_seconds
from binance_creds.providers.google._login import LOGIN_ERRORS, is_unanswered
from binance_creds.providers.remote._error_row import (
    CHANGED,
    DOWN,
    FOREIGN,
    SILENT,
    THROTTLED,
    ErrorRow,
)
from binance_creds.providers.remote._errors import ErrorTable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from binance_creds.errors import CredentialsError

__all__ = [
    "DAMAGED",
    "NO_PREVIOUS",
    "PERIMETER",
    "SECRETS",
    "STATES",
    "table_of",
    "translated",
]

_CA: Final = (
    "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH (for gRPC) or REQUESTS_CA_BUNDLE (for REST and logins)"
)
_OFF: Final = "FAILED_PRECONDITION"  # the version is not enabled, or its KMS key is not

_DISABLED: Final = ErrorRow(
    SecretDisabledError,
    "the version is disabled.",
    "Enable it: gcloud secrets versions enable ... or add a new one.",
    says="DISABLED",
)
_DESTROYED: Final = ErrorRow(
    SecretDisabledError,
    "the version is destroyed; its value is gone.",
    "Add a new one: gcloud secrets versions add ...",
    says="DESTROYED",
)
STATES: Final = {"DISABLED": _DISABLED, "DESTROYED": _DESTROYED}
"""By the state of a version in its metadata."""
NO_PREVIOUS: Final = ErrorRow(
    SecretNotFoundError, "no enabled version is older than the current one."
)
DAMAGED: Final = ErrorRow(
    ProviderUnavailableError, "the value was damaged on its way: its checksum is another."
)
PERIMETER: Final = ErrorRow(
    AccessDeniedError,
    "a perimeter of VPC Service Controls refuses the request.",
    "Run inside the perimeter, or let it admit this identity and address.",
    says="prohibited by organization's policy",
)
"""Of every API, before IAM is asked."""
_LOST: Final = tuple(  # gRPC, of its own; REST raises what requests does
    SILENT._replace(says=says)
    for says in ("failed to connect", "errors resolving", "Deadline Exceeded", "closed")
)


def table_of(
    rows: Mapping[object, ErrorRow | tuple[ErrorRow, ...]], *, store: str, address: str
) -> ErrorTable:
    """Return the table of one API of Google's, with the rows that all have.

    REST knows the classes of HTTP only, so gRPC's own are not used.
    """
    shared: dict[object, ErrorRow | tuple[ErrorRow, ...]] = {
        # The token was revoked, its key deleted, or this machine's clock is off.
        exceptions.Unauthorized: ErrorRow(
            AuthenticationError,
            "Google does not accept this login.",
            "Check whether the service account's key still exists, and this machine's clock.",
        ),
        # The endpoint is another service, or an emulator that lacks the method.
        exceptions.MethodNotImplemented: ErrorRow(
            ConfigurationError, "the endpoint does not know this request.", "Check {address}."
        ),
        # The quota of the project; or gRPC itself, of an answer of more than 4 MB.
        exceptions.TooManyRequests: (FOREIGN._replace(says="larger than max"), THROTTLED),
        # The channel was closed, or a gateway ended the request.
        exceptions.Cancelled: SILENT,
        # Internal errors, and with gRPC the way to the service: refused, reset, timed out.
        exceptions.ServerError: (*_LOST, DOWN),
        # REST answered 200 with something else: a captive portal, or a proxy.
        json_format.ParseError: FOREIGN,
        **LOGIN_ERRORS,
        # requests: refused, reset, timed out, no such host, a body that ended early.
        OSError: SILENT,
    }
    return ErrorTable({**shared, **rows}, store=store, address=address, ca=_CA)


SECRETS: Final = table_of(
    {
        # A number or alias that is not there; no such secret, or one without versions.
        exceptions.NotFound: (
            ErrorRow(
                SecretNotFoundError,
                "the secret exists and has no such version.",
                "Check the option `version`.",
                says="Secret Version [",
            ),
            ErrorRow(
                SecretNotFoundError,
                "there is no such secret in this project and location, or it has no version.",
                "Check both names; a regional secret needs `location`.",
            ),
        ),
        # The first three come before IAM is asked; without a grant absent secrets are denied too.
        exceptions.Forbidden: (
            ErrorRow(
                ConfigurationError,
                "the Secret Manager API is off in this project.",
                "Run: gcloud services enable secretmanager.googleapis.com",
                says="SERVICE_DISABLED",
            ),
            ErrorRow(
                ConfigurationError,
                "the project has no active billing account.",
                "Link one: gcloud billing projects link ...",
                says="BILLING_DISABLED",
            ),
            PERIMETER,
            # The default access scopes of a virtual machine do not reach Secret Manager.
            ErrorRow(
                AccessDeniedError,
                "the token's scopes do not reach Secret Manager.",
                "Give the virtual machine the scope cloud-platform.",
                says="ACCESS_TOKEN_SCOPE_INSUFFICIENT",
            ),
            # `fetch_previous` and `store`.
            ErrorRow(
                AccessDeniedError,
                "this identity may not list the versions.",
                "Grant it roles/secretmanager.viewer on the secret.",
                says="secretmanager.versions.list",
            ),
            ErrorRow(
                AccessDeniedError,
                "this identity may not see which version is current.",
                "Grant it roles/secretmanager.viewer on the secret.",
                says="secretmanager.versions.get",
            ),
            ErrorRow(
                AccessDeniedError,
                "this identity may not add a version.",
                "Grant it roles/secretmanager.secretVersionManager on the secret.",
                says="secretmanager.versions.add",
            ),
            ErrorRow(
                AccessDeniedError,
                "this identity may not create the secret.",
                "Create it: gcloud secrets create ... or grant roles/secretmanager.admin.",
                says="secretmanager.secrets.create",
            ),
            ErrorRow(
                AccessDeniedError,
                "this identity may not read the secret.",
                "Grant it roles/secretmanager.secretAccessor on the secret, and check its name.",
            ),
        ),
        # The status decides; the text, which may change, only tells the two states apart.
        _OFF: (
            _DISABLED,
            _DESTROYED,
            ErrorRow(
                SecretDisabledError,
                "the version is disabled or destroyed, or its KMS key is.",
                "Enable it: gcloud secrets versions enable ... or add a new one.",
            ),
        ),
        exceptions.BadRequest: ErrorRow(
            ConfigurationError,
            "Google refuses the request as invalid.",
            "Check project, secret, `version` and `location`.",
        ),
        # Another writer created the secret first.
        exceptions.Conflict: CHANGED,
        # The quota of the project for a minute, or two writes of one secret in a second.
        exceptions.TooManyRequests: (
            FOREIGN._replace(says="larger than max"),  # as for all
            ErrorRow(
                ThrottledError,
                "Google asks for fewer requests.",
                "Poll less often: a project has 600 metadata reads a minute.",
            ),
        ),
    },
    store="GCP Secret Manager",
    address="the options `endpoint` and `transport`",
)


def translated(error: Exception, table: ErrorTable) -> CredentialsError:
    """Return our error for what an SDK of Google's raised."""
    if isinstance(error, exceptions.GoogleAPICallError):
        return _answered(error, table)
    if is_unanswered(error):
        cause: Any = error.__cause__
        unreached: Any = google.auth.exceptions.TransportError  # not typed
        return table.raised(cause if isinstance(cause, unreached) else unreached())
    return table.raised(error)


def _answered(error: exceptions.GoogleAPICallError, table: ErrorTable) -> CredentialsError:
    is_rest = hasattr(error.response, "json")
    if not is_rest and isinstance(error, exceptions.ServiceUnavailable):
        return table.raised(error)  # gRPC reports so what happened on the way, such as in TLS
    code = error.grpc_status_code
    name = own_status(error.response) if is_rest else code and code.name
    return table.answered(
        (name, *type(error).__mro__),
        str(error),
        status=error.code if is_rest else None,
        is_own=not is_foreign(error),
        retry_after_seconds=wait_seconds(error),
    )
