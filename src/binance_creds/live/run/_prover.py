"""`Prover`: what one handle's pairs are verified with, and what comes of it."""

from __future__ import annotations

from binance_creds._time._deadline import Deadline
from binance_creds._typing import TYPE_CHECKING
from binance_creds.errors import CredentialsError, ThrottledError
from binance_creds.live.decide._messages import UNDECIDED, Failed, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from binance_creds._credentials import Credentials, Verifier

__all__ = ["Prover", "retry_after_of"]


class Prover:
    """Verify pairs. Threads may share it.

    Args:
        verify: the user's verifier, or the check with the exchange, if there is one.
        timeout_seconds: of what is not part of a reading.

    Attributes:
        timeout_seconds: as above.
        verifier: gives it, `None` without one; the handle owns it, for it may know the handle.
        asks_exchange: whether it is a check, which looks again at what is current.
    """

    __slots__ = ("asks_exchange", "timeout_seconds", "verifier")

    def __init__(self, verify: Verifier | None, *, timeout_seconds: float) -> None:
        self.verifier: Callable[[], Verifier | None] | None = None
        self.timeout_seconds = timeout_seconds
        self.asks_exchange = False
        if verify is not None:
            self.verifier = lambda: verify
            from binance_creds._chain._verify import is_check  # noqa: PLC0415  # many have none

            self.asks_exchange = is_check(verify)

    def first(self, pair: Credentials, deadline: Deadline) -> Credentials:
        """Return the first pair, accepted, or used for want of an answer. Blocks.

        Raises:
            CredentialsError: it is refused.
        """
        verify = self.verifier and self.verifier()
        if verify is None:
            return pair
        from binance_creds._chain._verify import first_verified  # noqa: PLC0415  # as above

        return first_verified(pair, verify, deadline, owner=self)

    def tried(self, new: Credentials, deadline: Deadline) -> Credentials | Failed:
        """Return a new pair that is accepted, or why it is not to be current yet. Blocks."""
        verify = self.verifier and self.verifier()
        if verify is None:
            return new
        from binance_creds._chain._verify import verified  # noqa: PLC0415  # as above

        try:
            return verified(new, verify, deadline, owner=self)
        except CredentialsError as error:
            return _failed(error.again())

    def examined(self, pair: Credentials) -> Verdict:
        """Return what the exchange says now of a pair. Blocks."""
        verify = self.verifier and self.verifier()
        if verify is None:
            return Verdict(pair, pair)
        from binance_creds._chain._verify import examined  # noqa: PLC0415  # as above

        try:
            found = examined(pair, verify, Deadline(self.timeout_seconds), owner=pair)
        except CredentialsError as error:
            failed = _failed(error.again())
            return Verdict(pair, None, failed.code, failed.retry_after, failed.error)
        return Verdict(pair, found)

    def verifies(self, pair: Credentials) -> bool | None:
        """Return whether a pair is accepted now; `None` where nobody can tell in time."""
        if self.verifier is None or self.verifier() is None:
            return None
        code = self.examined(pair).code
        return None if code == UNDECIDED else code is None


def _failed(error: CredentialsError) -> Failed:
    from binance_creds._chain._verify import is_undecided  # noqa: PLC0415  # as above

    code = UNDECIDED if is_undecided(error) else error.code
    return Failed(code, retry_after_of(error), error)


def retry_after_of(error: CredentialsError) -> float | None:
    """Return how many seconds to wait before another try, if the error says."""
    return error.retry_after_seconds if isinstance(error, ThrottledError) else None
