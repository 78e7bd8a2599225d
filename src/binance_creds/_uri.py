"""`SourceURI`: where credentials are, as one immutable value.

scheme://location[?option=value&...][#field]
"""

from __future__ import annotations

import sys
from types import MappingProxyType

from binance_creds._late import re
from binance_creds._typing import TYPE_CHECKING
from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping
    from typing import Final, NoReturn, Self

__all__ = ["SourceURI", "looks_pasted"]

# Patterns are compiled at their first use: a plain source passes by all but one look at its length.
# At most 24 lower-case characters: a key pasted where a URI belongs is not taken for a scheme.
_LONGEST_SCHEME: Final = 24
_SCHEME: Final = r"[a-z][a-z0-9-]{0,23}"
_ESCAPE: Final = r"%([0-9A-Fa-f]{2})?"
_ENCODED_SEPARATOR: Final = r"(?i)%(2f|5c|2e)"
_OPTION: Final = r"\w+="  # as it is written; what is percent-encoded separates nothing
# What Binance gives out: 64 letters and digits, or PEM. Digests, in lower-case hex, may be names.
_PASTED: Final = r"(?<![A-Za-z0-9])(?![0-9a-f]+(?![A-Za-z0-9]))[A-Za-z0-9]{64,}|-----BEGIN "
_SHORTEST_PASTED: Final = len("-----BEGIN ")
_NO_OPTIONS: Final[Mapping[str, str]] = MappingProxyType({})
_FORM: Final = "A source is written scheme://location[?option=value][#field], e.g. env://BINANCE."


class SourceURI:
    """Name a source. Parse one with `SourceURI.parse`; it is immutable and hashable.

    Attributes:
        scheme: such as `env` or `aws-sm`.
        location: what the scheme names, percent-decoded once.
        options: the options by name, in the order they were written.
        field: the member of a JSON document to use, or `None`.
        settings: what a configuration that was named says of the source besides its text, such as
            the program of `command:`, or `None`; no text that is parsed has any.
        redacted: the text that errors, logs and `repr` show: no option values.
    """

    __slots__ = ("field", "location", "options", "redacted", "scheme", "settings")

    scheme: str
    location: str
    options: Mapping[str, str]
    field: str | None
    settings: Hashable
    redacted: str

    def __init__(
        self,
        scheme: str,
        location: str,
        options: Mapping[str, str] | None = None,
        field: str | None = None,
        settings: Hashable = None,
    ) -> None:
        store = object.__setattr__
        store(self, "scheme", sys.intern(scheme))
        store(self, "location", location)
        store(self, "options", MappingProxyType(dict(options)) if options else _NO_OPTIONS)
        store(self, "field", field)
        store(self, "settings", settings)
        shown = "?" + "&".join(f"{name}=..." for name in self.options) if self.options else ""
        store(self, "redacted", f"{scheme}:{location}{shown}{f'#{field}' if field else ''}")

    @classmethod
    def parse(cls, text: str | SourceURI) -> SourceURI:
        """Parse a source.

        Raises:
            ConfigurationError: the text does not follow the grammar, or its location holds user
                info, control characters, `..`, percent-encoded separators or what looks like a
                key; so does an option's name or a field. The text is never
                repeated: it may be a key that was passed by mistake.
        """
        if isinstance(text, SourceURI):
            return text
        outcome = _read(text)
        del text  # a traceback with locals must not find it here
        if isinstance(outcome, ConfigurationError):
            raise outcome
        return outcome

    def with_location(self, location: str) -> SourceURI:
        """Return the same source at another location."""
        return SourceURI(self.scheme, location, self.options, self.field, self.settings)

    def with_settings(self, settings: Hashable) -> SourceURI:
        """Return the same source with what a configuration says of it."""
        return SourceURI(self.scheme, self.location, self.options, self.field, settings)

    def option(self, name: str, default: str | None = None) -> str | None:
        """Return an option's value, or the default."""
        return self.options.get(name, default)

    def flag(self, name: str) -> bool:
        """Return an option that is `true` or `false`; absent means `False`.

        Raises:
            ConfigurationError: it is anything else.
        """
        return self.choice(name, "false", "true") == "true"

    def choice(self, name: str, *choices: str) -> str:
        """Return an option that is one of some words; absent means the first.

        Raises:
            ConfigurationError: it is anything else.
        """
        value = self.options.get(name, choices[0])
        if value not in choices:
            msg = f"option {name!r} must be one of: {', '.join(choices)}."
            raise ConfigurationError(msg, source=self.redacted)
        return value

    def allow_options(self, *names: str) -> None:
        """Refuse any option that is not among the names.

        Raises:
            ConfigurationError: with the valid names.
        """
        if self.options.keys() <= set(names):
            return
        valid = ", ".join(sorted(names)) or "none"
        unknown = ", ".join(repr(name) for name in self.options if name not in names)
        msg = f"unknown option {unknown}; valid options of {self.scheme!r}: {valid}."
        raise ConfigurationError(msg, source=self.redacted)

    def __repr__(self) -> str:
        return f"SourceURI({self.redacted!r})"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SourceURI):
            return NotImplemented
        return self._identity() == other._identity()

    def __hash__(self) -> int:
        if self.options:
            return hash((self.location, frozenset(self.options.values())))
        return hash(self.redacted)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> tuple[type[Self], tuple[object, ...]]:
        options = dict(self.options)
        return type(self), (self.scheme, self.location, options, self.field, self.settings)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        msg = "SourceURI is immutable"
        raise AttributeError(msg)

    def _identity(self) -> tuple[object, ...]:
        options = tuple(sorted(self.options.items()))
        return self.scheme, self.location, options, self.field, self.settings


