"""Who asks Google: credentials found once for the process, and a token for each call.

The token is made here and sent as a header, not by a plugin inside gRPC: that one would log a
failed login with its traceback, and turn every such failure into "unavailable".
"""

from __future__ import annotations

import json
import os
import threading
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import google.auth
import google.auth.exceptions
from google.auth import (
    aws,
    compute_engine,  # noqa: F401  # google.auth brings it in later, and its logger too late to hush
    external_account_authorized_user,  # noqa: F401  # as above
    identity_pool,
    impersonated_credentials,
    pluggable,  # noqa: F401  # as above
)
from google.auth.transport.requests import Request
from google.oauth2 import credentials as user
from google.oauth2 import service_account

from binance_creds.errors import (
    AccessDeniedError,
    AuthenticationError,
    ConfigurationError,
    ProviderUnavailableError,
)
from binance_creds.providers.google._answers import OF_METADATA, but_for_project, judge_login
from binance_creds.providers.remote._client_pool import ClientPool
from binance_creds.providers.remote._error_row import ErrorRow
from binance_creds.providers.remote._sessions import keep_to_its_login

if TYPE_CHECKING:
    from collections.abc import Callable

    from binance_creds._time._deadline import Deadline

__all__ = [
    "ATTEMPT_SECONDS",
    "LOGINS",
    "LOGIN_ERRORS",
    "NO_LOGIN_SERVER",
    "GoogleLogin",
    "is_unanswered",
]

ATTEMPT_SECONDS: Final = 10.0  # of one request; a lost one is tried again within the deadline
_UNUSABLE_FILE: Final = "the credentials file is unusable"
_SCOPES: Final = ("https://www.googleapis.com/auth/cloud-platform",)
_AWS_TOKEN: Final = "urn:ietf:params:aws:token-type:aws4_request"  # noqa: S105  # a type's name


class GoogleLogin:
    """Find the credentials at first use, and keep them and their token.

    Threads may share it. One logs in and the others wait, each at most until its own deadline.

    Args:
        credentials_file: path of a JSON file; application default credentials if `None`.
        impersonate: e-mail of the service account to become, or `None`.
    """

    def __init__(self, credentials_file: str | None, impersonate: str | None) -> None:
        self._file = credentials_file
        self._impersonate = impersonate
        self._credentials: Any = None
        self.turn = threading.Lock()  # single flight: guards _credentials while logging in

    def headers(self, deadline: Deadline) -> dict[str, str]:
        """Return the headers of a request, with a token that is good for some minutes.

        Raises:
            ConfigurationError: the file cannot be used.
            ProviderUnavailableError: another thread's login is not answered.
            google.auth.exceptions.GoogleAuthError: the login failed.
        """
        if not self.turn.acquire(timeout=deadline.remaining_seconds):
            msg = "an earlier login is still waiting for an answer."
            raise ProviderUnavailableError(msg)
        try:
            credentials = self._logged_in(_request(deadline))
        finally:
            self.turn.release()
        headers: dict[str, str] = {}
        credentials.apply(headers)
        return {name.lower(): value for name, value in headers.items()}

    @property
    def universe(self) -> str:
        """The domain of the cloud that the credentials are of, after `headers`."""
        return str(self._credentials.universe_domain)

    @property
    def identity(self) -> str:
        """Who the credentials say they are, after `headers`."""
        for name in ("service_account_email", "account"):
            found = getattr(self._credentials, name, None)
            if found:
                return str(found)
        audience = getattr(self._credentials, "info", {}).get("audience")
        return f"federated by {audience}" if audience else "not told by the credentials"

    def _logged_in(self, request: Any) -> Any:
        """Refresh alone: `before_request` would also start a thread that asks for locations."""
        credentials = self._credentials
        if credentials is None:
            credentials = _found(self._file, self._impersonate, request)
        if not credentials.valid:
            credentials.refresh(request)
        self._credentials = credentials
        return credentials


LOGINS: Final = ClientPool[GoogleLogin]()
"""Of the process, by credentials file and account to become."""


def _request(deadline: Deadline) -> Any:
    request: Any = Request()  # says that it takes whole seconds, and takes any
    keep_to_its_login(request.session)
    request.session.hooks["response"].append(judge_login)
    return partial(request, timeout=min(ATTEMPT_SECONDS, deadline.remaining_seconds))


