"""cgitb, which Python had until 3.12: it shows locals, cut, on a stream of its own."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from binance_creds.redact._libraries._on_import import when_imported
from binance_creds.redact._shown import shown
from binance_creds.redact._values import giving_redacted

if TYPE_CHECKING:
    from collections.abc import Callable

    from binance_creds.redact._change import Change

__all__ = ["redact_cgitb"]


def redact_cgitb() -> Callable[[], None]:
    """Redact the reports of cgitb, now or once it is imported, and return what undoes it."""
    return when_imported("cgitb", _apply)


def _apply(change: Change) -> None:
    cgitb, pydoc = sys.modules["cgitb"], sys.modules["pydoc"]
    for name in ("html", "text"):
        change.replace(cgitb, name, giving_redacted)
    for kind in (pydoc.HTMLDoc, pydoc.TextDoc):
        change.replace(kind, "repr", _showing)


def _showing(make: Callable[[object], str]) -> staticmethod[[object], str]:
    return staticmethod(lambda value: make(shown(value)))
