"""Change the credentials in a plain TOML text; every other byte stays as it is.

Plain is a text in which each line is empty, a comment, the head of a table, or sets one name: then
a line can be replaced alone. The frames of this module hold plaintext: the caller raises errors
anew.
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Final

from binance_creds._secret import Secret
from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from binance_creds._parse._names import Names

__all__ = ["edited_toml", "new_toml"]

_VALUE: Final = r"\"(?:\\.|[^\"\\])*\"|'[^']*'|[^#\"']*?"
_LINE: Final = rf"([ \t]*)([A-Za-z0-9_-]+)([ \t]*=[ \t]*)(?:{_VALUE})([ \t]*(?:#.*)?)"
_TABLE: Final = r"[ \t]*\[([A-Za-z0-9_-]+)\][ \t]*(#.*)?"
_NOTHING: Final = r"[ \t]*(#.*)?"


def new_toml(fields: Mapping[str, Secret]) -> Secret:
    """Return a text of these fields alone."""
    return Secret("".join(f"{name} = {_quoted(value)}\n" for name, value in fields.items()))


def edited_toml(
    text: Secret, fields: Mapping[str, Secret], names: Names, member: str | None
) -> Secret:
    """Return the text with these fields and no other field of a credential.

    Args:
        text: a text that was read.
        fields: the whole credential.
        names: which names are ours.
        member: the table to change instead of the names above all tables.

    Raises:
        ConfigurationError: the text is not plain.
    """
    plain = text.reveal()
    end = "\r\n" if "\r\n" in plain else "\n"
    lines, written = list[str](), set[str]()
    table, place = None, None if member is not None else 0
    for line in re.findall(r"[^\n]*\n|[^\n]+", plain):
        bare = line.rstrip("\r\n")
        head, one = re.fullmatch(_TABLE, bare), re.fullmatch(_LINE, bare)
        _refuse_unless_plain(bare, is_head=head is not None, is_line=one is not None)
        table = head[1] if head else table
        field = names.field(one[2]) if one and table == member else None
        if one and field is not None and field in fields:
            start, after = "".join(one.group(1, 2, 3)), f"{one[4]}{line[len(bare) :]}"
            lines.append(f"{start}{_quoted(fields[field])}{after}")
            written.add(field)
        elif field is None:
            lines.append(line)
        if table == member and (one or head):
            place = len(lines)
    assert place is not None  # noqa: S101  # the table was read
    added = [
        f"{names.written(it)} = {_quoted(fields[it])}{end}" for it in fields if it not in written
    ]
    if added and place and not lines[place - 1].endswith("\n"):
        added.insert(0, end)
    return Secret("".join([*lines[:place], *added, *lines[place:]]))


def _refuse_unless_plain(bare: str, *, is_head: bool, is_line: bool) -> None:
    if is_head or re.fullmatch(_NOTHING, bare.removeprefix("\ufeff")):
        return
    try:
        if is_line and tomllib.loads(bare):
            return
    except tomllib.TOMLDecodeError:
        pass
    msg = "this TOML has values of several lines, dotted names or nested tables."
    raise ConfigurationError(msg, hint="Change it by hand, or keep the pair in a file of its own.")


def _quoted(value: Secret) -> str:
    """Return a basic string: its escapes are those of JSON, and U+007F besides."""
    import json  # noqa: PLC0415

    return json.dumps(value.reveal(), ensure_ascii=False).replace("\x7f", "\\u007f")
