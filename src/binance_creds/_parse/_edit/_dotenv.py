"""Change the credentials in a `.env` text; every other byte stays as it is.

The frames of this module hold plaintext: the caller raises errors anew.
"""

from __future__ import annotations

import re
from io import StringIO
from typing import TYPE_CHECKING, Final

from binance_creds._parse._dotenv_text import dotenv_parser
from binance_creds._parse._names import HINT
from binance_creds._secret import Secret
from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from binance_creds._parse._names import Names

__all__ = ["NO_ENVIRONMENT", "edited_dotenv"]

NO_ENVIRONMENT: Final = ConfigurationError(
    "the file names an environment, and what is stored does not.",
    hint="Store the environment too.",
)

_PLAIN: Final = r"[A-Za-z0-9_.:/+@%,=-]+"  # what no program that reads such files takes apart
# The parts of a line as python-dotenv's parser has them: all up to the value, the value, the rest.
_HEAD: Final = r"\s*(?:export[^\S\r\n]+)?(?:'[^']+'|[^=\#\s]+)[^\S\r\n]*=[^\S\r\n]*"
_QUOTED: Final = r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\""
_REST: Final = r"(?:[^\S\r\n]*\#[^\r\n]*)?[^\S\r\n]*(?:\r\n|\n|\r|\Z)"
_BARE_REST: Final = r"(?:[^\S\r\n]+\#[^\r\n]*)?[^\S\r\n]*(?:\r\n|\n|\r|\Z)"


def edited_dotenv(text: Secret | None, fields: Mapping[str, Secret], names: Names) -> Secret:
    """Return the text with these fields and no other field of a credential.

    A name that is there keeps its spelling, place and comment; a field without a name follows the
    last of ours. Values are quoted where that is needed, such as a PEM.

    Args:
        text: what the file holds, or `None` without a file.
        fields: the whole credential.
        names: which names are ours.

    Raises:
        ConfigurationError: a name says in which other file a field is; or the file says an
            environment alone, and what is stored does not.
    """
    plain = "" if text is None else text.reveal()
    end = "\r\n" if "\r\n" in plain else "\n"
    parts: list[str] = []
    written: set[str] = set()
    gone: set[str] = set()
    last = None
    for part, field in _parts(plain.removeprefix("\ufeff"), names):
        if field is None:
            parts.append(part)
        elif field not in fields:
            parts.append(_blank_start(part))
            gone.add(field)
        else:
            parts.append(_with_value(part, fields[field]))
            written.add(field)
            last = len(parts)
    if gone == {"environment"} and not written:  # it held for the pair of another source
        raise NO_ENVIRONMENT.again()
    added = [
        f"{names.written(it)}={_quoted(fields[it])}{end}" for it in fields if it not in written
    ]
    place = len(parts) if last is None else last
    if added and place and not parts[place - 1].endswith(("\n", "\r")):
        added.insert(0, end)
    start = "\ufeff" if plain.startswith("\ufeff") else ""
    return Secret(start + "".join([*parts[:place], *added, *parts[place:]]))


def _parts(text: str, names: Names) -> Iterator[tuple[str, str | None]]:
    """Give each line, or lines of one value, and which field they set."""
    for binding in dotenv_parser()(StringIO(text, newline="")):
        name, part = binding.key or "", binding.original.string
        is_variable = binding.value is not None and not binding.error
        field, is_file = names.roles([name], files=True).get(name, (None, False))
        if is_variable and is_file:
            msg = f"{name} names the file that holds {field}, so that the two change apart."
            hint = "Store into that file, or remove the name first."
            raise ConfigurationError(msg, hint=hint)
        yield part, field if is_variable and field is not HINT else None


def _with_value(part: str, value: Secret) -> str:
    match = re.fullmatch(f"(?s)({_HEAD})(?:{_QUOTED})({_REST})", part) or re.fullmatch(
        rf"({_HEAD})[^\r\n]*?({_BARE_REST})", part
    )
    assert match is not None  # noqa: S101  # python-dotenv has read it in this form
    return f"{match[1]}{_quoted(value)}{match[2]}"


def _blank_start(part: str) -> str:
    """Return the empty lines that stand before what is removed."""
    return re.match(r"(?:[^\S\r\n]*(?:\r\n|\n|\r))*", part)[0]  # type: ignore[index]  # matches nothing, too


def _quoted(value: Secret) -> str:
    """Return a value as every reader of such a file gives it back, where there is such a form."""
    text = value.reveal()
    if re.fullmatch(_PLAIN, text):
        return text
    escaped = text.replace("\\", "\\\\")
    if "\n" in text:  # a PEM; shells and Docker Compose take it so, too
        return '"' + escaped.replace('"', '\\"') + '"'
    return "'" + escaped.replace("'", "\\'") + "'"  # nobody interpolates within these
