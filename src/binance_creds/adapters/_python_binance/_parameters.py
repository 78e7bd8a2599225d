"""Parameters as python-binance must get them, so that they arrive as they were.

It puts a query together without encoding the values, and encodes three lists too early.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote_plus

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["prepared"]

# python-binance encodes the symbol when it builds the query, and takes the other one out.
_NOT_OURS: Final = ("symbol", "requests_params")
# JSON lists that its methods encode before they pass them on.
_ENCODED_EARLY: Final = ("batchOrders", "orderidlist", "origclientorderidlist")


def prepared(data: Mapping[str, object], *, in_query: bool) -> dict[str, object]:
    """Return the parameters as they are encoded once: in a query here, in a body later."""
    made = dict(data)
    for name, value in data.items():
        if name in _NOT_OURS or value is None:
            continue
        text = _plain(value) if name in _ENCODED_EARLY else str(value)
        made[name] = quote(text, safe="") if in_query else text
    return made


def _plain(value: object) -> str:
    """Undo the early encoding of a list; `batchOrders` also drags the other parameters along."""
    text = str(value)
    return unquote_plus(text.partition("&")[0]) if text.startswith("%5B") else text
