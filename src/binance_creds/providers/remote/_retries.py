"""Try again what failed in passing, within one deadline.

The four stores' SDKs retry in four ways, some beyond any deadline and most deaf to Retry-After;
they are configured not to, and this module retries instead.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, TypeVar

from binance_creds._time._backoff import next_pause
from binance_creds.errors import ProviderUnavailableError, ThrottledError
from binance_creds.providers.remote._error_row import NotReadyError

if TYPE_CHECKING:
    from collections.abc import Callable

    from binance_creds._time._deadline import Deadline

__all__ = ["with_retries"]

ATTEMPTS: Final = 4
FIRST_PAUSE_SECONDS: Final = 0.1
LONGEST_PAUSE_SECONDS: Final = 1.0

_T = TypeVar("_T")


def with_retries(
    call: Callable[[], _T], deadline: Deadline, *, sleep: Callable[[float], None] = time.sleep
) -> _T:
    """Return what the call returns; an unavailable store is asked up to four times.

    A store that says how long to wait is obeyed, and a `NotReadyError` is no attempt. No pause is
    begun that would end after the deadline.

    Raises:
        ProviderUnavailableError: that of the last attempt.
        CredentialsError: any other, at once.
    """
    pause, left = 0.0, ATTEMPTS
    while True:
        try:
            return call()
        except ProviderUnavailableError as error:
            left -= not isinstance(error, NotReadyError)
            pause = next_pause(pause, first=FIRST_PAUSE_SECONDS, longest=LONGEST_PAUSE_SECONDS)
            wait = max(pause, _asked_for(error))
            if left <= 0 or wait >= deadline.remaining_seconds:
                raise
        sleep(wait)


def _asked_for(error: ProviderUnavailableError) -> float:
    return error.retry_after_seconds or 0.0 if isinstance(error, ThrottledError) else 0.0
