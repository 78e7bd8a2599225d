"""From names and values to the fields of a credential: the prefix rule, and no field twice."""

from __future__ import annotations

from itertools import filterfalse

from binance_creds._parse._clean import secret_of, stripped
from binance_creds._parse._names import (
    DEFAULT_PREFIX,
    HINT,
    Names,
    near,
    prefix_in,
    twins,
)
from binance_creds._raw import SIGNING_FIELDS, Fields
from binance_creds._typing import TYPE_CHECKING
from binance_creds.errors import (
    ConfigurationError,
    CredentialsError,
    MalformedSecretError,
    SecretNotFoundError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Final

    from binance_creds._secret import Secret

    ReadFile = Callable[[str], Secret]
    ValueOf = Callable[[str], Secret | str | bytes]

# Without a prefix they may be about anything, so they are mentioned and not followed.
_BARE_HINTS: Final = frozenset({"TESTNET", "USE_TESTNET", "IS_TESTNET", "SANDBOX", "testnet"})

__all__ = ["checked_prefix", "collected", "fields_of_prefix", "prefixed_fields"]


def fields_of_prefix(
    found: Iterable[str], value_of: ValueOf, names: Names, *, source: str, read_file: ReadFile
) -> Fields:
    """Return the fields that variables of a prefix hold, directly or in a file (`..._FILE`).

    Args:
        found: the names of all variables.
        value_of: gives the value of one.
        names: which of them are ours.
        source: redacted, for errors.
        read_file: reads the file that a `..._FILE` variable names.

    Raises:
        SecretNotFoundError: none of them is set, or the environment alone.
        MalformedSecretError: one is empty, or two contradict each other.
    """
    environment = None
    try:
        fields = prefixed_fields(found, value_of, names, read_file)
        if len(fields) == 1 and "environment" in fields:
            from binance_creds._parse._facts import environment_said  # noqa: PLC0415  # few say it alone

            environment = environment_said(fields.pop("environment")).value
    except CredentialsError as error:
        refusal: CredentialsError = error.at(source)
    else:
        if fields:
            return fields
        refusal = SecretNotFoundError(
            f"none of {names.all} is set{near(found, names)}.",
            source=source,
            hint="Set the API key and one of the others.",
        )
        refusal.environment = environment
    del value_of  # it may have plaintext
    raise refusal


def prefixed_fields(
    found: Iterable[str], value_of: ValueOf, names: Names, read_file: ReadFile | None
) -> Fields:
    """Return the fields that variables hold; the caller raises errors anew.

    Without `read_file` a name that ends in `_FILE` is none of ours.
    """
    ours = names.roles(found, files=read_file is not None)
    hints = [name for name, (role, _) in ours.items() if role is HINT]
    for name in hints:
        del ours[name]
    _refuse_both(ours)
    entries = []
    for name, (field, is_file) in ours.items():
        value = secret_of(value_of(name), field, name=name)
        if is_file and read_file is not None:
            value = _read(value, name, field, read_file)
        entries.append((field, name, value))
    fields = collected(entries, names, filterfalse(ours.__contains__, found))
    bare = () if "environment" in fields else _BARE_HINTS.intersection(found)
    if hints or bare or "environment" in fields:
        from binance_creds._parse._hints import with_hints  # noqa: PLC0415  # few have one

        said = {name: value_of(name) for name in (*hints, *bare)}
        with_hints(fields, said, names)
    return fields


def _refuse_both(ours: Mapping[str, tuple[str, bool]]) -> None:
    direct = {field: name for name, (field, is_file) in ours.items() if not is_file}
    for name, (field, is_file) in ours.items():
        if is_file and field in direct:
            raise MalformedSecretError(
                f"both {direct[field]} and {name} are set.",
                reason="ambiguous",
                field=field,
                hint="Unset one of them.",
            )


def _read(path: Secret, name: str, field: str, read_file: ReadFile) -> Secret:
    try:
        return secret_of(read_file(stripped(path.reveal())), field)
    except SecretNotFoundError as error:
        where = error.message
    except MalformedSecretError as error:
        if error.reason != "empty":
            raise
        where = ""
    from binance_creds._parse._hints import refuse_file  # noqa: PLC0415  # few err

    refuse_file(path, name, field, where)


def collected(
    entries: Iterable[tuple[str, str, Secret]], names: Names, found: Iterable[str] = ()
) -> Fields:
    """Return fields from (field, spelling, value) entries.

    Args:
        entries: what was read.
        names: the names that count.
        found: every other name of the source, to tell those that were probably meant.

    Raises:
        MalformedSecretError: two spellings of one field have two values.
    """
    fields: dict[str, Secret] = {}
    spellings: dict[str, str] = {}
    for field, spelling, value in entries:
        if field in fields and fields[field] != value:
            msg = f"{spellings[field]} and {spelling} both give {field}, with different values."
            raise MalformedSecretError(
                msg, reason="ambiguous", field=field, hint="Keep one of the two."
            )
        fields[field] = value
        spellings[field] = spelling
    is_whole = "api_key" in fields and not fields.keys().isdisjoint(SIGNING_FIELDS[1:])
    beside = tuple(found)
    meant = "" if is_whole else near(beside, names)
    told = Fields(fields, near=meant and f"{meant}; this reads {names.pair}")
    told.twins = lambda environment: twins(environment, beside, names)
    return told


def checked_prefix(text: str, *, source: str, others: str = "-.") -> str:
    """Return a prefix such as `BINANCE`.

    Args:
        text: what was given.
        source: redacted, for errors.
        others: characters that it may have besides letters, digits and underscores.

    Raises:
        ConfigurationError: it is none, or the name of a variable that has one.
    """
    if text == DEFAULT_PREFIX:
        return text
    if not (text.isascii() and text.translate(dict.fromkeys(map(ord, others))).isidentifier()):
        msg = "the prefix is the beginning of variables' names, such as BINANCE."
        raise ConfigurationError(msg, source=source)
    prefix = prefix_in(text)
    if prefix is not None:
        msg = f"{text} is a variable's name; write its prefix, {prefix}."
        raise ConfigurationError(msg, source=source)
    return text
