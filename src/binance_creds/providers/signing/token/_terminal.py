"""Ask for a PIN on the terminal, once for each token in the life of a process."""

from __future__ import annotations

import os
import select
from typing import TYPE_CHECKING, Final

from binance_creds._secret import Secret
from binance_creds.errors import AuthenticationError

if TYPE_CHECKING:
    from binance_creds._time._deadline import Deadline

__all__ = ["forget_typed", "typed_pin"]

_LINE: Final = 4096  # bytes: the longest that a terminal gives at once
_TYPED: Final[dict[str, Secret]] = {}  # kept, so that a token that was put back needs nobody
_NOT_THERE: Final = "Start the program in a terminal, or let `pin-source` name a file."


def typed_pin(token: str, deadline: Deadline) -> Secret:
    """Return what was typed for a token, unseen; blocks until the deadline.

    Raises:
        AuthenticationError: there is no terminal, or nobody typed in time.
    """
    if token not in _TYPED:
        _TYPED[token] = _asked(f"PIN of the token {token}: ", deadline)
    return _TYPED[token]


def forget_typed(token: str) -> None:
    """Ask again for the PIN of a token, which refused what was typed."""
    _TYPED.pop(token, None)


def _asked(question: str, deadline: Deadline) -> Secret:
    try:
        terminal = os.open("/dev/tty", os.O_RDWR | getattr(os, "O_NOCTTY", 0))
    except OSError:
        terminal = -1
    if terminal < 0:
        msg = "there is no terminal on which to ask for the PIN."
        raise AuthenticationError(msg, hint=_NOT_THERE)
    try:
        entered = _unseen(terminal, question, deadline)
    finally:
        os.close(terminal)
    if entered is None:
        msg = "no PIN was entered in time."
        raise AuthenticationError(msg, hint=_NOT_THERE)
    return entered


def _unseen(terminal: int, question: str, deadline: Deadline) -> Secret | None:
    import termios  # noqa: PLC0415  # POSIX, as the terminal that was opened

    before = termios.tcgetattr(terminal)
    silent = termios.tcgetattr(terminal)
    silent[3] &= ~termios.ECHO
    termios.tcsetattr(terminal, termios.TCSAFLUSH, silent)
    try:
        os.write(terminal, question.encode())
        if not select.select([terminal], [], [], deadline.remaining_seconds)[0]:
            return None
        entered = os.read(terminal, _LINE)
        return Secret(entered.removesuffix(b"\n")) if entered.strip() else None
    finally:
        termios.tcsetattr(terminal, termios.TCSAFLUSH, before)
        os.write(terminal, b"\n")
