"""Silence the loggers of SDKs: their records hold requests, responses, and errors with both.

botocore.parsers and the Google clients log whole responses at DEBUG; botocore.credentials logs, as
a warning, a traceback with the answer of a token service. Our errors say what matters.
"""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["quiet"]


class _Depth(threading.local):
    """How many `quiet` blocks this thread is in; other threads log as usual."""

    value = 0


_DEPTH: Final = _Depth()
_FILTERED: Final[dict[tuple[str, ...], list[str]]] = {}  # the loggers that there were, by `roots`


def _passes(record: logging.LogRecord) -> bool:  # noqa: ARG001  # what filters are given
    return _DEPTH.value == 0


@contextmanager
def quiet(*roots: str) -> Iterator[None]:
    """Drop what this thread logs through these loggers and those below them.

    Args:
        roots: names of loggers, such as `botocore`.
    """
    _attach(roots)
    _DEPTH.value += 1
    try:
        yield
    finally:
        _DEPTH.value -= 1


def _attach(roots: tuple[str, ...]) -> None:
    """Filter every logger that exists: a filter does not see what loggers below it log.

    SDKs make hundreds of them; looking at each took a tenth of a signature in a vault.
    """
    names = list(logging.root.manager.loggerDict)
    if names == _FILTERED.get(roots):
        return
    for name in names:
        if any(name == root or name.startswith(f"{root}.") for root in roots):
            logging.getLogger(name).addFilter(_passes)  # adding it again does nothing
    _FILTERED[roots] = names
