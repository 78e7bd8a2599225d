"""The files of an audit: names, rights, the key."""

from __future__ import annotations

import os
import secrets
import shlex
import stat
from typing import Final

from binance_creds.errors import AccessDeniedError, ConfigurationError, SecretNotFoundError

__all__ = ["key_at", "key_path_of", "older", "opened", "renamed"]

_MODE: Final = 0o600
_KEY_BYTES: Final = 32
_FLAGS: Final = sum(getattr(os, name, 0) for name in ("O_CLOEXEC", "O_NOFOLLOW", "O_BINARY"))


def key_path_of(path: str) -> str:
    """Return where the key of an audit is, if it is nowhere else."""
    return f"{path}.key"


def key_at(path: str, *, is_made: bool) -> bytes:
    """Return the key in a file.

    Args:
        path: of the key.
        is_made: make it, if there is none.

    Raises:
        SecretNotFoundError: there is none.
        AccessDeniedError: it cannot be read, or others can read it.
        ConfigurationError: it is no key.
    """
    try:
        if is_made and not os.path.lexists(path):
            _make_key(path)
        with open(os.open(path, os.O_RDONLY | _FLAGS), "rb") as file:
            _refuse_open_to_others(os.fstat(file.fileno()), path)
            key = file.read(1024).strip()
    except FileNotFoundError:
        msg = f"there is no key {path}."
        hint = "The file cannot be verified without the key that it was written with."
        raise SecretNotFoundError(msg, hint=hint) from None
    except OSError as error:
        raise refused(error, path) from None
    if len(key) < _KEY_BYTES:
        msg = f"{path} holds less than {_KEY_BYTES} bytes, which is no key."
        raise ConfigurationError(msg, hint="Remove it, so that one is made, or write a longer one.")
    return key


def _make_key(path: str) -> None:
    """Write a new key; whoever comes first wins, and nobody reads half of one."""
    temporary = f"{path}.{os.getpid()}"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FLAGS, _MODE)
    try:
        with open(descriptor, "wb") as file:
            file.write(secrets.token_hex(_KEY_BYTES).encode() + b"\n")
        try:
            os.link(temporary, path)
        except FileExistsError:
            return
    finally:
        os.remove(temporary)


def opened(path: str) -> int:
    """Return a descriptor that reads an audit file, and appends to it; it is made if need be.

    Raises:
        AccessDeniedError: it cannot be opened, or others can read or write it.
        ConfigurationError: it is no regular file.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | _FLAGS, _MODE)
    except OSError as error:
        raise refused(error, path) from None
    try:
        _refuse_unsafe(os.fstat(descriptor), path)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _refuse_unsafe(status: os.stat_result, path: str) -> None:
    if not stat.S_ISREG(status.st_mode):
        msg = f"{path} is no regular file."
        raise ConfigurationError(msg, hint="Name a file that audit.start may make.")
    _refuse_open_to_others(status, path)


def _refuse_open_to_others(status: os.stat_result, path: str) -> None:
    if os.name == "posix" and status.st_mode & 0o077:
        msg = f"others than its owner may open {path} (mode {stat.S_IMODE(status.st_mode):04o})."
        raise AccessDeniedError(msg, hint=f"Run: chmod 600 {shlex.quote(path)}")


def refused(error: OSError, path: str) -> AccessDeniedError:
    """Return the error for an audit file that cannot be opened."""
    msg = f"the audit file {path} cannot be opened ({error.strerror})."
    return AccessDeniedError(msg, hint="Name a file in a folder that this user can write.")


def older(path: str) -> list[str]:
    """Return the files that an audit file followed, the oldest first."""
    found = []
    number = 1
    while os.path.exists(name := f"{path}.{number}"):
        found.append(name)
        number += 1
    return found[::-1]


def renamed(path: str, keep: int) -> None:
    """Make room for a new file: each gets the next number, and the oldest goes."""
    names = [path, *(f"{path}.{number}" for number in range(1, keep + 1))]
    for new, old in zip(names[:0:-1], names[-2::-1], strict=True):
        if os.path.exists(old):
            os.replace(old, new)
