"""Pairs that are not read: in the members of a document, or in a form that nothing here parses."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from binance_creds._parse._clean import is_pem, stripped
from binance_creds._parse._names import SHOWN
from binance_creds._raw import SIGNING_FIELDS
from binance_creds._secret import plain_bytes
from binance_creds.errors import MalformedSecretError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from binance_creds._parse._names import Names
    from binance_creds._secret import Secret
    from binance_creds._uri import SourceURI

__all__ = ["hint_of_members", "refuse_members", "refuse_other_form"]

_MOST_SHOWN: Final = 4


class _Form(NamedTuple):
    """What a text is that has no names this library could read."""

    pattern: bytes
    what: str
    hint: str


_NEVER_LINES: Final = (
    _Form(
        rb"\s*(\$ANSIBLE_VAULT;|-----BEGIN (AGE|PGP) |age-encryption\.org/|Salted__)",
        "an encrypted file, which is not decrypted here",
        "Decrypt it first, or let a program of command: do it.",
    ),
    _Form(
        rb"version https://git-lfs\.",
        "a pointer of Git LFS, not the file itself",
        "Fetch the file, and keep keys out of repositories.",
    ),
    _Form(
        rb"\s*<([A-Za-z?!])",
        "XML or HTML, which is not read",
        "Write JSON, TOML or lines of a .env.",
    ),
)
"""What a text may be in which no line is NAME=value."""
_FORMS: Final = (
    *_NEVER_LINES,
    _Form(
        rb"\s*(//|/\*|(const|let|var)\s)",
        "JavaScript, or JSON with comments, which is not read",
        "Write JSON without them.",
    ),
    _Form(
        rb"\s*(eyJ|ewo)[A-Za-z0-9+/=\s]{62,}\Z",
        "a document in base64",
        "Decode it first, and store what comes out.",
    ),
    _Form(
        rb"\s*\[\s*[\[{\"\]]",
        "a JSON list, not an object with names",
        'Write {"api_key": "...", "api_secret": "..."}; of several pairs give each a name in one'
        " object, and add that to the source, such as #main.",
    ),
    _Form(
        rb"(?m)(.*\n)*?[ \t]*(-[ \t]+\S|---\s*$|[A-Za-z_][\w. -]{0,47}:([ \t]|$))",
        "YAML, which is not read",
        'Write JSON, or as TOML api_key = "..." in place of api_key: ....',
    ),
    _Form(
        rb"\S+[ \t]*[:;,\s][ \t]*\S+",
        "more than one value, without names",
        "Name them: BINANCE_API_KEY=... and BINANCE_API_SECRET=..., each in a line of its own.",
    ),
)  # fmt: skip


def refuse_other_form(text: Secret, *, is_dotenv: bool = False) -> None:
    """Refuse a text in a form that is not read, where a pair or a document should be.

    Args:
        text: what a source holds.
        is_dotenv: whether lines of a `.env` are expected, which may be those of any program.

    Raises:
        MalformedSecretError: reason `other_form`. The caller raises it anew.
    """
    plain = plain_bytes(text)
    forms = _NEVER_LINES if is_dotenv else _FORMS
    form = next((one for one in forms if re.match(one.pattern, plain)), None)
    if form is not None and not (is_pem(plain) and form not in _NEVER_LINES):
        msg = f"this is {form.what}."
        raise MalformedSecretError(msg, reason="other_form", hint=form.hint)


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
