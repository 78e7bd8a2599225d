"""What the providers of all stores do alike besides reading."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from binance_creds.errors import ConfigurationError
from binance_creds.providers._protocols import Diagnosis
from binance_creds.providers.remote._call import ATTEMPT_SECONDS, CONNECT_SECONDS
from binance_creds.providers.remote._error_row import CHANGED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from binance_creds._time._deadline import Deadline
    from binance_creds._uri import SourceURI

__all__ = ["Removal", "diagnosis_of", "refuse_partial_store", "timeouts_of"]

_LEAST_SECONDS: Final = 0.001  # SDKs refuse zero
_DAY_SECONDS: Final = 86_400
_MONTH_DAYS: Final = 30


@dataclass(slots=True)
class Removal:
    """What is to be removed, through all attempts.

    Attributes:
        expected: the version that the caller has read.
        is_sent: whether an attempt asked for it, and its answer may have been lost.
    """

    expected: str | None
    is_sent: bool = False

    def is_due(self, held: str | None) -> bool:
        """Return whether to ask for it: not again where an attempt before has done it.

        Raises:
            ConflictError: the store holds another version, or nothing.
        """
        if held is None and self.is_sent:
            return False
        if held is None or held != self.expected:
            raise CHANGED.error()
        self.is_sent = True
        return True


def timeouts_of(deadline: Deadline) -> tuple[float, float]:
    """Return for how many seconds a request may connect, and then wait for its answer."""
    left = max(_LEAST_SECONDS, deadline.remaining_seconds)
    return min(CONNECT_SECONDS, left), min(ATTEMPT_SECONDS, left)


def diagnosis_of(
    found: tuple[str, Mapping[str, bool | None]],
    *,
    poll_seconds: float,
    dollars_a_request: float = 0.0,
) -> Diagnosis:
    """Return a diagnosis.

    Args:
        found: who asks, and the permissions.
        poll_seconds: the time between two probes.
        dollars_a_request: the price of one probe.
    """
    per_day = round(_DAY_SECONDS / poll_seconds)
    return Diagnosis(*found, per_day, per_day * _MONTH_DAYS * dollars_a_request)


def refuse_partial_store(uri: SourceURI, *, is_current: bool) -> None:
    """Refuse to store a member of a secret, or into another version than the current one.

    Raises:
        ConfigurationError: the source names one of them.
    """
    if uri.field or not is_current:
        msg = "only the current version of a whole secret can be stored."
        hint = "Leave out `#field` and the options that choose a version."
        raise ConfigurationError(msg, source=uri.redacted, hint=hint)
