"""`.env` text to names and values, with python-dotenv's parser and none of its surprises.

Measured with python-dotenv 1.2.4: it cuts `ab${NOPE}cd` to `abcd`, drops a name whose quote is not
closed with only a log line, gives `None` for a name without `=`, lets the last duplicate win, and
turns the lines of an unquoted PEM into names. Here nothing is interpolated, and each of the others
is an error with its line where it could concern a credential. Other programs share the file: what
is theirs is skipped. `os.environ` and parent directories are never touched.
"""

from __future__ import annotations

import re
import sys
from functools import cache
from importlib.util import find_spec, module_from_spec
from io import StringIO

from binance_creds._extras import sdk_of
from binance_creds._parse._names import DEFAULT_PREFIX, Names
from binance_creds._parse._outline import Outline
from binance_creds._secret import Secret
from binance_creds._typing import TYPE_CHECKING
from binance_creds.errors import MalformedSecretError, ProviderNotInstalledError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, Final, NoReturn

    from dotenv.parser import Binding

__all__ = ["dotenv_parser", "read_dotenv", "variables_of"]

_START: Final = r"^[^\w#$]*(export\s+)?[^\w#$]*"  # quotes, dashes, invisible characters
# As fish and csh set one: `set -gx BINANCE_API_KEY ...`.
_SET: Final = r"""(?i)\s*set(env)?\s+(-\S+\s+)*["']?(%s|%s)[\w.-]*["']?\s+\S"""
# Such as `set BINANCE_API_KEY=...` or `$env:BINANCE_API_KEY = ...`, but not `$BINANCE_API_KEY`.
_SET_LATER: Final = r"""(?i)[\s:"'](%s|%s)[\w.-]*["']?\s*[=:]"""
_KEY_ALONE: Final = r"\s*[A-Za-z0-9]{64}\s*"
_QUOTE: Final = r"=\s*([\"'])"


def read_dotenv(text: Secret, names: Names, *, source: str) -> dict[str, Secret]:
    """Return the variables of a `.env` text.

    Args:
        text: what the file holds.
        names: which of them are ours.
        source: redacted, for errors.

    Raises:
        MalformedSecretError: a line that could be ours is not `NAME=value`, is within an open
            quote, is a PEM that is not quoted, or gives a name a second value.
        ProviderNotInstalledError: python-dotenv is missing.
    """
    try:
        outline = Outline(text, names)
        found = variables_of(outline.text.removeprefix("\ufeff"), names)
        if not any(map(names.starts, found)):
            from binance_creds._parse._members import refuse_other_form  # noqa: PLC0415  # few err

            refuse_other_form(text, is_dotenv=True)
        return {name: outline.secret(value) for name, value in found.items()}
    except (MalformedSecretError, ProviderNotInstalledError) as error:
        refusal = error.at(source)  # raised anew: the frames below hold plaintext
    raise refusal


def variables_of(text: str, names: Names) -> dict[str, str]:
    """Return the variables of lines, as they stand in an outline; the caller raises anew.

    Raises:
        CredentialsError: as `read_dotenv`.
    """
    return dict(_variables(text, names, dotenv_parser()))


@cache
def dotenv_parser() -> Callable[[StringIO], Iterator[Binding]]:
    """Return python-dotenv's parser.

    Its package imports ten other modules, such as `tempfile` and `pathlib`; the parser needs none.
    So it is loaded alone, unless the program has imported the package.
    """
    with sdk_of(None):
        parser: Any = None if "dotenv" in sys.modules else _parser_alone()
        if parser is None:
            from dotenv import parser  # noqa: PLC0415  # as the docstring says
    parse: Callable[[StringIO], Iterator[Binding]] = parser.parse_stream
    return parse


