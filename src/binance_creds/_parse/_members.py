"""Pairs that lie one level below: in the members of a document, which a source names behind `#`."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from binance_creds._parse._clean import stripped
from binance_creds._parse._names import SHOWN
from binance_creds._raw import SIGNING_FIELDS
from binance_creds.errors import MalformedSecretError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Final

    from binance_creds._parse._names import Names
    from binance_creds._uri import SourceURI

__all__ = ["hint_of_members", "refuse_members"]

_MOST_SHOWN: Final = 4


def refuse_members(members: Mapping[str, object], names: Names, uri: SourceURI) -> None:
    """Refuse an object without a pair of its own where one lies below.

    Args:
        members: of the document, or of the member that the source names.
        names: of the fields.
        uri: the source.

    Raises:
        MalformedSecretError: reason `in_members`. The caller raises it anew.
    """
    hint = hint_of_members(members, names, uri) if uri.field is None else ""
    if hint:
        msg = "it holds no pair of its own, but its members do."
        raise MalformedSecretError(msg, reason="in_members", hint=hint)
    below = [child for value in members.values() for child in (value, *_children(value))]
    if any(_is_pair(child, names) for child in below):
        msg = "it holds no pair, but a list or a member of a member does."
        hint = "Give each pair a name in one object, and add that to the source, such as #main."
        raise MalformedSecretError(msg, reason="in_members", hint=hint)


def hint_of_members(members: Mapping[str, object], names: Names, uri: SourceURI) -> str:
    """Return how to name the members that hold a pair; nothing if none does."""
    found = [name for name, value in members.items() if _is_pair(value, names)]
    shown = sorted(name for name in found if re.fullmatch(SHOWN, name))[:_MOST_SHOWN]
    document = uri.redacted.removesuffix(f"#{uri.field}")
    written = " or ".join(f"{document}#{name}" for name in shown or ["NAME"])
    return f"Name the member: {written}." if found else ""


def _is_pair(value: object, names: Names) -> bool:
    """Return whether a member is an object with a pair, or the text of one."""
    if isinstance(value, str) and stripped(value).startswith("{"):
        try:
            value = json.loads(stripped(value))
        except (ValueError, RecursionError):  # a template
            return False
    if not isinstance(value, dict):
        return False
    fields = {names.field(name) for name in value}
    return "api_key" in fields and not fields.isdisjoint(SIGNING_FIELDS[1:])


def _children(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
