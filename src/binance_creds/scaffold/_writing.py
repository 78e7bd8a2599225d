"""`write`: all changes of a set-up, or none."""

from __future__ import annotations

import errno
import os
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Final

from binance_creds._files._writer import turn
from binance_creds._time._deadline import Deadline
from binance_creds.errors import (
    AccessDeniedError,
    ConflictError,
    CredentialsError,
    ProviderUnavailableError,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from binance_creds.scaffold._changes import FileChange

__all__ = ["write"]

_MODE: Final = 0o644
_WAIT_SECONDS: Final = 5.0  # for another writer
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def write(changes: Iterable[FileChange]) -> None:
    """Write files; each is replaced at once, and none before all are on the disk. Blocks.

    Raises:
        ConflictError: a file is no longer as it was when the change was made.
        AccessDeniedError: this user may not write there.
        ProviderUnavailableError: no space, or the disk fails.
    """
    changes = list(changes)
    done: list[str] = []
    failure: CredentialsError | None = None
    try:
        with ExitStack() as opened:
            for folder in sorted({os.path.dirname(_real(change)) for change in changes}):
                os.makedirs(folder, mode=0o700, exist_ok=True)
                opened.enter_context(turn(folder, Deadline(_WAIT_SECONDS)))
            _replace_all(changes, done)
    except OSError as error:
        failure = _typed(error, done)
    if failure is not None:
        raise failure


def _replace_all(changes: list[FileChange], done: list[str]) -> None:
    prepared: list[tuple[str, str]] = []
    try:
        for change in changes:
            path = _real(change)
            _refuse_another(change, path)
            prepared.append((f"{path}.binance-creds-new", path))
            _prepare(prepared[-1][0], path, change.after)
        for temporary, path in prepared:
            os.replace(temporary, path)
            done.append(path)
    finally:
        for temporary, _ in prepared[len(done) :]:
            with suppress(OSError):
                os.remove(temporary)


def _real(change: FileChange) -> str:
    """Return the path that a link leads to, so that the link stays."""
    return os.path.realpath(change.path)


def _refuse_another(change: FileChange, path: str) -> None:
    try:
        with open(path, encoding="utf-8", newline="") as file:
            now = file.read()
    except FileNotFoundError:
        now = None
    except UnicodeDecodeError:
        now = ""
    if now != change.before:
        msg = f"{change.path} has changed meanwhile, and nothing was written."
        raise ConflictError(msg, hint="Try again.")


def _prepare(temporary: str, path: str, text: str) -> None:
    """Write the new text beside the old, with the mode of the old one."""
    with suppress(FileNotFoundError):  # of a writer that was killed
        os.remove(temporary)
    with open(temporary, "x", encoding="utf-8", newline="") as file:
        mode = os.stat(path).st_mode & 0o777 if os.path.exists(path) else _MODE
        if hasattr(os, "fchmod"):  # pragma: no branch  # absent on Windows only
            os.fchmod(file.fileno(), mode)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _typed(error: OSError, done: list[str]) -> CredentialsError:
    where = os.fsdecode(error.filename) if error.filename else "the folder"
    state = f"Written before that: {', '.join(done)}" if done else "Nothing was written"
    hint = f"{state}. The system says: {error.strerror}."
    if error.errno in _FULL:
        return ProviderUnavailableError(f"there is no space left to write {where}.", hint=hint)
    return AccessDeniedError(f"{where} cannot be written.", hint=hint)