def _parser_alone() -> Any:
    places = getattr(find_spec("dotenv"), "submodule_search_locations", None)
    found = [finder.find_spec("dotenv.parser", places or []) for finder in sys.meta_path]
    spec = next((one for one in found if one is not None and one.loader is not None), None)
    if spec is None or spec.loader is None:
        return None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _variables(
    text: str, names: Names, parse: Callable[[StringIO], Iterator[Binding]]
) -> Iterator[tuple[str, str]]:
    refuse_nul(text)
    _refuse_json(text)
    seen: dict[str, Secret] = {}
    end = 0
    for binding in parse(StringIO(text)):
        end += len(binding.original.string)
        if binding.key is None and not binding.error:
            continue  # a comment or an empty line
        is_pem = "-----BEGIN " in text[:end]
        _refuse_lost(binding, names, text[end:], is_pem=is_pem)
        if not _is_variable(binding):
            continue
        name, value = str(binding.key), str(binding.value)
        if names.starts(name):
            _refuse_unquoted(binding)
            if seen.setdefault(name, Secret(value)) != Secret(value):
                _refuse_duplicate(binding, names)
        yield name, value


def refuse_nul(text: str) -> None:
    """Refuse a text that an editor, a crash or a disk has left behind."""
    if "\0" in text:
        raise MalformedSecretError(
            "it contains a NUL character: it is binary, or UTF-16.",
            reason="nul",
            hint="Save it as UTF-8.",
        )


def _refuse_json(text: str) -> None:
    if re.match(r"\s*(\[\s*)?\{", text):
        raise MalformedSecretError(
            "this is JSON, not lines of NAME=value.",
            reason="json",
            hint="Read it with file: instead of dotenv:, or write NAME=value.",
        )


def _is_variable(binding: Binding) -> bool:
    return binding.value is not None and str(binding.key).isidentifier()


def _refuse_lost(binding: Binding, names: Names, rest: str, *, is_pem: bool) -> None:
    """Refuse a line that could be ours and would be skipped, or is within the value of another."""
    first, *later = binding.original.string.strip().splitlines()
    if binding.key == "Environment" and _could_be_ours(str(binding.value), names):
        _refuse("bad_line", binding, "this is a line of a unit of systemd")
    if not _is_variable(binding):
        is_key = not is_pem and re.fullmatch(_KEY_ALONE, first)
        if is_key or _could_be_ours(first, names):
            _refuse("bad_line", binding, "this is not NAME=value, or a quote is not closed")
        if _leaves_quote_open(binding.original.string):
            later += rest.splitlines()
    if any(_could_be_ours(line, names) for line in later):
        _refuse("open_quote", binding, "a quote that begins here is not closed before other names")


def _could_be_ours(line: str, names: Names) -> bool:
    start = re.sub(_START, "", line)
    if start.startswith("#"):
        return False
    prefixes = (re.escape(names.prefix), DEFAULT_PREFIX)
    is_set = re.match(_SET % prefixes, line) or re.search(_SET_LATER % prefixes, line)
    return names.starts(start) or is_set is not None


def _leaves_quote_open(text: str) -> bool:
    quote = re.search(_QUOTE, text)
    return quote is not None and text.count(quote[1], quote.start(1)) % 2 == 1


def _refuse_unquoted(binding: Binding) -> None:
    value = str(binding.value)
    if value.startswith("-----BEGIN ") and "-----END " not in value:
        _refuse("unquoted_pem", binding, "a PEM is not quoted")


def _refuse_duplicate(binding: Binding, names: Names) -> NoReturn:
    name = str(binding.key) if names.field(str(binding.key)) else "a name"
    line = binding.original.line + _leading_lines(binding.original.string)
    raise MalformedSecretError(
        f"line {line}: {name} is set again, to another value.",
        reason="duplicate",
        hint="Keep one of the two lines.",
    )


def _refuse(reason: str, binding: Binding, message: str) -> NoReturn:
    """Name the line only: what looks like a name may be a key on a line of its own."""
    line = binding.original.line + _leading_lines(binding.original.string)
    raise MalformedSecretError(
        f"line {line}: {message}.",
        reason=reason,
        hint='Write NAME=value, and NAME="..." around what has several lines.',
    )


def _leading_lines(original: str) -> int:
    """Count the empty lines that the parser puts before a binding."""
    return original[: len(original) - len(original.lstrip())].count("\n")
