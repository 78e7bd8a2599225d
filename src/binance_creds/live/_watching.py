"""Join a subject to everything that can tell it of a change before the next poll."""

from __future__ import annotations

from functools import partial

from binance_creds._typing import TYPE_CHECKING
from binance_creds.errors import CredentialsError
from binance_creds.live.decide._messages import Kind
from binance_creds.live.files._paths import is_of_files, path_of
from binance_creds.live.files._targets import Interest
from binance_creds.live.files._watch import FileWatch
from binance_creds.live.run._engine import ENGINE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from typing import Final

    from binance_creds.live.run._subject import Subject

__all__ = ["watch"]


def watch(subject: Subject, *, is_again: bool = False) -> None:
    """Watch the subject's files, and listen to the push sources of its policy.

    Args:
        subject: whose.
        is_again: in a forked child, where a reader must not fail for a push source: it is lost.

    Raises:
        ConfigurationError: the URI of a push source is wrong.
        ProviderNotInstalledError: the package of a push source is missing.
    """
    if subject.is_pinned:
        return
    subject.changes.start_over()
    subject.changes.retry = _retry_files
    if subject.policy.push:
        subject.changes.retry = partial(_retry, subject.policy.push)
        _listen(subject, is_again=is_again)
    _watch_files(subject)


def _listen(subject: Subject, *, is_again: bool) -> None:
    from binance_creds.live.push._listeners import ALL  # noqa: PLC0415  # most programs poll

    changes = subject.changes
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


def _watch_files(subject: Subject) -> None:
    paths = [path_of(uri) for uri in subject.sources() if is_of_files(uri)]
    if not paths:
        return
    interest = Interest(subject, paths)
    subject.changes.ends += (partial(_unwatch_files, interest),)
    _FILES.add(interest)


def _retry(texts: Collection[str]) -> None:
    """Start what could not start before, or has ended."""
    from binance_creds.live.push._listeners import ALL  # noqa: PLC0415  # as above

    ALL.retry(texts)
    _retry_files()


def _ask(interests: Iterable[Interest]) -> None:
    ENGINE.ask(interest.subject for interest in interests)


_FILES: Final = FileWatch(_ask)
_retry_files, _unwatch_files = _FILES.retry, _FILES.remove  # bound once, for all handles
