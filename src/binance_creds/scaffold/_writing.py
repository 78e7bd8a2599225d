"""`write`: all changes of a set-up, or none."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Final

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
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def write(changes: Iterable[FileChange]) -> None:
    """Write files; each is replaced at once, and none before all are on the disk. Blocks.

    Raises:
        ConflictError: a file is no longer as it was when the change was made.
        AccessDeniedError: this user may not write there.
        ProviderUnavailableError: no space, or the disk fails.
    """
    prepared: list[tuple[str, str]] = []
    failure: CredentialsError | None = None
    try:
        for change in changes:
            path = os.path.realpath(change.path)
            _refuse_another(change, path)
            prepared.append((f"{path}.binance-creds-new", path))
            _prepare(prepared[-1][0], path, change.after)
        while prepared:
            os.replace(*prepared[0])
            del prepared[0]
    except OSError as error:
        failure = _typed(error)
    finally:
        for temporary, _ in prepared:
            with suppress(OSError):
                os.remove(temporary)
    if failure is not None:
        raise failure


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
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    with open(temporary, "w", encoding="utf-8", newline="") as file:
        mode = os.stat(path).st_mode & 0o777 if os.path.exists(path) else _MODE
        if hasattr(os, "fchmod"):  # pragma: no branch  # absent on Windows only
            os.fchmod(file.fileno(), mode)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _typed(error: OSError) -> CredentialsError:
    where = os.fsdecode(error.filename) if error.filename else "the folder"
    hint = f"Nothing was written. The system says: {error.strerror}."
    if error.errno in _FULL:
        return ProviderUnavailableError(f"there is no space left to write {where}.", hint=hint)
    return AccessDeniedError(f"{where} cannot be written.", hint=hint)
