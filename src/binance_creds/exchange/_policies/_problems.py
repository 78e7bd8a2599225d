"""What is wrong with a policy's entry, without its value, which may be a key that was pasted."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from binance_creds._enums import Environment, KeyType
from binance_creds.exchange._findings import Market
from binance_creds.exchange._policies._model import CONTRADICTION, PolicyTable
from binance_creds.exchange._policies._permissions import KNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

__all__ = ["meant", "problem_of"]

_PERMISSIONS: Final = f"write a list of permissions, which are {', '.join(KNOWN)}"
_DAYS: Final = "write a whole number of days from 1 to 3650"


def _list_of(kinds: Iterable[Environment | KeyType | Market]) -> str:
    return f"write a list of {', '.join(kind.value for kind in kinds)}"


# What belongs there.
_WANTED: Final = {
    "required": _PERMISSIONS,
    "one_of": _PERMISSIONS,
    "allowed": _PERMISSIONS,
    "forbidden": _PERMISSIONS,
    "ip_restriction": "write 'required', 'recommended' or 'optional'",
    "key_types": _list_of(KeyType),
    "markets": _list_of(Market),
    "environments": _list_of(Environment),
    "greatest_age_days": _DAYS,
    "rotation_days": _DAYS,
    "date": "write a date such as 2026-11-20",
}


def problem_of(error: ValidationError, table: str = "") -> str:
    """Return everything that is wrong, each with its entry.

    Args:
        error: of a policy.
        table: its path in the document, such as `policies.mine`.
    """
    details = error.errors(include_input=False, include_context=False, include_url=False)
    before = f"{table}." if table else ""
    return "; ".join(dict.fromkeys(_described(detail, before) for detail in details))


def _described(detail: ErrorDetails, before: str) -> str:
    place, kind = detail["loc"], detail["type"]
    if kind == CONTRADICTION:
        return f"{before}{detail['msg']}"
    if kind == "extra_forbidden":
        names = sorted(PolicyTable.model_fields)
        known = f"the known names are {', '.join(names)}"
        return f"{before}(unknown name){meant(str(place[0]), names)}; {known}"
    where = f"{before}{'.'.join(map(str, place[:2]))}"
    told = detail["msg"] if kind == "permission" else _WANTED.get(str(place[0]), "write a text")
    return f"{where}: {told}"


def meant(name: str, names: Iterable[str]) -> str:
    """Return the question for the name that comes nearest, if one does."""
    close = get_close_matches(name, list(names), n=1, cutoff=0.5)
    return f", did you mean {close[0]!r}?" if close else ""
