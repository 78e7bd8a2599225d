"""The error tree keeps its promises."""

from __future__ import annotations

import inspect
import pickle

import pytest

from binance_creds import errors
from binance_creds.errors import Attempt, CredentialsError, MalformedSecretError, ThrottledError

CLASSES = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, CredentialsError) and kind is not CredentialsError
]
CODES = {
    "ConfigurationError": "invalid_argument",
    "ProviderNotInstalledError": "not_installed",
    "SecretNotFoundError": "not_found",
    "SecretDisabledError": "disabled",
    "AccessDeniedError": "permission_denied",
    "AuthenticationError": "unauthenticated",
    "ProviderUnavailableError": "unavailable",
    "ThrottledError": "resource_exhausted",
    "MalformedSecretError": "malformed",
    "VerificationError": "rejected",
    "ConflictError": "conflict",
    "CredentialsExpiredError": "expired",
    "ClosedError": "closed",
}


def make(kind: type[CredentialsError]) -> CredentialsError:
    extra = {"reason": "empty", "field": "api_key"} if kind is MalformedSecretError else {}
    if kind is ThrottledError:
        extra = {"retry_after_seconds": 2.5}
    attempts = [Attempt("env:A", "not_found", "none")]
    return kind("it failed.", source="env:BINANCE", hint="Do this.", attempts=attempts, **extra)


def test_every_class_has_its_promised_code() -> None:
    """Codes are stable names that programs may compare."""
    assert CODES == {kind.__name__: kind.code for kind in CLASSES}


def test_only_unavailable_is_retryable() -> None:
    """Everything else needs a change first."""
    assert {k.__name__ for k in CLASSES if k.retryable} == {
        "ProviderUnavailableError",
        "ThrottledError",
    }


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_an_error_tells_source_message_hint_and_attempts(kind) -> None:
    """In this order, in one text."""
    error = make(kind)
    assert str(error) == "env:BINANCE: it failed. Do this.\n  - env:A: not_found: none"
    assert (error.provider, error.source, error.hint) == ("env", "env:BINANCE", "Do this.")
    assert error.as_attempt() == Attempt("env:BINANCE", kind.code, "it failed.")


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_copies_are_equal_in_all_but_the_traceback(kind) -> None:
    """For other threads, other processes, and other sources."""
    error = make(kind)
    for copy in (error.again(), pickle.loads(pickle.dumps(error))):
        assert type(copy) is kind
        assert vars(copy) == vars(error)
        assert copy.__traceback__ is None
    assert error.at("file:x").provider == "file"
    assert error.with_attempts([]).attempts == ()


class OfAPlugIn(errors.ProviderUnavailableError):
    """What a third party's provider raises: an `__init__` of its own, and a field of its own."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the store answered {status}.", source="own:x")
        self.status = status


def test_a_subclass_with_its_own_init_is_copied_like_the_others() -> None:
    """Whoever copies an error knows nothing of it; notes may quote anything, and stay behind."""
    error = OfAPlugIn(503)
    error.add_note("a body")
    for copy in (error.again(), error.at("own:x"), pickle.loads(pickle.dumps(error))):
        assert type(copy) is OfAPlugIn
        assert (copy.status, copy.args, str(copy)) == (503, error.args, str(error))
        assert not hasattr(copy, "__notes__")


def test_an_error_without_a_source_is_just_its_message() -> None:
    """And its attempt says that the source is unknown."""
    error = errors.ClosedError("closed.")
    assert (str(error), error.provider, error.as_attempt().source) == ("closed.", None, "?")
