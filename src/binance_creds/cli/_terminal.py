"""`Terminal`: what a command writes to and asks; data, status and questions go different ways.

Data goes to standard output, status and errors to standard error, and a question to the terminal
itself, so that it is neither piped nor lost. Whether there is somebody to ask is judged by standard
input; without, nothing waits.
"""

from __future__ import annotations

import io
import json
import os
import re
import sys
import warnings
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, TextIO

from binance_creds.errors import ConfigurationError, CredentialsError

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Self

__all__ = ["JSON_VERSION", "Terminal", "error_row"]

JSON_VERSION: Final = 1
_NARROW: Final = 80  # columns, where the terminal does not say
_STYLES: Final = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33"}
# What moves the cursor, renames the window, hides or reorders text, besides these styles. A path
# may hold it: that of a folder, of a link's target, of a file in a repository.
_UNSAFE: Final = (
    rf"(?!\x1b\[(?:0|{'|'.join(_STYLES.values())})m)"
    r"(?:[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]|\r(?!\n))"
)


class Terminal:
    """The streams of one command.

    Args:
        out: for data.
        err: for status and errors.
        environ: for `NO_COLOR` and `TERM`.
        is_quiet: whether status is left out.
        is_json: whether the data is one JSON document.
        asks: whether there is somebody to ask.
    """

    def __init__(
        self,
        out: TextIO,
        err: TextIO,
        environ: Mapping[str, str],
        *,
        is_quiet: bool = False,
        is_json: bool = False,
        asks: bool = False,
    ) -> None:
        self._out, self._err, self._environ = out, err, environ
        self._is_quiet, self.is_json, self.asks = is_quiet, is_json, asks

    @classmethod
    def of_process(cls, options: Namespace) -> Self:
        """Return that of this process, as the common options say."""
        nowhere = io.StringIO()  # for a stream that is closed
        return cls(
            sys.stdout or nowhere,
            sys.stderr or nowhere,
            os.environ,
            is_quiet=options.quiet,
            is_json=options.json,
            asks=not options.no_input and _is_terminal(sys.stdin),
        )

    @property
    def can_draw(self) -> bool:
        """Whether standard output is a terminal on which lines can be written over."""
        return _is_terminal(self._out) and self._environ.get("TERM") != "dumb"

    @property
    def width(self) -> int:
        """Columns of the terminal; 80 where the output is none."""
        try:
            return os.get_terminal_size(self._out.fileno()).columns or _NARROW
        except (OSError, ValueError):  # a pipe, a file; closed
            return _NARROW

    @contextmanager
    def drawing(self) -> Iterator[None]:
        """Hide the cursor while something is drawn."""
        self._out.write("\x1b[?25l\x1b[2J")
        try:
            yield
        finally:
            self._out.write("\x1b[?25h")
            self._out.flush()

    def draw(self, lines: Sequence[str]) -> None:
        """Draw lines over those that were drawn before."""
        text = "".join(f"{_safe(line)}\x1b[K\n" for line in lines)
        self._out.write(f"\x1b[H{text}\x1b[J")
        self._out.flush()

    def write(self, text: str = "") -> None:
        """Write a line of data."""
        self._out.write(f"{_safe(text)}\n")

    def write_json(self, document: Mapping[str, Any]) -> None:
        """Write the data as one JSON document, which names the version of its form."""
        self.write(json.dumps({"version": JSON_VERSION, **document}, indent=2))

    def write_line(self, document: Mapping[str, Any]) -> None:
        """Write one of many JSON documents, each on a line."""
        self.write(json.dumps({"version": JSON_VERSION, **document}))
        self._out.flush()

    def say(self, text: str) -> None:
        """Write a line of status."""
        if not self._is_quiet:
            self._out.flush()  # else data that came first would be behind it in one file
            self._tell(f"{_safe(text)}\n")

    def progress(self, text: str) -> None:
        """Write over the last line of progress, on a terminal only; nothing removes it."""
        is_dumb = self._environ.get("TERM") == "dumb"
        if not (self._is_quiet or self.is_json or is_dumb) and _is_terminal(self._err):
            self._tell(f"\r{_safe(text)}\x1b[K\r")

    def fail(self, error: CredentialsError, *, about: str = "") -> None:
        """Write an error with its code and what to do."""
        where = f"{about}: " if about and not str(error).startswith(f"{about}: ") else ""
        label = self.styled(f"error[{error.code}]", "red", self._err)
        self._tell(f"{label}: {_safe(f'{where}{error}')}\n")

    def end(self, error: CredentialsError) -> None:
        """Write an error that ends the command: as a line, and with `--json` as a document."""
        if self.is_json:
            self.write_json({"error": error_row(error)})
        self.fail(error)

    def styled(self, text: str, style: str, stream: TextIO | None = None) -> str:
        """Return a text in a style, where the stream is a terminal that shows one."""
        if not self._has_styles(stream or self._out):
            return text
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m"

    @contextmanager
    def warnings_shown(self) -> Iterator[None]:
        """Show warnings of the library as lines of status, each once."""
        with warnings.catch_warnings():
            warnings.simplefilter("once")
            warnings.showwarning = self._show_warning
            yield

    def need_input(self, option: str) -> None:
        """Refuse to ask where nobody is there.

        Raises:
            ConfigurationError: nothing can be asked; it names the option that answers instead.
        """
        if not self.asks:
            msg = "this asks a question, and there is no terminal to ask it on."
            raise ConfigurationError(msg, hint=f"Answer by {option}.")

    def need_terminal(self, option: str) -> None:
        """Refuse where the output is no terminal, or nobody is there.

        Raises:
            ConfigurationError: it names the option that needs one.
        """
        if not (self.asks and self.can_draw) or self.is_json:
            msg = f"{option} needs a terminal: neither a pipe nor JSON gets a secret."
            raise ConfigurationError(msg, hint="Give it to a program: binance-creds exec.")

    def _show_warning(self, message: Warning | str, *_: object, **__: object) -> None:
        label = self.styled("warning", "yellow", self._err)
        self._tell(f"{label}: {_safe(str(message))}\n")

    def _tell(self, text: str) -> None:
        """Write to standard error; the exit code still tells where that cannot be written."""
        with suppress(OSError):
            self._err.write(text)
            self._err.flush()

    def _has_styles(self, stream: TextIO) -> bool:
        if self._environ.get("NO_COLOR") or self._environ.get("TERM") == "dumb":
            return False
        return _is_terminal(stream)


def error_row(error: CredentialsError) -> dict[str, str | None]:
    """Return an error as JSON has it."""
    return {"code": error.code, "message": error.message, "hint": error.hint}


def _safe(text: str) -> str:
    """Return a text that does nothing to a terminal but show itself."""
    return text if text.isprintable() else re.sub(_UNSAFE, "?", text)


def _is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # it is closed
        return False
