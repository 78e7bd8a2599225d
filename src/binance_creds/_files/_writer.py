"""Replace one file at once, and only what was read of it.

The new text is written beside the old file, reaches the disk, and takes its name: whoever reads or
is killed meanwhile has the old file or the new one. Writers of this library take turns by a lock on
the folder; of another program's, what it has written before the last moment is noticed.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Final

from binance_creds._files._errors import ChangedError
from binance_creds._files._folder import Folder
from binance_creds._files._locks import try_to_lock
from binance_creds._files._replacing import replace, status_at, try_to_replace
from binance_creds._files._rules import FileRules, Inspection
from binance_creds._files._walk import entered, reached
from binance_creds.errors import (
    AccessDeniedError,
    ConfigurationError,
    CredentialsError,
    ProviderUnavailableError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from binance_creds._secret import Secret
    from binance_creds._time._deadline import Deadline

__all__ = ["check_rewrite", "rewrite", "turn"]

_PAUSE_SECONDS: Final = 0.01  # until the next try to lock
_MOST_LINKS: Final = 40  # as in `_walk`
_GENERATION: Final = "..data"  # of kubelet: a link that leads from one generation to the next


def rewrite(
    path: str,
    change: Callable[[Secret | None], Secret | None],
    *,
    rules: FileRules,
    deadline: Deadline,
) -> None:
    """Replace the text of a file, or make the file; blocks until the deadline at most.

    Links are followed: what they lead to is replaced. The new file belongs to the owner of the old
    one, who alone may read and write it.

    Args:
        path: absolute.
        change: takes the text of now, `None` without a file, and gives the new one, `None` to
            remove the file; or raises.
        rules: as for reading.
        deadline: ends the waiting for another writer.

    Raises:
        AccessDeniedError: this user may not write there, or others could change the file.
        ConfigurationError: it is no regular file, or belongs to kubelet or a mount.
        ConflictError: another program changed it meanwhile.
        ProviderUnavailableError: no space, a failing disk, or another writer that does not end.
        MalformedSecretError: its text is too large, or not UTF-8.
        CredentialsError: `change` raised it. In each case nothing was written.
    """
    _acted(path, lambda folder, name: replace(folder, name, change, rules), rules, deadline)


def check_rewrite(
    path: str,
    change: Callable[[Secret | None], object],
    *,
    rules: FileRules,
    deadline: Deadline,
) -> None:
    """Find out whether `rewrite` could replace a file: one of zeros is made and removed.

    Raises:
        CredentialsError: as `rewrite` does.
    """
    _acted(path, lambda folder, name: try_to_replace(folder, name, change, rules), rules, deadline)


def _acted(
    path: str, act: Callable[[Folder, str], None], rules: FileRules, deadline: Deadline
) -> None:
    failure: CredentialsError
    try:
        with ExitStack() as opened:
            folder, name = followed(path, Inspection(rules), opened)
            with _locked(folder, deadline):
                act(folder, name)
    except OSError as error:
        failure = _typed(error, path)
    except ChangedError:
        msg = f"a folder on the way to {path} changed meanwhile."
        failure = ProviderUnavailableError(msg, hint="Try again.")
    except CredentialsError as error:
        failure = error.again()
    else:
        return
    raise failure


def followed(path: str, inspection: Inspection, opened: ExitStack) -> tuple[Folder, str]:
    """Return the folder that a path really leads to, and the name in it, which is no link."""
    inspection.begin(path)
    for _ in range(_MOST_LINKS):
        above, name = os.path.split(path)
        entry = opened.enter_context(reached(above, inspection))
        folder = opened.enter_context(entered(entry, inspection))
        status = status_at(folder, name)
        is_generation = os.path.basename(folder.path).startswith("..")
        if is_generation or status_at(folder, _GENERATION) is not None:
            raise _OF_KUBELET.again()
        if status is None or not stat.S_ISLNK(status.st_mode):
            return folder, name
        inspection.link(status, os.path.join(folder.path, name), is_in_shared=folder.is_shared)
        path = os.path.join(folder.path, folder.target_of(name))
    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))


@contextmanager
def turn(path: str, deadline: Deadline, *, source: str | None = None) -> Iterator[None]:
    """Let one writer of this library use what belongs to a folder at a time, as `rewrite` does.

    A folder that cannot be opened or locked lets everybody in.

    Raises:
        ProviderUnavailableError: another writer does not end.
    """
    with Folder.top(path) as folder, _locked(folder, deadline, source):
        yield


@contextmanager
def _locked(folder: Folder, deadline: Deadline, source: str | None = None) -> Iterator[None]:
    """Let one writer of this library be in the folder at a time; the end of a process frees it."""
    descriptor = folder.open_itself()
    try:
        while descriptor is not None and not try_to_lock(descriptor):
            if deadline.is_over:
                msg = f"another program is writing, and holds the lock of {folder.path}."
                raise ProviderUnavailableError(
                    msg, source=source, hint="Wait for it, and try again."
                )
            time.sleep(_PAUSE_SECONDS)
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _typed(error: OSError, path: str) -> CredentialsError:
    """Map an error of the operating system while a file is replaced."""
    kind: type[CredentialsError] = ConfigurationError
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT | errno.EFBIG:
            kind, message = ProviderUnavailableError, "there is no space left to write"
        case errno.EACCES | errno.EPERM | errno.EROFS:
            kind, message = AccessDeniedError, "this user may not write, or not keep the owner of,"
        case errno.ENOENT | errno.ENOTDIR:
            message = "there is no such folder for"
        case errno.EBUSY | errno.EXDEV:  # Docker mounts a single file: its name cannot be taken
            message = "a mount keeps from being replaced"
        case errno.ELOOP | errno.ENAMETOOLONG | errno.EINVAL | errno.EISDIR:
            message = "no file can be written at"
        case _:
            kind, message = ProviderUnavailableError, "the system could not write"
    name = errno.errorcode.get(error.errno or 0, "an unknown error")
    return kind(f"{message} {path}.", hint=f"Nothing was changed. The system says {name}.")


_OF_KUBELET: Final = ConfigurationError(
    "this folder belongs to kubelet, which replaces it as a whole.",
    hint="Change the Secret object in Kubernetes instead.",
)
