"""`ScriptedProvider`: a provider that plays versions, errors and delays by script."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from binance_creds._raw import RawSecret, Unchanged
from binance_creds._secret import Secret
from binance_creds.errors import ClosedError, ProviderUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from binance_creds._time._deadline import Deadline

    Step = Mapping[str, str | Secret] | Exception | float

__all__ = ["ScriptedProvider"]


class ScriptedProvider:
    """Answer each `fetch` with the next steps of a script; the last answer repeats for ever.

    A step is a mapping of fields (a new version), an exception (raised), or a number of seconds
    (a delay before the next step; one beyond the deadline ends as `ProviderUnavailableError`).
    Versions are counted from 1. Threads may share it.

        ScriptedProvider([{"api_key": k1, "api_secret": s1}, ProviderUnavailableError("down"),
                          {"api_key": k2, "api_secret": s2}])

    Args:
        script: the steps; at least one that answers.
        source: the redacted source it claims to be.
        sleep: waits some seconds; give `FakeClock.sleep`.
    """

    def __init__(
        self,
        script: Iterable[Step],
        *,
        source: str = "scripted:test",
        sleep: Callable[[float], object],
    ) -> None:
        self._steps = [_prepared(step) for step in script]
        if not self._steps or isinstance(self._steps[-1], float):
            msg = "a script ends with fields or an error"
            raise ValueError(msg)
        self._source = source
        self._sleep = sleep
        self._lock = threading.Lock()  # guards the three below
        self._position = 0
        self._version = 0
        self._fetch_count = 0
        self._is_closed = False

    @property
    def fetch_count(self) -> int:
        """How often it was asked."""
        return self._fetch_count

    @property
    def is_closed(self) -> bool:
        """Whether it was closed."""
        return self._is_closed

    def fetch(
        self, deadline: Deadline, *, known_version: str | None = None
    ) -> RawSecret | Unchanged:
        """Play the script up to its next answer."""
        if self._is_closed:
            msg = "this provider is closed."
            raise ClosedError(msg, source=self._source)
        delay, answer, version = self._next()
        if delay >= deadline.remaining_seconds:
            self._sleep(deadline.remaining_seconds)
            msg = "the script took longer than the deadline."
            raise ProviderUnavailableError(msg, source=self._source)
        if delay:
            self._sleep(delay)
        if isinstance(answer, Exception):
            raise answer
        if version == known_version:
            return Unchanged(version)
        return RawSecret(answer, origin=self._source, version=version)

    def close(self) -> None:
        """Refuse further fetches. Closing twice is fine."""
        self._is_closed = True

    def _next(self) -> tuple[float, Mapping[str, Secret] | Exception, str]:
        with self._lock:
            self._fetch_count += 1
            delay = 0.0
            while True:
                position = min(self._position, len(self._steps) - 1)
                is_new = position == self._position
                step = self._steps[position]
                self._position = position + 1
                if isinstance(step, float):
                    delay += step
                    continue
                if is_new and not isinstance(step, Exception):
                    self._version += 1
                return delay, step, str(self._version)


def _prepared(step: Step) -> Mapping[str, Secret] | Exception | float:
    if isinstance(step, Exception):
        return step
    if isinstance(step, int | float):
        return float(step)
    return {n: v if isinstance(v, Secret) else Secret(v) for n, v in step.items()}
