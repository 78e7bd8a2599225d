"""How a command ends: one table for all of them."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from binance_creds.errors import CredentialsError

__all__ = ["ExitCode", "exit_code_of", "exit_code_of_code"]


class ExitCode(IntEnum):
    """The exit codes of all commands; `exec` ends with the code of the program that it runs.

    Attributes:
        DONE: it did what was asked.
        FINDING: a check failed, a source lacks what was asked for, or a store holds something else.
        USAGE: the command line or the configuration is wrong.
        UNAVAILABLE: a store, the exchange, or standard output.
        DENIED: a store refuses.
        DUE: a key is to be replaced now or soon.
        DEFECT: of this library.
        INTERRUPTED: Ctrl-C.
        CLOSED_PIPE: whoever read the output has ended.
    """

    DONE = 0
    FINDING = 1
    USAGE = 2
    UNAVAILABLE = 3
    DENIED = 4
    DUE = 5
    DEFECT = 70
    INTERRUPTED = 130
    CLOSED_PIPE = 141


_CODES: Final = {
    "conflict": ExitCode.FINDING,
    "invalid_argument": ExitCode.USAGE,
    "not_installed": ExitCode.USAGE,
    "permission_denied": ExitCode.DENIED,
    "resource_exhausted": ExitCode.UNAVAILABLE,
    "unauthenticated": ExitCode.DENIED,
    "unavailable": ExitCode.UNAVAILABLE,
}


def exit_code_of(error: CredentialsError) -> ExitCode:
    """Return the exit code of an error; what a source lacks or holds in vain is a finding."""
    return exit_code_of_code(error.code)


def exit_code_of_code(code: str | None) -> ExitCode:
    """Return the exit code of the `code` of an error."""
    return _CODES.get(code or "", ExitCode.FINDING)
