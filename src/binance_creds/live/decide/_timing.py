"""`Timing`: the durations that a live handle decides by, in seconds."""

from __future__ import annotations

from functools import lru_cache

from binance_creds._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import Final

    from binance_creds._refresh_policy import RefreshPolicy

__all__ = ["FIRST_PAUSE_SECONDS", "Timing", "timing_of"]

_LEAST_SECONDS: Final = 1.0  # between fetches that were only announced; reading files is cheap
_LOCAL_LEAST_SECONDS: Final = 0.02
FIRST_PAUSE_SECONDS: Final = 1.0
_LONGEST_SPACING_SECONDS: Final = 10.0  # of announced fetches while the store is down


class Timing(NamedTuple):
    """The durations, and what a denial and a pinned version mean to them.

    Attributes:
        least: between the beginnings of two fetches that nobody asked for by name.
        timeout: of one fetch.
        longest_spacing: the same while fetches fail.
        first_pause: after a failure, with `poll` the shorter of the two.
        longest_pause: after failures.
        is_pinned: whether the source names one version, which never changes.
    """

    ttl: float = 300.0
    poll: float = 30.0
    max_stale: float = 3600.0
    jitter: float = 0.1
    overlap: float = 86_400.0
    max_hold: float = 60.0
    stops_when_denied: bool = True
    least: float = _LEAST_SECONDS
    longest_spacing: float = _LONGEST_SPACING_SECONDS
    timeout: float = 30.0
    longest_pause: float = 60.0
    is_pinned: bool = False
    first_pause: float = FIRST_PAUSE_SECONDS

    @property
    def is_read_unasked(self) -> bool:
        """Whether the source is read at all where nobody asks for it: a program may prompt."""
        return min(self.first_pause, self.poll) < float("inf")


@lru_cache(maxsize=64)  # handles of one policy share theirs
def timing_of(
    policy: RefreshPolicy,
    *,
    timeout_seconds: float,
    is_local: bool,
    is_pinned: bool,
    unasked: float = 0.0,
) -> Timing:
    """Return what a policy says of a source.

    Args:
        policy: of the handle.
        timeout_seconds: of one fetch.
        is_local: whether reading the source is as quick as reading a file.
        is_pinned: whether it names one version.
        unasked: how far apart it may be read unasked: what is confirmed as rarely is neither stale
            nor expired meanwhile.
    """
    poll = max(policy.poll_seconds, unasked)
    ttl = max(policy.ttl_seconds, unasked * (1 + policy.jitter))
    return Timing(
        ttl=ttl,
        poll=poll,
        max_stale=max(policy.max_stale_seconds, 2 * ttl if unasked else 0.0),
        first_pause=max(FIRST_PAUSE_SECONDS, unasked),
        jitter=policy.jitter,
        overlap=policy.overlap_seconds,
        max_hold=policy.max_hold_seconds,
        stops_when_denied=policy.on_denied == "stop",
        least=_LOCAL_LEAST_SECONDS if is_local else _LEAST_SECONDS,
        longest_spacing=_LOCAL_LEAST_SECONDS if is_local else _LONGEST_SPACING_SECONDS,
        timeout=timeout_seconds,
        is_pinned=is_pinned,
    )
