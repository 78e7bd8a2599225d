"""Ask on the terminal itself, whatever the streams are."""

from __future__ import annotations

import os
import sys
from typing import Final

from binance_creds import ConfigurationError, Secret

__all__ = ["entered", "hidden", "line", "shown_until_enter"]

_LINE: Final = 4096  # bytes: the longest that a terminal gives at once


def hidden(question: str) -> Secret:
    """Return a line, or PEM up to its end, that is typed or pasted unseen. Ctrl-C is an interrupt.

    Raises:
        ConfigurationError: there is no terminal, or nothing was entered.
    """
    terminal = _terminal("Give a file: --from pair.json")
    try:
        entered = _unseen(terminal, question)
    finally:
        os.close(terminal)
    if entered is None:
        msg = "nothing was entered."
        raise ConfigurationError(msg)
    return entered


def _terminal(hint: str) -> int:
    try:
        return os.open("/dev/tty", os.O_RDWR | getattr(os, "O_NOCTTY", 0))
    except OSError:
        msg = "there is no terminal to ask on."
    raise ConfigurationError(msg, hint=hint)


def entered(what: str, hint: str) -> Secret:
    """Return what standard input holds.

    Raises:
        ConfigurationError: nothing is there.
    """
    stream = sys.stdin
    if stream is None or stream.closed or stream.isatty():
        msg = f"there is no {what} on standard input."
        raise ConfigurationError(msg, hint=hint)
    return Secret(stream.buffer.read())


def _unseen(terminal: int, question: str) -> Secret | None:
    import termios  # noqa: PLC0415  # POSIX, as the terminal that was opened

    before = termios.tcgetattr(terminal)
    silent = termios.tcgetattr(terminal)
    silent[3] &= ~termios.ECHO
    termios.tcsetattr(terminal, termios.TCSAFLUSH, silent)
    try:
        os.write(terminal, question.encode())
        lines = [os.read(terminal, _LINE)]
        if b"-----BEGIN " in lines[0]:  # all of it, or the rest would be typed into the shell
            while lines[-1] and b"-----END " not in lines[-1]:
                lines.append(os.read(terminal, _LINE))
        entered = b"".join(lines)
        return Secret(entered.removesuffix(b"\n")) if entered.strip() else None
    finally:
        termios.tcsetattr(terminal, termios.TCSAFLUSH, before)
        os.write(terminal, b"\n")


def line(question: str, default: str = "") -> str:
    """Return a line that is typed on the terminal, or the default for an empty one."""
    terminal = _terminal("Give the answer as an option; --help lists them.")
    shown = f"{question} [{default}]: " if default else f"{question}: "
    try:
        os.write(terminal, shown.encode())
        entered = os.read(terminal, _LINE)
    finally:
        os.close(terminal)
    if not entered:  # the end of the input, by Ctrl-D
        msg = "nothing was entered."
        raise ConfigurationError(msg)
    return entered.decode(errors="replace").strip() or default


def shown_until_enter(text: str) -> None:
    """Show a text on a screen of its own, which is gone after Enter and in no history.

    Ctrl-Z would leave it there, and so would TERM or HUP: the one does nothing, the others end the
    program as Ctrl-C does. What was typed before is dropped, so that no old Enter hides the text.
    """
    import signal  # noqa: PLC0415  # as in `_unseen`
    import termios  # noqa: PLC0415  # as in `_unseen`

    terminal = _terminal("Use a terminal.")
    before = termios.tcgetattr(terminal)
    still = termios.tcgetattr(terminal)
    still[3] &= ~termios.ECHO
    still[6][termios.VSUSP] = b"\0"
    handlers = {
        number: signal.signal(number, signal.default_int_handler)
        for number in (signal.SIGTERM, signal.SIGHUP)
    }
    try:
        termios.tcsetattr(terminal, termios.TCSAFLUSH, still)
        os.write(terminal, f"\x1b[?1049h\x1b[H\x1b[J{text}".encode())
        os.read(terminal, _LINE)
    finally:
        os.write(terminal, b"\x1b[H\x1b[J\x1b[?1049l")
        termios.tcsetattr(terminal, termios.TCSAFLUSH, before)
        os.close(terminal)
        for number, handler in handlers.items():
            signal.signal(number, handler)
