"""What a store or a file holds as one text: JSON, TOML, `.env` lines, or a single value."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn

from binance_creds._parse._clean import secret_of, stripped
from binance_creds._parse._fields import collected, prefixed_fields
from binance_creds._parse._names import Names, near
from binance_creds._parse._outline import Outline
from binance_creds._raw import SIGNING_FIELDS, VALUE, Fields
from binance_creds.errors import CredentialsError, MalformedSecretError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from binance_creds._parse._fields import ReadFile
    from binance_creds._secret import Secret
    from binance_creds._uri import SourceURI

__all__ = ["ASSIGNMENT", "follow_hints", "read_document", "toml_members"]

# A line that sets a name. Base64 padding is not one: nothing but '=' follows there.
ASSIGNMENT: Final = r"(?m)^\s*(export\s+)?[A-Za-z_][\w.-]*\s*=(?![=\s]*$)"
# Thousands of brackets within each other, or digits: the limits of Python's parsers.
_TOO_MUCH: Final = (RecursionError, ValueError, MemoryError)
_AS_TOML: Final = ", or write TOML, with values in quotes and each name once"
_TOO_MUCH_SAYS: Final = "nested too deeply, or a number has too many digits"


class _Document(NamedTuple):
    """The members of an outline, and whether they are the variables of `.env` lines."""

    members: Mapping[str, Any]
    is_lines: bool = False


class _Way(NamedTuple):
    """How a document is read, and of which source."""

    uri: SourceURI
    outline: Outline
    names: Names
    read_file: ReadFile | None
    is_dotenv: bool


def read_document(
    text: Secret, uri: SourceURI, *, read_file: ReadFile | None = None, is_dotenv: bool = False
) -> Fields:
    """Return the fields of a document, or `{VALUE: ...}` where the text is one value.

    Args:
        text: what the store holds.
        uri: its `field` is the member to use instead of the whole; its option `prefix` excludes
            names without it.
        read_file: reads what a `..._FILE` variable of `.env` lines names, where that is allowed.
        is_dotenv: whether it is a `.env` rather than TOML, also where it could be both.

    Raises:
        MalformedSecretError: it looks like a document and is not one, a field is not text, or none
            of the known fields is there.
    """
    names = Names.of_folder(uri.option("prefix"))
    try:
        way = _Way(uri, Outline(text, names), names, read_file, is_dotenv)
        return _fields(way.outline.text, uri.field, way)
    except CredentialsError as error:
        # Raised anew: the frames below hold plaintext.
        refusal = error.at(uri.redacted)
    raise refusal


def _fields(text: str, member: str | None, way: _Way) -> Fields:
    if "\0" in text:
        from binance_creds._parse._dotenv_text import refuse_nul  # noqa: PLC0415  # few err

        refuse_nul(text)
    if not stripped(text):
        _refuse("empty", "it is empty.", "Write the credentials into it, or remove it.")
    document = _parsed(text.removeprefix("\ufeff"), way)
    if document is None and member is None:
        return Fields({VALUE: way.outline.secret(text)})
    if document is None:
        from binance_creds._parse._members import refuse_other_form  # noqa: PLC0415  # few err

        refuse_other_form(way.outline.secret(text))
        message = f"it holds one value, so there is no member {member!r}."
        _refuse("no_document", message, "Leave out '#' and what follows.")
    if member is None:
        return _canonical(document, way)
    found = document.members.get(way.outline.name(member))
    if isinstance(found, dict):
        return _canonical(_Document(found), way)
    if not isinstance(found, str):
        from binance_creds._parse._members import hint_of_members  # noqa: PLC0415  # few err

        hint = hint_of_members(document.members, way.names, way.uri)
        hint = hint or "Check the part after '#'."
        _refuse("no_member", f"it has no member {member!r} of text.", hint)
    if stripped(found).startswith("{"):  # a JSON text within, as some consoles store it
        return _fields(found, None, way)
    return Fields({VALUE: secret_of(_told(found, way), member)})


def _parsed(text: str, way: _Way) -> _Document | None:
    bare = stripped(text)
    if bare.startswith("{"):
        return _Document(_json(bare))
    if not (way.is_dotenv or re.search(ASSIGNMENT, text)):
        return None
    members = None if way.is_dotenv else toml_members(text, is_toml=_is_toml(way.uri))
    return _Document(members) if members else _Document(_dotenv(text, way.names), is_lines=True)


def _json(text: str) -> Mapping[str, object]:
    import json  # noqa: PLC0415

    try:  # to an object: '{' begins nothing else
        return json.loads(text, object_pairs_hook=_without_repeats)  # type: ignore[no-any-return]
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
    except _TOO_MUCH:
        place = _TOO_MUCH_SAYS
    _refuse("bad_json", f"it begins like JSON and is not ({place}).", "Check it with: jq .")


def _without_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    document = dict(pairs)
    if len(document) != len(pairs):
        _refuse("duplicate", "a JSON member is given twice.", "Keep one of them.")
    return document


def toml_members(text: str, *, is_toml: bool = False) -> Mapping[str, object] | None:
    """Return the members of TOML, `None` if it is none.

    Args:
        text: an outline.
        is_toml: whether it is called so; what else is none may be lines of a `.env`.
    """
    import tomllib  # noqa: PLC0415

    place = ""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.sub(r".*\(at (.*)\)", r"\1", str(error), flags=re.DOTALL)
    except _TOO_MUCH:
        _refuse("bad_toml", f"it cannot be read as TOML ({_TOO_MUCH_SAYS}).", "Remove that part.")
    if not is_toml:
        return None
    hint = "Put values in quotes, and give each name once."
    _refuse("bad_toml", f"it is called TOML and is not ({place}).", hint)


def _is_toml(uri: SourceURI) -> bool:
    return uri.scheme == "file" and uri.location.endswith(".toml")


def _dotenv(text: str, names: Names) -> Mapping[str, str]:
    from binance_creds._parse._dotenv_text import variables_of  # noqa: PLC0415  # pulls dotenv in

    return variables_of(text, names)


def _canonical(document: _Document, way: _Way) -> Fields:
    names = way.names
    if document.is_lines:
        names = names._replace(takes_bare=False)
        variables = {name: _told(value, way) for name, value in document.members.items()}
        fields = prefixed_fields(variables, variables.__getitem__, names, way.read_file)
    else:
        fields = collected(_entries(document.members, way), names, document.members)
        if fields.keys().isdisjoint(SIGNING_FIELDS):
            from binance_creds._parse._members import refuse_members  # noqa: PLC0415  # few err

            refuse_members(document.members, names, way.uri)
        follow_hints(fields, document.members, names)
    if not fields:
        _refuse(
            "no_fields",
            f"none of its members is a field of a credential{near(document.members, names)}.",
            f"Name them {names.pair}{_AS_TOML if document.is_lines and not way.is_dotenv else ''}.",
        )
    return fields


def _entries(members: Mapping[str, object], way: _Way) -> Iterator[tuple[str, str, Secret]]:
    for name, value in members.items():
        field = way.names.field(name)
        if field is not None:
            text = _text(field, value)
            yield field, name, secret_of(_told(text, way), field, name=name)


def follow_hints(fields: Fields, members: Mapping[str, object], names: Names) -> None:
    """Add the environment that other members name; the caller raises errors anew."""
    hints = {name: value for name, value in members.items() if names.hints(name)}
    if hints or "environment" in fields:
        from binance_creds._parse._hints import with_hints  # noqa: PLC0415  # few have one

        with_hints(fields, hints, names)


def _told(seen: str, way: _Way) -> Secret | str:
    """Return what a parser saw as it is; as text if it is none, for `secret_of` to refuse."""
    try:
        return way.outline.secret(seen)
    except MalformedSecretError:  # a lone surrogate
        return seen


def _text(field: str, value: object) -> str:
    """Return a member as text; only what is never secret may be a number or a date."""
    if isinstance(value, str):
        return value
    if field == "rotation_days" and type(value) is int:
        return str(value)
    if value is None:
        return ""  # as empty as that
    date = getattr(value, "isoformat", None)
    if field == "created" and date is not None:
        return str(date())
    _refuse(
        "wrong_type",
        f"{field} is {type(value).__name__}, not text.",
        "Put it in quotes.",
        field=field,
    )


def _refuse(reason: str, message: str, hint: str, *, field: str | None = None) -> NoReturn:
    raise MalformedSecretError(message, reason=reason, field=field, hint=hint)
