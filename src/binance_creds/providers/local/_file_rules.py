"""What is asked of a file that holds a secret, and what the operating system's answers mean."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING, Final, NamedTuple, NoReturn

from binance_creds._warnings import warn
from binance_creds.errors import (
    AccessDeniedError,
    ConfigurationError,
    CredentialsError,
    MalformedSecretError,
    ProviderUnavailableError,
    SecretNotFoundError,
)

if TYPE_CHECKING:
    from binance_creds._uri import SourceURI

__all__ = ["LARGEST_BYTES", "FileRules", "refuse_size", "typed_os_error"]

LARGEST_BYTES: Final = 64 * 1024  # what the largest store takes; more is not a credential


class FileRules(NamedTuple):
    """What is allowed beyond the defaults, and for whom.

    Attributes:
        is_relaxed: warn of unsafe permissions instead of refusing.
        takes_pipe: read a FIFO or a `/dev/fd` of the shell.
        user: the effective user; `None` asks the system.
    """

    is_relaxed: bool = False
    takes_pipe: bool = False
    user: int | None = None

    @classmethod
    def of(cls, uri: SourceURI) -> FileRules:
        """Return the rules that the options `permissions` and `pipe` ask for."""
        is_relaxed = uri.choice("permissions", "strict", "relaxed") == "relaxed"
        return cls(is_relaxed=is_relaxed, takes_pipe=uri.flag("pipe"))

    def check_kind(self, status: os.stat_result) -> None:
        """Refuse what is neither a regular file nor a pipe that was asked for."""
        is_pipe = stat.S_ISFIFO(status.st_mode) and self.takes_pipe
        if not (stat.S_ISREG(status.st_mode) or is_pipe):
            msg = "it is not a regular file."
            hint = "Name a file; for a pipe of the shell add the option pipe=true."
            raise ConfigurationError(msg, hint=hint)

    def check_file(self, status: os.stat_result, path: str) -> None:
        """Refuse a file that others could have written; warn of one that others can read."""
        if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            self._object(f"others may write {path}.", f"Run: chmod 600 {path}")
        elif status.st_mode & stat.S_IROTH:
            warn(f"every user of this machine can read {path}. Run: chmod 600 {path}")
        user = os.geteuid() if self.user is None else self.user
        if status.st_uid in {user, 0}:
            return
        message, hint = f"{path} belongs to another user.", f"Run: chown {user} {path}"
        if user == 0:  # root reads what users own all the time, such as bind mounts
            warn(f"{message} {hint}")
        else:
            self._object(message, hint)

    def check_folder(self, status: os.stat_result, path: str) -> None:
        """Refuse a folder in which everybody may exchange files."""
        if status.st_mode & stat.S_IWOTH and not status.st_mode & stat.S_ISVTX:
            message = f"every user may exchange files in the folder {path}."
            self._object(message, f"Run: chmod o-w {path}")

    def _object(self, message: str, hint: str) -> None:
        if not self.is_relaxed:
            hint = f"{hint} (or, in a container of your own, add permissions=relaxed)."
            raise AccessDeniedError(message, hint=hint)
        warn(f"{message} {hint}")


def refuse_size() -> NoReturn:
    """Refuse a file that is larger than any credential.

    Raises:
        MalformedSecretError: always.
    """
    msg = f"it is larger than {LARGEST_BYTES // 1024} KiB."
    raise MalformedSecretError(msg, reason="too_large", hint="Name the file of the key itself.")


def typed_os_error(error: OSError, source: str) -> CredentialsError:
    """Map an error of the operating system; its text would repeat the path only."""
    kind: type[CredentialsError]
    match error.errno:
        case errno.ENOENT | errno.ENOTDIR:  # absent, or a file where a folder should be
            kind, message = SecretNotFoundError, "there is no such file or folder."
        case errno.EACCES | errno.EPERM:  # mode, owner, or a security module
            kind, message = AccessDeniedError, "this user may not read it."
        case errno.ELOOP | errno.ENAMETOOLONG | errno.EINVAL | errno.EISDIR | errno.ENXIO:
            # a circle of links, a directory, a socket, a path that no file can have
            kind, message = ConfigurationError, "this path cannot be read as a file."
        case _:  # ESTALE and EIO of network and failing disks, EMFILE and the like
            kind, message = ProviderUnavailableError, "the system could not read it."
    name = errno.errorcode.get(error.errno or 0, "an unknown error")
    return kind(message, source=source, hint=f"The system says {name}.")
