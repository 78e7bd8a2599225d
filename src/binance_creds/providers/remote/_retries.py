"""Try again what failed in passing, within one deadline.

The four stores' SDKs retry in four ways, some beyond any deadline and most deaf to Retry-After;
they are told not to, and this stands in for them.
"""

from __future__ import annotations

import time
from random import uniform
from typing import TYPE_CHECKING, Final, TypeVar

from binance_creds.errors import ProviderUnavailableError, ThrottledError

if TYPE_CHECKING:
    from collections.abc import Callable

    from binance_creds._time._deadline import Deadline

__all__ = ["with_retries"]

ATTEMPTS: Final = 4
FIRST_PAUSE_SECONDS: Final = 0.2  # doubles from attempt to attempt

_T = TypeVar("_T")


def with_retries(
    call: Callable[[], _T], deadline: Deadline, *, sleep: Callable[[float], None] = time.sleep
) -> _T:
    """Return what the call returns; an unavailable store is asked up to four times.

    The pause doubles, with full jitter; a store that says how long to wait is obeyed. No pause is
    begun that would end after the deadline.

    Raises:
        ProviderUnavailableError: that of the last attempt.
        CredentialsError: any other, at once.
    """
    for attempt in range(ATTEMPTS - 1):
        try:
            return call()
        except ProviderUnavailableError as error:
            pause = _pause(error, attempt)
            if pause >= deadline.remaining_seconds:
                raise
        sleep(pause)
    return call()


def _pause(error: ProviderUnavailableError, attempt: int) -> float:
    pause = uniform(0, FIRST_PAUSE_SECONDS * 2**attempt)  # noqa: S311  # spreads, hides nothing
    if isinstance(error, ThrottledError) and error.retry_after_seconds is not None:
        return max(pause, error.retry_after_seconds)
    return pause
