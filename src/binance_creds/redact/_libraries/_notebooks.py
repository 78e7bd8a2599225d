"""Notebooks: what a cell shows goes to the browser by messages, not through a stream."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from binance_creds.redact._libraries._on_import import when_imported
from binance_creds.redact._values import giving_redacted

if TYPE_CHECKING:
    from collections.abc import Callable

    from binance_creds.redact._change import Change

__all__ = ["redact_notebooks"]

# The kernel cleans what it displays, an error and a reply by this function of each module.
_KERNEL: Final = ("ipykernel.zmqshell", "ipykernel.kernelbase")


def redact_notebooks() -> Callable[[], None]:
    """Redact what IPython shows, now or once it is imported, and return what undoes it."""
    undo = [when_imported("IPython.core.formatters", _change_formatters)]
    undo += [when_imported(name, _change_of(name)) for name in _KERNEL]

    def undo_all() -> None:
        for each in undo:
            each()

    return undo_all


def _change_formatters(change: Change) -> None:
    formatters = sys.modules["IPython.core.formatters"]
    change.replace(formatters.DisplayFormatter, "format", giving_redacted)


def _change_of(name: str) -> Callable[[Change], None]:
    return lambda change: change.replace(sys.modules[name], "json_clean", giving_redacted)
