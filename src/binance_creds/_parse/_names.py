"""The spellings of the fields of a credential: one table for every source.

A name with the prefix (`BINANCE_SECRET_KEY`, `binanceApiKey`) loads from everywhere. A bare one
(`api_key`) loads from folders and documents, where nothing else is kept; the environment and a
`.env` are shared with other programs.
"""

from __future__ import annotations

from binance_creds._late import re
from binance_creds._raw import SIGNING_FIELDS, Fields
from binance_creds._typing import TYPE_CHECKING, NamedTuple
from binance_creds.errors import ConfigurationError, MalformedSecretError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Final

    from binance_creds._secret import Secret

__all__ = ["DEFAULT_PREFIX", "Names", "checked_prefix", "collected", "folded", "listed"]

DEFAULT_PREFIX: Final = "BINANCE"

# Without case, hyphens and underscores: api_key, apiKey, API-KEY and so on are one spelling. The
# short ones are those of sub-accounts: BINANCE_SUB_ALPHA_KEY, BINANCE_SUB_ALPHA_SECRET.
_SPELLINGS: Final = {
    "apikey": "api_key",
    "key": "api_key",
    "apisecret": "api_secret",
    "apisecretkey": "api_secret",
    "secret": "api_secret",
    "secretkey": "api_secret",
    "privatekey": "private_key",
    "passphrase": "passphrase",
    "privatekeypassphrase": "passphrase",
    "signer": "signer",
    "environment": "environment",
    "created": "created",
    "rotationdays": "rotation_days",
}
# Without the short ones: a prefix may well end in KEY or SECRET. Compiled where it is needed.
_VARIABLE: Final = (
    r"(?i)(.+?)_(api_?key|api_?secret(_?key)?|secret_?key|private_?key(_?passphrase)?|signer)"
    r"(_file)?"
)
_SHOWN: Final = r"[A-Za-z][A-Za-z0-9_.-]{0,47}"  # a longer one may be a pasted key
_TELLING: Final = ("key", "secret", "pem", "file")
_MOST_SHOWN: Final = 4
_SIMILAR: Final = 0.85  # of difflib: one or two letters wrong, missing or swapped


class Names(NamedTuple):
    """Which names a source may give its fields.

    Attributes:
        prefix: such as `BINANCE`.
        takes_bare: whether a name without the prefix counts as well.
    """

    prefix: str = DEFAULT_PREFIX
    takes_bare: bool = True

    @classmethod
    def of_folder(cls, prefix: str | None) -> Names:
        """Return the names of a folder or document; a prefix that is asked for excludes others."""
        return cls(prefix or DEFAULT_PREFIX, takes_bare=prefix is None)

    def field(self, name: str) -> str | None:
        """Return the field that a name stands for, or `None` for none of ours."""
        return self._field(folded(name), folded(self.prefix))

    def roles(self, found: Iterable[str], *, files: bool) -> dict[str, tuple[str, bool]]:
        """Return the names that stand for a field: the field, and whether a file holds it.

        Args:
            found: all names of a source, such as those of the environment.
            files: whether a name that ends in `_FILE` names a file.
        """
        roles: dict[str, tuple[str, bool]] = {}
        start = folded(self.prefix)
        for name in found:
            text = folded(name)
            if field := self._field(text, start):
                roles[name] = field, False
            elif (
                files and name[-5:].upper() == "_FILE" and (field := self._field(text[:-4], start))
            ):
                roles[name] = field, True
        return roles

    def _field(self, text: str, start: str) -> str | None:
        if text.startswith(start) and text[len(start) :] in _SPELLINGS:
            return _SPELLINGS[text[len(start) :]]
        return _SPELLINGS.get(text) if self.takes_bare else None

    def starts(self, name: str) -> bool:
        """Return whether a name begins with the prefix, or with that of this library."""
        return folded(name).startswith((folded(self.prefix), folded(DEFAULT_PREFIX)))

    @property
    def pair(self) -> str:
        """How to write the fields of a pair, for a message."""
        key, secret, private_key, _ = map(self.written, SIGNING_FIELDS)
        return f"{key}, and {secret} or {private_key}"

    @property
    def all(self) -> str:
        """How to write each of them, for a message."""
        return listed([*map(self.written, SIGNING_FIELDS[:3])])

    def written(self, field: str) -> str:
        """Return how to write a field."""
        return field if self.takes_bare else f"{self.prefix}_{field.upper()}"

    def near(self, found: Iterable[str]) -> str:
        """Return a part of a sentence about names that were probably meant, or nothing.

        Only names are given, and of these only what cannot be a pasted key.
        """
        near = sorted(name for name in found if re.fullmatch(_SHOWN, name) and self._is_near(name))
        if len(near) > _MOST_SHOWN:
            near[_MOST_SHOWN:] = [f"{len(near) - _MOST_SHOWN} more"]
        return f"; found {listed(near)}" if near else ""

    def _is_near(self, name: str) -> bool:
        text = folded(name)
        if self.field(name) is not None:
            return False
        if _SPELLINGS.get(text) in SIGNING_FIELDS:
            return True
        if self.starts(name) and any(word in text for word in _TELLING):
            return True
        from difflib import SequenceMatcher  # noqa: PLC0415  # only where something is missing

        ours = (folded(self.prefix) + spelling for spelling in _SPELLINGS)
        return any(SequenceMatcher(None, text, one).ratio() > _SIMILAR for one in ours)


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
    variable = re.fullmatch(_VARIABLE, text)
    if variable is not None:
        msg = f"{text} is a variable's name; write its prefix, {variable[1]}."
        raise ConfigurationError(msg, source=source)
    return text


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
    near = "" if is_whole else names.near(found)
    return Fields(fields, near=near and f"{near}; this reads {names.pair}")


def listed(names: Sequence[str]) -> str:
    """Return names as a list in a sentence."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def folded(name: str) -> str:
    """Return a name without what spellings differ in."""
    return name.replace("_", "").replace("-", "").casefold()
