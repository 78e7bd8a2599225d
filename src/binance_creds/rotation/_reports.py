"""What running bots say of the key that they use: status files, and metrics."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from binance_creds.errors import CredentialsError
from binance_creds.rotation._report import BotReport
from binance_creds.rotation._status_reader import of_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["BotReport", "Usage", "reports_of", "usage_of"]

_MISSED: Final = 3  # heartbeats after which a process counts as silent


class Usage(NamedTuple):
    """Who uses a key, as far as reports tell.

    Attributes:
        using: handles that sign with it.
        others: handles that sign with another key.
        silent: handles that have not reported lately, whatever they used then.
        unreadable: places and files that say nothing usable, each with its `problem`.
    """

    using: tuple[BotReport, ...]
    others: tuple[BotReport, ...]
    silent: tuple[BotReport, ...]
    unreadable: tuple[BotReport, ...]

    @property
    def is_unused(self) -> bool:
        """Whether every report is readable and recent, and names another key; not without any."""
        return bool(self.others) and not (self.using or self.silent or self.unreadable)


def reports_of(places: Iterable[str | os.PathLike[str]]) -> tuple[BotReport, ...]:
    """Read what bots report. Blocks: files, and for at most some seconds each URL.

    Nothing that is found there raises: what cannot be read is a report with a `problem`. A process
    that has ended without removing its file is left out, where this machine can tell.

    Args:
        places: folders of status files, single files, and URLs of metrics in Prometheus' format:
            `https`, or `http` to this machine.
    """
    return tuple(report for place in places for report in _of_place(os.fspath(place)))


def _of_place(place: str) -> tuple[BotReport, ...]:
    if "://" not in place:
        return _read(place, of_files, place)
    from binance_creds.rotation._metrics import name_of, of_metrics  # noqa: PLC0415  # ssl: 20 ms

    return _read(place, of_metrics, name_of(place))


def _read(
    place: str, read: Callable[[str], tuple[BotReport, ...]], shown_as: str
) -> tuple[BotReport, ...]:
    try:
        return read(place)
    except CredentialsError as error:
        problem = error.message
    return (BotReport(shown_as, problem=problem),)


def usage_of(
    fingerprint: str, reports: Iterable[BotReport], *, now: datetime | None = None
) -> Usage:
    """Sort reports by what they say of one key.

    Args:
        fingerprint: 8 hex digits, as `Credentials.fingerprint` has them.
        reports: from `reports_of`.
        now: UTC; the time of now by default.
    """
    now = datetime.now(UTC) if now is None else now
    kinds: dict[str, list[BotReport]] = {name: [] for name in Usage._fields}
    for report in reports:
        kinds[_kind(report, fingerprint, now)].append(report)
    return Usage(**{name: tuple(found) for name, found in kinds.items()})


def _kind(report: BotReport, fingerprint: str, now: datetime) -> str:
    if report.seen_at is None:
        return "unreadable"
    if abs(now - report.seen_at) > _MISSED * timedelta(seconds=report.heartbeat_seconds):
        return "silent"  # or of a clock so wrong that nobody knows
    return "using" if report.fingerprint == fingerprint else "others"
