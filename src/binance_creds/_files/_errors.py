"""What the operating system's answers mean."""

from __future__ import annotations

import errno

from binance_creds._files._paths import unexpanded
from binance_creds._typing import TYPE_CHECKING
from binance_creds.errors import (
    AccessDeniedError,
    ConfigurationError,
    CredentialsError,
    MalformedSecretError,
    ProviderUnavailableError,
    SecretNotFoundError,
)

if TYPE_CHECKING:
    from typing import Final, NoReturn

__all__ = ["ChangedError", "is_passing", "refuse_size", "typed_os_error"]

_PASSING: Final = frozenset(
    {
        errno.ESTALE,  # NFS: the server has replaced what a cached handle stands for
        errno.EINTR,  # where PEP 475 does not retry by itself, as in FUSE file systems
        errno.EAGAIN,  # a lease or a mandatory lock is being given up
        errno.EBUSY,  # a mount is being exchanged
        errno.ETXTBSY,  # a program is being installed there
    }
)
# ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION: another program, such as a virus scanner, has
# the file open; errno says EACCES.
_WINDOWS_PASSING: Final = frozenset({32, 33})


class ChangedError(Exception):
    """Something changed or vanished while it was read: read again."""


def is_passing(error: OSError) -> bool:
    """Return whether the same call is likely to succeed at once when it is repeated."""
    return error.errno in _PASSING or _is_in_use(error)


def typed_os_error(error: OSError, source: str, shown: str | None = None) -> CredentialsError:
    """Map an error of the operating system.

    Args:
        error: its `filename` is the path that failed.
        source: redacted.
        shown: what to show instead of that path.
    """
    path = error.filename if isinstance(error.filename, str) else ""
    kind: type[CredentialsError]
    match error.errno:
        case _ if _is_in_use(error):
            kind, message = ProviderUnavailableError, "another program keeps it open"
        case errno.ENOENT if form := unexpanded(path, shown or path):
            kind, message = ConfigurationError, form
        case errno.ENOENT | errno.ENOTDIR:  # absent, or a file where a folder should be
            kind, message = SecretNotFoundError, "there is no such file or folder"
        case errno.EACCES | errno.EPERM:  # mode, owner, or a security module
            kind, message = AccessDeniedError, "this user may not read it"
        case errno.ELOOP | errno.ENAMETOOLONG | errno.EINVAL | errno.EISDIR | errno.ENXIO:
            # a circle of links, a directory, a socket, a path that no file can have
            kind, message = ConfigurationError, "this path cannot be read as a file"
        case _:  # ESTALE and EIO of network and failing disks, EMFILE and the like
            kind, message = ProviderUnavailableError, "the system could not read it"
    name = errno.errorcode.get(error.errno or 0, "an unknown error")
    advice = _ADVICE.get(kind, "") if error.errno in {errno.ENOENT, errno.ENOTDIR} else ""
    path = shown or path
    return kind(
        f"{message}: {path}." if path else f"{message}.",
        source=source,
        hint=f"The system says {name}.{advice}",
    )


_ADVICE: Final[dict[type[CredentialsError], str]] = {
    ConfigurationError: " Write the path as it is, or begin it with ~/ for the home folder.",
    SecretNotFoundError: " Check the path, or write the file.",
}


def refuse_size(largest_bytes: int) -> NoReturn:
    """Refuse a file that is larger than any of its kind.

    Raises:
        MalformedSecretError: always.
    """
    msg = f"it is larger than {largest_bytes // 1024} KiB."
    raise MalformedSecretError(msg, reason="too_large", hint="Name the file of the key itself.")


def _is_in_use(error: OSError) -> bool:
    return getattr(error, "winerror", None) in _WINDOWS_PASSING