def looks_pasted(text: str) -> bool:
    """Return whether a part of a text looks like an API key or secret."""
    return len(text) >= _SHORTEST_PASTED and re.search(_PASTED, text) is not None


class _RefusedError(Exception):
    """Leave the parser; never leaves this module, because its frames hold the text."""


def _read(text: object) -> SourceURI | ConfigurationError:
    try:
        return _split(text)
    except _RefusedError as refused:
        return ConfigurationError(str(refused), hint=_FORM)


def _split(text: object) -> SourceURI:
    if not isinstance(text, str):
        _refuse(f"a source is a str or SourceURI, not {type(text).__name__}.{_advice(text)}")
    scheme, colon, rest = text.partition(":")
    if not colon or not _is_scheme(scheme):
        _refuse(
            f"this is not a source: it does not start with a scheme and a colon.{_advice(text)}"
        )
    rest, mark, field = rest.partition("#")
    if mark:
        _check_field(field)
    location, _, query = rest.partition("?")
    uri = SourceURI(scheme, _location(location), _options(query), _decode(field) if mark else None)
    if uri.redacted == text:  # as most are: one object instead of two
        object.__setattr__(uri, "redacted", text)
    for shown in (uri.location, *uri.options, uri.field or ""):
        if looks_pasted(shown):
            _refuse("a part of this source looks like an API key or secret, not like a name.")
    return uri


def _is_scheme(text: str) -> bool:
    is_word = text.isascii() and text.isalpha() and text.islower()
    return (is_word and len(text) <= _LONGEST_SCHEME) or bool(re.fullmatch(_SCHEME, text))


def _advice(given: object) -> str:
    from binance_creds._uri_advice import advice  # noqa: PLC0415  # few programs need it

    return advice(given)


def _check_field(text: str) -> None:
    if not text:
        _refuse("nothing stands behind '#'; leave it out.")
    if "?" in text or "=" in text:
        _refuse("options stand before '#', not behind it; in a name write %23, %3F and %3D.")


def _location(text: str) -> str:
    if "=" in text and re.search(rf"[&;,\s]\s*{_OPTION}", text):
        _refuse("the first option stands behind '?'; in a name write %26, %3B, %2C and %20.")
    if text.startswith("//"):
        text = text[2:]
        if "@" in text.partition("/")[0]:
            _refuse("user info (the part before '@') is not allowed in a source.")
    if "%" in text and re.search(_ENCODED_SEPARATOR, text):
        _refuse("percent-encoded separators or dots are not allowed in a location.")
    decoded = _decode(text)
    if ".." in decoded.replace("\\", "/").split("/"):
        _refuse("'..' is not allowed in a location; write the path without it.")
    return decoded


def _options(query: str) -> dict[str, str]:
    options: dict[str, str] = {}
    for part in query.split("&") if query else ():
        name, equals, value = part.partition("=")
        if not name or not equals:
            _refuse("an option is not of the form name=value.")
        if not value:
            _refuse("an option has no value; leave it out.")
        if "=" in value and re.search(rf"[?;,]\s*{_OPTION}", value):
            _refuse("options are separated by '&'; in a value write %3F, %3B and %2C.")
        name = _decode(name)
        if name in options:
            _refuse("an option is given twice.")
        options[name] = _decode(value)
    return options


def _decode(text: str) -> str:
    """Undo percent-encoding once; refuse what is left unprintable."""
    if "%" in text:
        text = _unescape(text)
    if not text.isprintable():
        _refuse("control or invisible characters are not allowed in a source.")
    return text


def _unescape(text: str) -> str:
    if any(not match[1] for match in re.finditer(_ESCAPE, text)):
        _refuse("a percent sign is not followed by two hex digits.")
    from urllib.parse import unquote_to_bytes  # noqa: PLC0415  # 3 ms that few sources need

    try:
        return unquote_to_bytes(text).decode("utf-8")
    except UnicodeError:
        _refuse("percent-encoded bytes are not UTF-8.")


def _refuse(message: str) -> NoReturn:
    raise _RefusedError(message)
