"""`RefreshPolicy`: how a live handle keeps itself current. Values only."""

from __future__ import annotations

from collections.abc import Iterable

from binance_creds._time._duration import duration_seconds
from binance_creds._typing import TYPE_CHECKING, NamedTuple
from binance_creds._uri import SourceURI
from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from typing import Final, Self

    from binance_creds._time._swap_window import SwapWindow

__all__ = ["RefreshPolicy"]

_WORDS: Final = ("stop", "keep")


class _Policy(NamedTuple):
    ttl_seconds: float
    poll_seconds: float
    max_stale_seconds: float
    jitter: float
    overlap_seconds: float
    max_hold_seconds: float
    on_denied: str
    swap_window: SwapWindow | None
    push: tuple[str, ...]


class RefreshPolicy(_Policy):
    """Say how often to look, how long to trust, and when to swap.

    Durations are texts with a unit, such as `30s`, or seconds.

    Args:
        ttl: age without confirmation at which credentials count as stale; also how often to look
            while a push source is alive.
        poll: how often to ask the source for its version.
        max_stale: age without confirmation from which `.current` raises instead; not while the
            source answers and what it holds is malformed or refused.
        jitter: how far a poll may come early or late, as a share of `poll`, 0 to 0.5.
        overlap: how long `.previous` stays after a rotation.
        max_hold: after this a `hold()` no longer keeps a rotation back.
        on_denied: what follows when the source, asked twice, says denied or gone: `stop` makes
            `.current` raise, `keep` goes on until `max_stale`, with an event.
        swap_window: when rotations may happen, such as `Mon-Fri 02:00-02:30 UTC`; `None` at once.
        push: sources of announcements, such as `sqs:https://...`; see docs/howto/operate/push.md.

    Raises:
        ConfigurationError: a duration has no unit, or a value is out of range.
    """

    __slots__ = ()

    def __new__(
        cls,
        *,
        ttl: str | float = "5m",
        poll: str | float = "30s",
        max_stale: str | float = "1h",
        jitter: float = 0.1,
        overlap: str | float = "24h",
        max_hold: str | float = "60s",
        on_denied: str = "stop",
        swap_window: str | None = None,
        push: Iterable[str] = (),
    ) -> Self:
        """Check and convert the arguments."""
        outcome = _checked(
            ttl, poll, max_stale, jitter, overlap, max_hold, on_denied, swap_window, push
        )
        # A secret may have been pasted among them: no frame of the traceback has it.
        del ttl, poll, max_stale, jitter, overlap, max_hold, on_denied, swap_window, push
        if isinstance(outcome, ConfigurationError):
            raise outcome
        return super().__new__(cls, *outcome)

    def __repr__(self) -> str:
        push = tuple(SourceURI.parse(text).redacted for text in self.push)
        values = self._asdict() | {"push": push}
        return f"RefreshPolicy({', '.join(f'{name}={value!r}' for name, value in values.items())})"

    def __reduce__(self) -> tuple[object, ...]:
        """Rebuild copies from the values: the arguments have names only."""
        return type(self)._make, (tuple(self),)


def _checked(
    ttl: str | float,
    poll: str | float,
    max_stale: str | float,
    jitter: float,
    overlap: str | float,
    max_hold: str | float,
    on_denied: str,
    swap_window: str | None,
    push: Iterable[str],
) -> _Policy | ConfigurationError:
    """Return the values, or an error without the frames that it passed."""
    try:
        policy = _Policy(
            _seconds(ttl, "ttl"),
            _seconds(poll, "poll"),
            _seconds(max_stale, "max_stale"),
            _jitter(jitter),
            _seconds(overlap, "overlap"),
            _seconds(max_hold, "max_hold"),
            _on_denied(on_denied),
            _swap_window(swap_window),
            _push(push),
        )
    except ConfigurationError as error:
        return error.again()
    if policy.max_stale_seconds < policy.poll_seconds:
        msg = "max_stale must not be shorter than poll: the credentials would always expire."
        return ConfigurationError(msg)
    return policy


def _seconds(value: str | float, name: str) -> float:
    if isinstance(value, str):
        return duration_seconds(value, name=name)
    is_number = isinstance(value, int | float)
    if not is_number or not 0 < value < float("inf"):
        msg = f"{name} must be a positive, finite number of seconds, or a text such as 30s."
        raise ConfigurationError(msg)
    return float(value)


def _jitter(value: float) -> float:
    is_number = isinstance(value, int | float)
    if not is_number or not 0 <= value <= 0.5:  # noqa: PLR2004  # documented above
        msg = "jitter is a share of poll, from 0 to 0.5."
        raise ConfigurationError(msg)
    return value


def _on_denied(value: str) -> str:
    if value not in _WORDS:
        msg = f"on_denied must be one of: {', '.join(_WORDS)}."
        raise ConfigurationError(msg)
    return value


def _swap_window(value: str | None) -> SwapWindow | None:
    if value is not None and not isinstance(value, str):
        msg = "swap_window is a text, such as Mon-Fri 02:00-02:30 UTC."  # type: ignore[unreachable]  # untyped callers
        raise ConfigurationError(msg)
    if value is None:
        return None
    from binance_creds._time._swap_window import SwapWindow  # noqa: PLC0415  # few have one

    return SwapWindow.parse(value)


def _push(value: Iterable[str]) -> tuple[str, ...]:
    if isinstance(value, str):
        msg = "push is a collection of sources, not one text."
        raise ConfigurationError(msg, hint="Put it into brackets.")
    if not isinstance(value, Iterable):
        msg = f"push is a collection of sources, not {type(value).__name__}."  # type: ignore[unreachable]  # untyped callers
        raise ConfigurationError(msg)
    texts = tuple(value)
    for text in texts:
        if not isinstance(text, str):
            msg = f"push is a collection of texts, not of {type(text).__name__}."  # type: ignore[unreachable]  # as above
            raise ConfigurationError(msg)
        SourceURI.parse(text)
    return texts
