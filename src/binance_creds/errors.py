"""Every error and warning this library raises.

CredentialsError
├── ConfigurationError            invalid_argument    the call or configuration is wrong
├── ProviderNotInstalledError     not_installed       an extra is missing
├── SecretNotFoundError           not_found           not here: alone moves a chain on
├── SecretDisabledError           disabled            there, but switched off
├── AccessDeniedError             permission_denied   the store knows us and says no
├── AuthenticationError           unauthenticated     the store does not know us
├── ProviderUnavailableError      unavailable         try again later
│   └── ThrottledError            resource_exhausted  try again later, the store says when
├── MalformedSecretError          malformed           there, but not usable credentials
├── VerificationError             rejected            the exchange refused the pair
├── ConflictError                 conflict            the store holds another version
├── CredentialsExpiredError       expired             too old to be served
└── ClosedError                   closed              used after close()

An error carries the redacted source, never a value, a response body or a full URI.
"""

from __future__ import annotations

from binance_creds._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, ClassVar, Self

__all__ = [
    "AccessDeniedError",
    "Attempt",
    "AuthenticationError",
    "ClosedError",
    "ConfigurationError",
    "ConflictError",
    "CredentialsError",
    "CredentialsExpiredError",
    "CredentialsWarning",
    "MalformedSecretError",
    "ProviderNotInstalledError",
    "ProviderUnavailableError",
    "SecretDisabledError",
    "SecretNotFoundError",
    "ThrottledError",
    "VerificationError",
]


class CredentialsWarning(UserWarning):
    """Warn of something that works today and should be changed, such as a world-readable file."""


class Attempt(NamedTuple):
    """One source that was tried and did not answer.

    `source` is redacted; `code` is the `CredentialsError.code`; `message` is its safe text.
    """

    source: str
    code: str
    message: str


class CredentialsError(Exception):
    """Base of every error of this library; catch it to catch them all.

    Attributes:
        code: stable machine-readable name of the class.
        message: one safe sentence.
        provider: scheme of the source, such as `dotenv`, or `None`.
        source: redacted source, such as `dotenv:.env`, or `None`.
        retryable: whether the same call may succeed later without any change.
        hint: what to do about it, or `None`.
        attempts: for a chain of sources, every source that was tried, in order.
    """

    code: ClassVar[str] = "error"
    retryable: ClassVar[bool] = False

    def __init__(
        self,
        message: str,
        *,
        source: str | None = None,
        hint: str | None = None,
        attempts: Iterable[Attempt] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.source = source
        self.provider = source.partition(":")[0] if source else None
        self.hint = hint
        self.attempts = tuple(attempts)

    def __str__(self) -> str:
        text = f"{self.source}: {self.message}" if self.source else self.message
        if self.hint:
            text = f"{text} {self.hint}"
        for attempt in self.attempts:
            text = f"{text}\n  - {attempt.source}: {attempt.code}: {attempt.message}"
        return text

    def __reduce__(self) -> tuple[object, ...]:
        return _bare, (type(self), self.args), self._fields()

    def again(self) -> Self:
        """Return an equal error without traceback, context or notes, for another thread to raise.

        A subclass may have an `__init__` of its own, which is not called.
        """
        copy: Self = _bare(type(self), self.args)
        copy.__dict__.update(self._fields())
        return copy

    def with_attempts(self, attempts: Iterable[Attempt]) -> Self:
        """Return an equal error that carries the sources that were tried."""
        copy = self.again()
        copy.attempts = tuple(attempts)
        return copy

    def at(self, source: str) -> Self:
        """Return an equal error that names the redacted source."""
        copy = self.again()
        copy.source = source
        copy.provider = source.partition(":")[0]
        return copy

    def as_attempt(self) -> Attempt:
        """Return this error as the entry of a chain's list of attempts."""
        return Attempt(self.source or "?", self.code, self.message)

    def _fields(self) -> dict[str, object]:
        return {name: value for name, value in vars(self).items() if name != "__notes__"}


def _bare(kind: type[CredentialsError], args: tuple[object, ...]) -> Any:
    """Make an error of which only the arguments are set."""
    return BaseException.__new__(kind, *args)


class ConfigurationError(CredentialsError):
    """Raise when an argument, a URI, an option or the configuration is wrong."""

    code = "invalid_argument"


class ProviderNotInstalledError(CredentialsError):
    """Raise when the package that a provider or adapter needs is not installed."""

    code = "not_installed"


class SecretNotFoundError(CredentialsError):
    """Raise when a source definitely does not hold the credentials.

    Attributes:
        environment: what the source names without having a pair, such as `testnet`, or `None`; it
            holds for the next source of a chain that has one.
    """

    code = "not_found"
    environment: str | None = None


class SecretDisabledError(CredentialsError):
    """Raise when the secret exists and its owner has switched it off."""

    code = "disabled"


class AccessDeniedError(CredentialsError):
    """Raise when the source refuses this identity, or is itself too open to be trusted."""

    code = "permission_denied"


class AuthenticationError(CredentialsError):
    """Raise when the source could not establish who is asking."""

    code = "unauthenticated"


class ProviderUnavailableError(CredentialsError):
    """Raise when a source does not answer in time or answers with a passing fault."""

    code = "unavailable"
    retryable = True


class ThrottledError(ProviderUnavailableError):
    """Raise when a source asks for fewer requests.

    Attributes:
        retry_after_seconds: the delay the store asked for, or `None`.
    """

    code = "resource_exhausted"

    def __init__(
        self,
        message: str,
        *,
        source: str | None = None,
        hint: str | None = None,
        attempts: Iterable[Attempt] = (),
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(message, source=source, hint=hint, attempts=attempts)
        self.retry_after_seconds = retry_after_seconds


class MalformedSecretError(CredentialsError):
    """Raise when a source holds something that is not usable credentials.

    Attributes:
        reason: stable name of what is wrong, such as `placeholder` or `wrong_passphrase`.
        field: the field that is wrong, such as `api_secret`, or `None` for the whole.
    """

    code = "malformed"

    def __init__(
        self,
        message: str,
        *,
        reason: str,
        field: str | None = None,
        source: str | None = None,
        hint: str | None = None,
        attempts: Iterable[Attempt] = (),
    ) -> None:
        super().__init__(message, source=source, hint=hint, attempts=attempts)
        self.reason = reason
        self.field = field


class VerificationError(CredentialsError):
    """Raise when the exchange refuses a new pair before it became current.

    Attributes:
        reason: stable name of why, such as `foreign_secret` or `policy`; `None` where a verifier of
            your own refused it.
        is_certain: whether the same pair will be refused again. A refusal that may be about the
            address, or about a permission that was just given, is not certain.
    """

    code = "rejected"

    def __init__(
        self,
        message: str,
        *,
        reason: str | None = None,
        is_certain: bool = True,
        source: str | None = None,
        hint: str | None = None,
        attempts: Iterable[Attempt] = (),
    ) -> None:
        super().__init__(message, source=source, hint=hint, attempts=attempts)
        self.reason = reason
        self.is_certain = is_certain


class ConflictError(CredentialsError):
    """Raise when a store holds another version than the writer has read; nothing was replaced."""

    code = "conflict"


class CredentialsExpiredError(CredentialsError):
    """Raise when the last good credentials are older than `max_stale`."""

    code = "expired"


class ClosedError(CredentialsError):
    """Raise when something is used after it was closed."""

    code = "closed"
