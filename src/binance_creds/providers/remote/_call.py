"""One call to a store over the network: bounded, tried again, quiet, and translated."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import urlsplit

from binance_creds._loopback import is_loopback
from binance_creds._threads._bounded_calls import BoundedCalls
from binance_creds._threads._kept import KEPT
from binance_creds._warnings import warn
from binance_creds.errors import AuthenticationError, CredentialsError, ProviderUnavailableError
from binance_creds.providers.remote._quiet import quiet
from binance_creds.providers.remote._retries import with_retries

if TYPE_CHECKING:
    from collections.abc import Callable

    from binance_creds._time._deadline import Deadline
    from binance_creds._uri import SourceURI

__all__ = ["ATTEMPT_SECONDS", "CONNECT_SECONDS", "SIGNING_LANES", "Remote", "warn_if_plain"]

CONNECT_SECONDS: Final = 5.0  # for a TCP connection with TLS, across an ocean
ATTEMPT_SECONDS: Final = 10.0  # for one answer; the deadline over all attempts may come first
SIGNING_LANES: Final = 16  # signatures of one key at a time: a bot's orders do not wait in a row

_T = TypeVar("_T")

# Of the process: every load makes a provider, and a server that trickles outlives it.
# An SDK's own timeouts end most calls an attempt after their caller gave up.
_CALLS: Final = BoundedCalls(patience_seconds=ATTEMPT_SECONDS)
_SIGNATURES: Final = BoundedCalls(patience_seconds=ATTEMPT_SECONDS, start=KEPT.run)


class Remote:
    """Make the calls of one provider.

    Each runs in a thread of its own, because no SDK's timeout ends an answer that trickles: when
    the deadline passes the caller is released. While that thread lives, no other is started for the
    same purpose, or for each of its lanes: callers wait for it as long as one attempt may take. A
    login that the store no longer accepts is renewed once.

    Args:
        uri: the source; named, redacted, by every error.
        loggers: of the SDK, silenced during a call.
        translated: from what the SDK raises to one of our errors, without its text or cause.
        forget_login: drops a login that was made before a time of `time.monotonic`, and tells
            whether there was one.
    """

    def __init__(
        self,
        uri: SourceURI,
        *,
        loggers: tuple[str, ...],
        translated: Callable[[Exception], CredentialsError],
        forget_login: Callable[[float], bool],
    ) -> None:
        self._source = uri.redacted
        options = hash(tuple(uri.options.items()))  # two regions of one name hang on their own
        self._key = f"{uri.redacted} {options:x}"
        self._loggers = loggers
        self._translated = translated
        self._forget_login = forget_login

    def call(self, what: Callable[[], _T], deadline: Deadline, *, purpose: str = "read") -> _T:
        """Return what the call returns; an unavailable store is asked again.

        Args:
            what: may raise anything of the SDK's, or a `CredentialsError`.
            deadline: over login and all attempts.
            purpose: tells calls apart that one source may have at the same time.

        Raises:
            CredentialsError: at this source; nothing of the SDK's is reachable from it.
        """
        return self._run(_CALLS, what, deadline, purpose, lanes=1)

    def sign(self, what: Callable[[], _T], deadline: Deadline, *, purpose: str = "sign") -> _T:
        """Do what `call` does for a signature: several at a time, on threads that are kept."""
        return self._run(_SIGNATURES, what, deadline, purpose, lanes=SIGNING_LANES)

    def _run(
        self,
        calls: BoundedCalls,
        what: Callable[[], _T],
        deadline: Deadline,
        purpose: str,
        *,
        lanes: int,
    ) -> _T:
        failed: list[CredentialsError] = []
        try:
            return calls.run(
                f"{self._key} {purpose}",
                lambda: self._attempts(what, deadline, failed),
                deadline,
                lanes=lanes,
            )
        except CredentialsError as error:
            told = failed[-1] if failed and type(error) is ProviderUnavailableError else error
            refusal = told.at(self._source)
        if type(refusal) is ProviderUnavailableError and refusal.hint is None:
            refusal.hint = "Check the store and the network between, or raise timeout_seconds."
        raise refusal

    def _attempts(
        self, what: Callable[[], _T], deadline: Deadline, failed: list[CredentialsError]
    ) -> _T | CredentialsError:
        """Note why attempts failed: a later one that the deadline ends has no reason to give."""

        def attempt() -> _T:
            try:
                return self._logged_in(what)
            except CredentialsError as error:
                failed.append(error.again())
                raise

        try:
            return with_retries(attempt, deadline)
        except CredentialsError as error:
            return error.again()

    def _logged_in(self, what: Callable[[], _T]) -> _T:
        started_at = time.monotonic()
        try:
            return self._once(what)
        except AuthenticationError as error:
            refusal = error.again()
        if self._forget_login(started_at):
            return self._once(what)
        raise refusal

    def _once(self, what: Callable[[], _T]) -> _T:
        with quiet(*self._loggers):
            try:
                return what()
            except Exception as error:  # noqa: BLE001  # SDKs raise a hundred classes
                refusal = self._refusal(error)
        raise refusal

    def _refusal(self, error: Exception) -> CredentialsError:
        return error.again() if isinstance(error, CredentialsError) else self._translated(error)


def warn_if_plain(url: str | None) -> None:
    """Warn where an address would carry the secret unencrypted beyond this machine."""
    try:
        parts = urlsplit(url or "")
    except ValueError:  # not a URL; the call will fail with the reason
        return
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        warn("a store is read over http: the secret travels unencrypted. Use https.")
