"""Files and folders: everything that is there, whether git ignores it or not."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final

from binance_creds.scan._find._windows import STEP

if TYPE_CHECKING:
    from binance_creds.scan._scanner import Scanner

__all__ = ["scan_path"]

_FLAGS: Final = os.O_RDONLY | sum(
    getattr(os, name, 0) for name in ("O_CLOEXEC", "O_NONBLOCK", "O_BINARY", "O_NOCTTY")
)
_OWN_OF_GIT: Final = ".git"  # its objects are compressed: the history is read by git


def scan_path(scanner: Scanner, path: str) -> None:
    """Look at a file, or at everything below a folder, in the order of names.

    Links are not followed, except the path itself; of pipes only the path itself is read.
    """
    try:
        mode = os.stat(path).st_mode
        if stat.S_ISDIR(mode):
            _scan_folder(scanner, path, "" if path == os.curdir else path)
        elif stat.S_ISREG(mode):
            _scan_file(scanner, path, path)
        elif stat.S_ISFIFO(mode):  # such as `<(command)` of a shell
            with open(path, "rb") as file:
                scanner.look_at(path, file.read(STEP), file.read)
        else:
            scanner.leave_out(path, "a device or a socket")
    except OSError as error:
        scanner.leave_out(path, _reason(error))


def _scan_folder(scanner: Scanner, top: str, shown: str) -> None:
    waiting = [(top, shown)]
    while waiting:
        folder, name = waiting.pop()
        try:
            with os.scandir(folder) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError as error:
            scanner.leave_out(name or folder, _reason(error))
            continue
        below: list[tuple[str, str]] = []
        for entry in entries:
            label = f"{name}/{entry.name}" if name else entry.name
            if entry.is_symlink():
                scanner.leave_out(label, "a link")
            elif not entry.is_dir(follow_symlinks=False):
                if entry.is_file(follow_symlinks=False):
                    _scan_file(scanner, entry.path, label)
            elif entry.name != _OWN_OF_GIT:
                below.append((entry.path, label))
        waiting += below[::-1]


def _scan_file(scanner: Scanner, path: str, shown: str) -> None:
    try:
        descriptor = os.open(path, _FLAGS)
    except OSError as error:
        scanner.leave_out(shown, _reason(error))
        return
    try:
        first = os.read(descriptor, STEP)
        if len(first) < STEP and not os.read(descriptor, 1):
            scanner.look_at(shown, first)
        else:
            os.lseek(descriptor, len(first), os.SEEK_SET)
            scanner.look_at(shown, first, partial(os.read, descriptor))
    except OSError as error:
        scanner.leave_out(shown, _reason(error))
    finally:
        with suppress(OSError):
            os.close(descriptor)


def _reason(error: OSError) -> str:
    return f"it cannot be read: {error.strerror}"
