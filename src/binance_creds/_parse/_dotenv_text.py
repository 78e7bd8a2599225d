"""`.env` text to names and values, with python-dotenv's parser and none of its surprises.

Measured with python-dotenv 1.2.4: it cuts `ab${NOPE}cd` to `abcd`, drops a key whose quote is not
closed with only a log line, gives `None` for a name without `=`, lets the last duplicate win, and
turns the lines of an unquoted PEM into names. Here nothing is interpolated, and each of the others
is an error with its line. `os.environ` and parent directories are never touched.
"""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING, NoReturn

from dotenv.parser import Binding, parse_stream

from binance_creds._secret import Secret
from binance_creds.errors import MalformedSecretError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["read_dotenv"]


def read_dotenv(text: Secret, *, source: str) -> dict[str, Secret]:
    """Return the variables of a `.env` text.

    Raises:
        MalformedSecretError: a line is not `NAME=value`, a quote is not closed, a PEM is not
            quoted, or a name has two values.
    """
    try:
        return dict(_variables(text.reveal()))
    except MalformedSecretError as error:
        refusal = error.at(source)  # raised anew: the frames below hold plaintext
    raise refusal


def _variables(text: str) -> Iterator[tuple[str, Secret]]:
    seen: dict[str, Secret] = {}
    for binding in parse_stream(StringIO(text.removeprefix("\ufeff"))):
        if binding.key is None and not binding.error:
            continue  # a comment or an empty line
        name, value = _checked(binding)
        if name in seen and seen[name] != value:
            _refuse("duplicate", binding, "a name is set again, to another value")
        seen[name] = value
        yield name, value


def _checked(binding: Binding) -> tuple[str, Secret]:
    if binding.key is None or binding.error or not binding.key.isidentifier():
        _refuse("bad_line", binding, "this is not NAME=value, or a quote is not closed")
    if binding.value is None:
        _refuse("bad_line", binding, "there is a name without '='")
    if binding.value.startswith("-----BEGIN ") and "-----END " not in binding.value:
        _refuse("unquoted_pem", binding, "a PEM is not quoted")
    return binding.key, Secret(binding.value)


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
