"""The new file that takes the place of an old one, in a folder that is locked."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from binance_creds._files._content import read_regular
from binance_creds._files._folder import Entry
from binance_creds._files._reader import LARGEST_BYTES
from binance_creds._files._rules import FileRules, Inspection
from binance_creds._secret import Buffer, Secret
from binance_creds.errors import ConfigurationError, ConflictError, MalformedSecretError

if TYPE_CHECKING:
    from collections.abc import Callable

    from binance_creds._files._folder import Folder

__all__ = ["replace", "status_at", "try_to_replace"]

# One name, so that what a killed writer left is found; hidden, and ignored where `.env*` is.
_NEW: Final = "{dot}{name}.binance-creds-new"
_MODE: Final = 0o600
_BLOCK_BYTES: Final = 4096  # more than a pair needs, and what file systems give at least


def replace(
    folder: Folder, name: str, change: Callable[[Secret | None], Secret | None], rules: FileRules
) -> None:
    """Give a file the text that `change` makes of its own, or remove it.

    Raises:
        OSError: the system refuses.
        CredentialsError: it cannot be replaced, or `change` raised it. Nothing was changed.
    """
    before = status_at(folder, name)
    text = None if before is None else _read(folder, name, before, rules)
    new = change(text)
    temporary = _temporary(folder, name)
    if new is None:
        _refuse_another(status_at(folder, name), before)
        folder.remove(name)
    else:
        try:
            _write(folder, temporary, new, before)
            _refuse_another(status_at(folder, name), before)
            folder.rename(temporary, name)
        except BaseException:
            with suppress(OSError):
                folder.remove(temporary)
            raise
    with suppress(OSError):  # it is replaced; not every file system can sync a folder
        _sync(folder)


def try_to_replace(
    folder: Folder, name: str, change: Callable[[Secret | None], object], rules: FileRules
) -> None:
    """Change the text, make a file of zeros, and remove it; raise what `replace` would raise."""
    before = status_at(folder, name)
    change(None if before is None else _read(folder, name, before, rules))
    temporary = _temporary(folder, name)
    try:
        descriptor = _created(folder, temporary, before)
        try:
            _write_all(descriptor, bytearray(_BLOCK_BYTES))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    finally:
        with suppress(FileNotFoundError):
            folder.remove(temporary)


def _temporary(folder: Folder, name: str) -> str:
    """Return the name of the new file, which is free."""
    temporary = _NEW.format(dot="" if name.startswith(".") else ".", name=name)
    with suppress(FileNotFoundError):  # of a writer that was killed: the lock is ours
        folder.remove(temporary)
    return temporary


def _inspect(folder: Folder, name: str, status: os.stat_result, rules: FileRules) -> None:
    """Refuse what cannot be replaced by a file."""
    path = os.path.join(folder.path, name)
    if not stat.S_ISREG(status.st_mode):
        is_folder = stat.S_ISDIR(status.st_mode)
        why = "a folder, whose files cannot be replaced at once" if is_folder else "no regular file"
        raise ConfigurationError(f"{path} is {why}.", hint="Name one file for the whole pair.")
    Inspection(rules).file(status, path, is_in_shared=folder.is_shared)
    if status.st_nlink > 1:
        msg = f"{path} has another name by a hard link, where the old pair would stay."
        raise ConfigurationError(msg, hint="Remove the other name, or make it a symbolic link.")


def _read(folder: Folder, name: str, status: os.stat_result, rules: FileRules) -> Secret:
    _inspect(folder, name, status, rules)
    descriptor = Entry(folder, name, status).open()
    try:
        return Secret(read_regular(descriptor, LARGEST_BYTES, status.st_size))
    finally:
        os.close(descriptor)


def _write(folder: Folder, name: str, text: Secret, before: os.stat_result | None) -> None:
    content = Buffer(text.reveal().encode())
    if len(content) > LARGEST_BYTES:
        raise _TOO_LARGE.again()
    descriptor = _created(folder, name, before)
    try:
        _write_all(descriptor, content)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _created(folder: Folder, name: str, before: os.stat_result | None) -> int:
    """Return a descriptor of a new file of the owner of the old one."""
    descriptor = folder.create(name, _MODE)
    try:
        if before is not None and os.fstat(descriptor).st_uid != before.st_uid:
            os.fchown(descriptor, before.st_uid, before.st_gid)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _write_all(descriptor: int, content: bytearray) -> None:
    written = 0
    with memoryview(content) as view:
        while written < len(content):
            with view[written:] as rest:
                written += os.write(descriptor, rest)


def _refuse_another(now: os.stat_result | None, before: os.stat_result | None) -> None:
    if _identity(now) != _identity(before):
        raise _CHANGED_NOW.again()


def _identity(status: os.stat_result | None) -> tuple[int, ...] | None:
    if status is None:
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def status_at(folder: Folder, name: str) -> os.stat_result | None:
    """Return the status of a name, which may be a link; `None` where it is free."""
    try:
        return folder.status_of(name, follow=False)
    except FileNotFoundError:
        return None


_CHANGED_NOW: Final = ConflictError(
    "the file changed while it was being replaced.", hint="Read it again before you store."
)
_TOO_LARGE: Final = MalformedSecretError(
    "the file would be larger than any that is read.",
    reason="too_large",
    hint="Use a file of its own for the credentials.",
)


def _sync(folder: Folder) -> None:
    """Let the names of a folder reach the disk, where the platform can."""
    descriptor = folder.open_itself()
    if descriptor is not None:
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