def _found(path: str | None, impersonate: str | None, request: Any) -> Any:
    credentials = None
    # A file that is absent, no JSON, lacks a field, or has a key that is none; raised without it.
    with suppress(AttributeError, KeyError, OSError, RecursionError, TypeError, ValueError):
        credentials = _default(request) if path is None else of_file(path)
    if credentials is None:
        raise google.auth.exceptions.DefaultCredentialsError(_UNUSABLE_FILE)
    if isinstance(credentials, service_account.Credentials):
        credentials = credentials.with_always_use_jwt_access(True)  # noqa: FBT003  # no request
    if impersonate is None:
        return credentials
    return impersonated_credentials.Credentials(
        source_credentials=credentials, target_principal=impersonate, target_scopes=_SCOPES
    )


def _default(request: Any) -> Any:
    ask: Any = partial(but_for_project, request)
    return google.auth.default(scopes=_SCOPES, request=ask)[0]


def of_file(path: str) -> Any:
    """Choose by type, as Google advises: its loader for any type is deprecated."""
    with open(os.path.expanduser(path), encoding="utf-8") as file:
        info = json.load(file)
    if info["type"] not in _TYPES:
        msg = f"the credentials file is of none of the types {', '.join(sorted(_TYPES))}."
        raise ConfigurationError(msg, hint="Check the option 'credentials_file'.")
    return _TYPES[info["type"]](info)


def _federated(info: dict[str, Any]) -> Any:
    if "executable" in info.get("credential_source", {}):
        msg = "the credentials file names a program to run."
        hint = "Leave 'credentials_file' out and set GOOGLE_APPLICATION_CREDENTIALS."
        raise ConfigurationError(msg, hint=hint)
    kind: Any = aws if info.get("subject_token_type") == _AWS_TOKEN else identity_pool
    return kind.Credentials.from_info(info, scopes=_SCOPES)


_TYPES: Final[dict[str, Callable[[dict[str, Any]], Any]]] = {
    "authorized_user": lambda info: user.Credentials.from_authorized_user_info(info, _SCOPES),
    "external_account": _federated,
    "service_account": lambda info: service_account.Credentials.from_service_account_info(
        info, scopes=_SCOPES
    ),
}


def is_unanswered(error: Exception) -> bool:
    """Return whether a login failed in passing: google.auth has one class for all that fails."""
    if not isinstance(error, google.auth.exceptions.RefreshError):
        return False
    return error.retryable or isinstance(error.__cause__, google.auth.exceptions.TransportError)


NO_LOGIN_SERVER: Final = ErrorRow(
    ProviderUnavailableError,
    "the server that gives tokens does not answer.",
    "Check the proxy settings and the network; on a machine of Google's, its metadata server.",
)
_BAD_FILE: Final = ErrorRow(
    ConfigurationError,
    "the credentials file cannot be used.",
    "Check GOOGLE_APPLICATION_CREDENTIALS, or the option 'credentials_file'.",
)

# As in the table of the store: of a class the first row whose `says` is in the message.
LOGIN_ERRORS: Final[dict[object, tuple[ErrorRow, ...]]] = {
    # No file, no gcloud login, and not on a machine of Google's.
    google.auth.exceptions.DefaultCredentialsError: (
        # The file is absent, no JSON, of no known type, lacks a field, or its key is no key.
        *(_BAD_FILE._replace(says=says) for says in ("File ", "file ", "Failed to load")),
        ErrorRow(
            AuthenticationError,
            "no Google credentials were found.",
            "Run: gcloud auth application-default login, or set GOOGLE_APPLICATION_CREDENTIALS.",
        ),
    ),
    google.auth.exceptions.RefreshError: (
        # `impersonate`: IAM Credentials answered 403.
        ErrorRow(
            AccessDeniedError,
            "this identity may not impersonate the service account.",
            "Grant it roles/iam.serviceAccountTokenCreator on that account.",
            says="PERMISSION_DENIED",
        ),
        # The file that holds the federated token is not mounted (yet).
        ErrorRow(
            AuthenticationError,
            "the federated token is not where the credentials file says.",
            "Check 'credential_source' in it; in CI, whether the job may have an OIDC token.",
            says="was not found",
        ),
        # A user's login ran out; a key was deleted; the pool does not trust the token.
        ErrorRow(
            AuthenticationError,
            "the login was refused.",
            "Run: gcloud auth application-default login; for a service account check its key.",
        ),
    ),
    # An address that gives tokens cannot be reached, among them a machine's metadata server.
    google.auth.exceptions.TransportError: (*OF_METADATA, NO_LOGIN_SERVER),
    # GOOGLE_API_USE_CLIENT_CERTIFICATE is set, the certificate cannot be used; and other set-up.
    google.auth.exceptions.GoogleAuthError: (
        ErrorRow(
            ConfigurationError,
            "the Google login of this machine is not usable.",
            "Check it with: gcloud auth application-default print-access-token",
        ),
    ),
}
LOGIN_ERRORS[google.auth.exceptions.OAuthError] = LOGIN_ERRORS[google.auth.exceptions.RefreshError]
