"""Find the program of a command, and choose the variables that it gets."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final

from binance_creds._parse._names import Names
from binance_creds._raw import SIGNING_FIELDS
from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from binance_creds._command import Command

__all__ = ["argv_of", "variables_of"]

_OF_A_SESSION: Final = frozenset(
    {
        *("HOME", "LOGNAME", "PATH", "SHELL", "TMPDIR", "TZ", "USER"),
        *("LANG", "LANGUAGE", "TERM"),
        *("DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "GPG_TTY", "SSH_AUTH_SOCK", "WAYLAND_DISPLAY"),
    }
)
_STARTS: Final = ("LC_", "XDG_")
_LIBRARIES: Final = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
_OURS: Final = frozenset({*SIGNING_FIELDS, "passphrase"})


def argv_of(command: Command, environ: Mapping[str, str]) -> list[str]:
    """Return what is run: an absolute path, and the arguments with `~/` replaced.

    Raises:
        ConfigurationError: there is no such program, or it cannot be run.
    """
    home = os.path.expanduser("~")
    argv = [home + one[1:] if one.startswith("~/") else one for one in command.argv]
    return [_found(argv[0], environ), *argv[1:]]


def variables_of(command: Command, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables for a program: of all that are set, none that holds a part of a pair."""
    names = Names(takes_bare=False)
    wanted = command.variables
    found = {
        name: text
        for name, text in environ.items()
        if (wanted is None or name in wanted or _is_of_a_session(name))
        and names.field(name) not in _OURS
    }
    return _unfrozen(found, environ) if getattr(sys, "frozen", False) else found


def _unfrozen(found: dict[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """Take out the libraries of a frozen program, which other programs must not load.

    Source: PyInstaller, "Common Issues and Pitfalls", launching external programs.
    """
    kept = {name: text for name, text in found.items() if name not in _LIBRARIES}
    before = {name: environ[f"{name}_ORIG"] for name in _LIBRARIES if f"{name}_ORIG" in environ}
    return kept | before


def _is_of_a_session(name: str) -> bool:
    return name in _OF_A_SESSION or name.startswith(_STARTS)


def _found(program: str, environ: Mapping[str, str]) -> str:
    if os.path.isabs(program):
        paths: list[str] = [program]
    elif os.sep in program:
        msg = "the program is a relative path, and anybody may have put it there."
        raise ConfigurationError(msg, hint="Write its absolute path, or its name alone.")
    else:
        paths = list(_in_path(program, environ))
    files = [path for path in paths if os.path.isfile(path)]
    usable = [path for path in files if os.access(path, os.X_OK)]
    if usable:
        return usable[0]
    if files:
        msg = f"{files[0]} is not executable for this user."
        raise ConfigurationError(msg, hint="Correct its mode, or argv.")
    msg = "the program is not installed, or not in a folder of PATH."
    hint = "Install it, or write its absolute path into argv: services often have a short PATH."
    if " " in program:
        hint = 'No shell splits it: write argv = ["pass", "show", "binance"], a text for each word.'
    raise ConfigurationError(msg, hint=hint)


def _in_path(name: str, environ: Mapping[str, str]) -> Iterator[str]:
    """Give the paths that a name may have; relative folders of PATH are anybody's."""
    for folder in environ.get("PATH", os.defpath).split(os.pathsep):
        if os.path.isabs(folder):
            yield os.path.join(folder, name)
