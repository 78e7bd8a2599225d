"""Join a subject to everything that can tell it of a change before the next poll."""

from __future__ import annotations

from functools import partial

from binance_creds._typing import TYPE_CHECKING
from binance_creds.errors import CredentialsError
from binance_creds.live.decide._messages import Kind
from binance_creds.live.files._interests import Interest
from binance_creds.live.files._paths import paths_of
from binance_creds.live.files._watch import FileWatch
from binance_creds.live.run._engine import ENGINE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Final

    from binance_creds.live.files._paths import Digest
    from binance_creds.live.run._subject import Subject

    Looks = Mapping[str, Digest]

__all__ = ["watch"]


def watch(subject: Subject, before: Looks | None = None, *, is_again: bool = False) -> None:
    """Watch the subject's files, and listen to the push sources of its policy.

    Args:
        subject: whose.
        before: where its files led before they were read; without it they count as changed.
        is_again: in a forked child, where a reader must not fail for a push source: it is lost.

    Raises:
        ConfigurationError: the URI of a push source is wrong.
        ProviderNotInstalledError: the package of a push source is missing.
    """
    if subject.reader.is_pinned:
        return
    if subject.policy.push:
        _listen(subject, is_again=is_again)
    _watch_files(subject, before)


def _listen(subject: Subject, *, is_again: bool) -> None:
    from binance_creds.live.push._listeners import ALL  # noqa: PLC0415  # most programs poll

    changes = subject.changes
    changes.retry = partial(ALL.retry, subject.policy.push)
    for text in subject.policy.push:
        end = partial(ALL.remove, text, subject)
        if text.startswith("signal:"):
            changes.signals += (end,)
        else:
            changes.ends += (end,)
        try:
            ALL.add(text, subject)
        except CredentialsError as error:
            if not is_again:
                raise
            ENGINE.tell(subject, Kind.PUSH_LOST, error.again())


def _watch_files(subject: Subject, before: Looks | None) -> None:
    paths = paths_of(subject.plan.sources) if before is None else before
    if not paths:
        return
    interest = Interest(subject, paths)
    subject.changes.ends += (partial(_unwatch_files, interest),)
    _FILES.add(interest, before)


_FILES: Final = FileWatch(ENGINE.loop, ENGINE.ask, ENGINE.look)
_unwatch_files: Final = _FILES.remove  # bound once, for all handles
