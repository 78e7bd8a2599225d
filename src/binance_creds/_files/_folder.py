"""One folder on the way, open where the platform opens folders, and what is at a name in it."""

from __future__ import annotations

import os

from binance_creds._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from binance_creds._files._rules import Inspection

__all__ = ["Entry", "Folder", "inspect", "path_in"]


def _flags() -> int:
    """Return how a folder is opened. `O_PATH` needs no permission to list it, as a path does not.

    Asked for each time, because a platform may have none of them.
    """
    access: int = getattr(os, "O_PATH", os.O_RDONLY)
    kind: int = getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)
    return access | kind | getattr(os, "O_CLOEXEC", 0)


class Folder:
    """Reach the entries of a folder; with a descriptor, whatever happens to its path.

    Attributes:
        path: as it was walked, for messages.
        is_shared: whether others may make entries, but not exchange those of another owner.
    """

    __slots__ = ("_descriptor", "_flags", "is_shared", "path")

    def __init__(self, path: str, descriptor: int | None, flags: int = 0) -> None:
        self.path = path
        self.is_shared = False
        self._descriptor = descriptor
        self._flags = flags

    @classmethod
    def top(cls, path: str) -> Folder:
        """Return a folder by its path, open if the platform opens folders."""
        if os.supports_dir_fd and hasattr(os, "O_DIRECTORY"):
            flags = _flags()
            try:
                return cls(path, os.open(path, flags), flags)
            except OSError:  # a platform that does not open folders after all
                pass
        return cls(path, None)

    def enter_if_open(self, name: str) -> Folder | None:
        """Return a folder in this one; `None` if it is none, or this one has no descriptor.

        Without a descriptor nothing tells whether it is one; of errors, the status of it tells.
        """
        if self._descriptor is None:
            return None
        try:
            return self.enter(name)
        except OSError:
            return None

    def enter(self, name: str) -> Folder:
        """Return a folder in this one, which is no link."""
        path = os.path.dirname(self.path) if name == os.pardir else path_in(self.path, name)
        if self._descriptor is None:
            return Folder(path, None)
        descriptor = os.open(name, self._flags, dir_fd=self._descriptor)
        return Folder(path, descriptor, self._flags)

    def again(self) -> Folder:
        """Return the same folder, to be closed by itself."""
        descriptor = None if self._descriptor is None else os.dup(self._descriptor)
        folder = Folder(self.path, descriptor, self._flags)
        folder.is_shared = self.is_shared
        return folder

    def status(self) -> os.stat_result:
        """Return the status of the folder itself."""
        return os.stat(self.path) if self._descriptor is None else os.fstat(self._descriptor)

    def status_of(self, name: str, *, follow: bool) -> os.stat_result:
        """Return the status of an entry, or of what it leads to."""
        return os.stat(self._at(name), dir_fd=self._descriptor, follow_symlinks=follow)

    def target_of(self, name: str) -> str:
        """Return where a link leads."""
        return os.readlink(self._at(name), dir_fd=self._descriptor)

    def open_file(self, name: str, *, follow: bool) -> int:
        """Return a descriptor of a file, without waiting for the writer of a pipe."""
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
        flags |= getattr(os, "O_BINARY", 0) | (0 if follow else getattr(os, "O_NOFOLLOW", 0))
        return os.open(self._at(name), flags, dir_fd=self._descriptor)

    def open_itself(self) -> int | None:
        """Return a descriptor of the folder to lock or list; `None` where it has none."""
        if self._descriptor is None:
            return None
        return os.open(".", os.O_RDONLY | os.O_DIRECTORY, dir_fd=self._descriptor)

    def create(self, name: str, mode: int) -> int:
        """Return a descriptor of a new file to write; one of that name is an error."""
        extra = sum(getattr(os, it, 0) for it in ("O_CLOEXEC", "O_BINARY", "O_NOFOLLOW"))
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | extra
        return os.open(self._at(name), flags, mode, dir_fd=self._descriptor)

    def rename(self, old: str, new: str) -> None:
        """Let a file take the name of another, which is gone with that."""
        folder = self._descriptor
        os.replace(self._at(old), self._at(new), src_dir_fd=folder, dst_dir_fd=folder)

    def remove(self, name: str) -> None:
        """Remove a file."""
        os.unlink(self._at(name), dir_fd=self._descriptor)

    def names(self) -> list[str]:
        """Return the names of the entries."""
        readable = self.open_itself()
        if readable is None:
            return os.listdir(self.path)
        try:
            return os.listdir(readable)
        finally:
            os.close(readable)

    def close(self) -> None:
        """Give the descriptor back."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _at(self, name: str) -> str:
        return name if self._descriptor is not None else path_in(self.path, name)


class Entry(NamedTuple):
    """What a path leads to: a name in a folder, which is closed at the end of a `with`.

    Attributes:
        folder: the folder that really has it.
        name: in that folder.
        status: of what is there, which is no link.
        is_followed: whether opening the name must follow it.
    """

    folder: Folder
    name: str
    status: os.stat_result
    is_followed: bool = False

    @property
    def path(self) -> str:
        """Its path, without links."""
        return path_in(self.folder.path, self.name)

    def open(self) -> int:
        """Return a descriptor of the file."""
        return self.folder.open_file(self.name, follow=self.is_followed)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.folder.close()


def inspect(folder: Folder, inspection: Inspection, *, is_in_shared: bool = False) -> None:
    """Refuse a folder in which another user could exchange what is in it.

    Raises:
        AccessDeniedError: as `Inspection.folder` does.
    """
    folder.is_shared = inspection.folder(folder.status(), folder.path, is_in_shared=is_in_shared)


def path_in(folder: str, name: str) -> str:
    """Return the path of an entry, in a fifth of the time that `os.path.join` takes."""
    return folder + name if folder.endswith(os.sep) else f"{folder}{os.sep}{name}"
