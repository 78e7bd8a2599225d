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
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Final

from binance_creds._files._content import read_regular, wipe
from binance_creds._files._errors import ChangedError
from binance_creds._files._reader import LARGEST_BYTES
from binance_creds._files._rules import FileRules, Inspection
from binance_creds._files._walk import Entry, entered, reached
from binance_creds._secret import Secret
from binance_creds.errors import (
    AccessDeniedError,
    ConfigurationError,
    ConflictError,
    CredentialsError,
    MalformedSecretError,
    ProviderUnavailableError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from binance_creds._files._folder import Folder
    from binance_creds._time._deadline import Deadline

__all__ = ["rewrite"]

_PAUSE_SECONDS: Final = 0.01  # until the next try to lock
_MOST_LINKS: Final = 40  # as in `_walk`
_GENERATION: Final = "..data"  # of kubelet: a link that leads from one generation to the next
# One name, so that what a killed writer left is found; hidden, and ignored where `.env*` is.
_NEW: Final = "{dot}{name}.binance-creds-new"
_MODE: Final = 0o600


def rewrite(
    path: str,
    change: Callable[[Secret | None], Secret],
    *,
    rules: FileRules,
    deadline: Deadline,
) -> None:
    """Replace the text of a file, or make the file; blocks until the deadline at most.

    Links are followed: what they lead to is replaced. The new file belongs to the owner of the old
    one, who alone may read and write it.

    Args:
        path: absolute.
        change: takes the text of now, `None` without a file, and gives the new one, or raises.
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
    failure: CredentialsError
    try:
        with ExitStack() as opened:
            folder, name = _reached(path, Inspection(rules), opened)
            with _locked(folder, deadline):
                _replace(folder, name, change, Inspection(rules))
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


def _reached(path: str, inspection: Inspection, opened: ExitStack) -> tuple[Folder, str]:
    """Return the folder that a path really leads to, and the name in it, which is no link."""
    inspection.begin(path)
    for _ in range(_MOST_LINKS):
        above, name = os.path.split(path)
        entry = opened.enter_context(reached(above, inspection))
        folder = opened.enter_context(entered(entry, inspection))
        status = _status(folder, name)
        is_generation = os.path.basename(folder.path).startswith("..")
        if is_generation or _status(folder, _GENERATION) is not None:
            raise _OF_KUBELET.again()
        if status is None or not stat.S_ISLNK(status.st_mode):
            return folder, name
        inspection.link(status, os.path.join(folder.path, name), is_in_shared=folder.is_shared)
        path = os.path.join(folder.path, folder.target_of(name))
    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))


def _status(folder: Folder, name: str) -> os.stat_result | None:
    try:
        return folder.status_of(name, follow=False)
    except FileNotFoundError:
        return None


@contextmanager
def _locked(folder: Folder, deadline: Deadline) -> Iterator[None]:
    """Let one writer of this library be in the folder at a time; the end of a process frees it."""
    descriptor = folder.open_itself()
    try:
        while not _has_locked(descriptor):
            if deadline.is_over:
                msg = f"another program is writing in the folder {folder.path}."
                raise ProviderUnavailableError(msg, hint="Wait for it, and try again.")
            time.sleep(_PAUSE_SECONDS)
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _has_locked(descriptor: int | None) -> bool:
    try:
        import fcntl  # noqa: PLC0415  # not on Windows
    except ImportError:
        return True
    if descriptor is None:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system that cannot lock folders, such as some of NFS
        return True
    return True


def _replace(
    folder: Folder, name: str, change: Callable[[Secret | None], Secret], inspection: Inspection
) -> None:
    before = _status(folder, name)
    text = None if before is None else _read(folder, name, before, inspection)
    new = change(text)
    temporary = _NEW.format(dot="" if name.startswith(".") else ".", name=name)
    with suppress(FileNotFoundError):  # of a writer that was killed: the lock is ours
        folder.remove(temporary)
    try:
        _write(folder, temporary, new, before)
        _refuse_another(_status(folder, name), before)
        folder.rename(temporary, name)
    except BaseException:
        with suppress(OSError):
            folder.remove(temporary)
        raise
    with suppress(OSError):  # it is replaced; not every file system can sync a folder
        folder.sync()


def _read(folder: Folder, name: str, status: os.stat_result, inspection: Inspection) -> Secret:
    path = os.path.join(folder.path, name)
    if not stat.S_ISREG(status.st_mode):
        is_folder = stat.S_ISDIR(status.st_mode)
        why = "a folder, whose files cannot be replaced at once" if is_folder else "no regular file"
        raise ConfigurationError(f"{path} is {why}.", hint="Name one file for the whole pair.")
    inspection.file(status, path, is_in_shared=folder.is_shared)
    if status.st_nlink > 1:
        msg = f"{path} has another name by a hard link, where the old pair would stay."
        raise ConfigurationError(msg, hint="Remove the other name, or make it a symbolic link.")
    descriptor = Entry(folder, name, status).open()
    try:
        content = read_regular(descriptor, LARGEST_BYTES)
    finally:
        os.close(descriptor)
    try:
        return Secret(content)
    finally:
        wipe(content)


def _write(folder: Folder, name: str, text: Secret, before: os.stat_result | None) -> None:
    content = bytearray(text.reveal().encode())
    try:
        if len(content) > LARGEST_BYTES:
            raise _TOO_LARGE.again()
        descriptor = folder.create(name, _MODE)
        try:
            _write_all(descriptor, content)
            if before is not None and os.fstat(descriptor).st_uid != before.st_uid:
                os.fchown(descriptor, before.st_uid, before.st_gid)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    finally:
        wipe(content)


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
_CHANGED_NOW: Final = ConflictError(
    "the file changed while it was being replaced.", hint="Read it again before you store."
)
_TOO_LARGE: Final = MalformedSecretError(
    "the file would be larger than any that is read.",
    reason="too_large",
    hint="Use a file of its own for the credentials.",
)
