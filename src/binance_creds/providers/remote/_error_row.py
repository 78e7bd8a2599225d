"""`ErrorRow`: which of our errors a fault of a store becomes, and the rows that stores share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from binance_creds.errors import (
    ConfigurationError,
    ConflictError,
    MalformedSecretError,
    ProviderUnavailableError,
    ThrottledError,
)

if TYPE_CHECKING:
    from binance_creds.errors import CredentialsError

__all__ = [
    "CERTIFICATE_FILE",
    "CHANGED",
    "DOWN",
    "FOREIGN",
    "HTTPS_ONLY",
    "NO_URL",
    "PROXY_LOGIN",
    "SILENT",
    "THROTTLED",
    "UNKNOWN",
    "ErrorRow",
    "NotReadyError",
]


class NotReadyError(ProviderUnavailableError):
    """What has begun is not ready yet, and most likely will be in some seconds.

    The agent or metadata server that issues logins on this machine starts beside the program; a
    cloud makes a key. So it is asked until the deadline. With the source in it, the error is a
    plain `ProviderUnavailableError`.
    """

    def at(self, source: str) -> ProviderUnavailableError:  # type: ignore[override]  # see above
        """Return an equal `ProviderUnavailableError` that names the redacted source."""
        return ProviderUnavailableError(self.message, hint=self.hint).at(source)


class ErrorRow(NamedTuple):
    """Which error is raised for a fault, and when.

    `message` and `hint` may hold `{store}`, `{address}`, `{ca}`, `{certificate}` and `{files}`: the
    words of the store's `ErrorTable`; and `{status}`, of the answer.
    """

    kind: type[CredentialsError]
    message: str
    hint: str | None = None
    says: str = ""  # what the store's own message must contain for this row
    reason: str = "not_utf8"  # of a MalformedSecretError

    def error(
        self, hint: str | None = None, *, retry_after_seconds: float | None = None
    ) -> CredentialsError:
        """Return a new error.

        Args:
            hint: takes the place of the row's own.
            retry_after_seconds: what the store asks for; a `ThrottledError` keeps it.
        """
        more: dict[str, Any] = {}
        if issubclass(self.kind, ThrottledError):
            more["retry_after_seconds"] = retry_after_seconds
        if issubclass(self.kind, MalformedSecretError):
            more["reason"] = self.reason
        return self.kind(self.message, hint=hint or self.hint, **more)


CHANGED: Final = ErrorRow(
    ConflictError,
    "the secret has changed since it was read.",
    "Read it again before you store.",
)
"""Of every store that is written to: it holds another version than the writer expects."""

SILENT: Final = ErrorRow(
    ProviderUnavailableError,
    "{store} does not answer.",
    "Check {address}, the proxy settings and the network between.",
)
"""Refused, reset, timed out, no such host, no route, or ended within an answer."""

DOWN: Final = ErrorRow(
    ProviderUnavailableError,
    "{store} or a gateway before it returned an internal error{status}.",
    "Try again later; check the status of the service and the network between.",
)

FOREIGN: Final = ErrorRow(
    ProviderUnavailableError,
    "the answer{status} is not from {store}: a proxy, a gateway or another server sent it.",
    "Check {address}, the proxy settings and the network between.",
)
"""A refusal in no words of the store, or an answer that holds something else."""

UNKNOWN: Final = ErrorRow(
    ProviderUnavailableError,
    "{store} refused the request for an unknown reason{status}.",
    "Check the status of the service and the network between; a newer release may know it.",
)

THROTTLED: Final = ErrorRow(ThrottledError, "{store} asks for fewer requests.", "Poll less often.")

PROXY_LOGIN: Final = ErrorRow(
    ProviderUnavailableError,
    "a proxy asks for a login (HTTP 407).",
    "Write user and password into HTTPS_PROXY, or the host into NO_PROXY.",
    says="Tunnel connection failed: 407",
)

NO_URL: Final = ErrorRow(ConfigurationError, "the address is not a URL.", "Check {address}.")

CERTIFICATE_FILE: Final = ErrorRow(
    ConfigurationError,
    "a certificate file cannot be read.",
    "Check the paths in {files}.",
)

HTTPS_ONLY: Final = tuple(
    ErrorRow(
        ConfigurationError,
        "the server expects https, but the address says http.",
        "Write https:// in {address}.",
        says=says,
    )
    # Go's servers such as Vault; nginx; Apache.
    for says in (
        "HTTP request to an HTTPS server",
        "plain HTTP request was sent to HTTPS port",
        "speaking plain HTTP to an SSL-enabled server port",
    )
)
