"""The public functions: each makes one scan."""

from __future__ import annotations

import os
from typing import IO, TYPE_CHECKING

from binance_creds.errors import SecretNotFoundError
from binance_creds.scan._find._windows import STEP
from binance_creds.scan._git import scan_history, scan_staged
from binance_creds.scan._scanner import Scanner
from binance_creds.scan._tree import scan_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from binance_creds.scan._findings import Report
    from binance_creds.scan._own._digests import OwnKeys

    Progress = Callable[[Report], object]

__all__ = ["history", "paths", "staged", "stream"]


def paths(
    where: Iterable[str | os.PathLike[str]] | str | os.PathLike[str],
    *,
    own: OwnKeys | None = None,
    on_progress: Progress | None = None,
) -> Report:
    """Look for keys in files and folders; blocks until they are read.

    Files that git ignores are read as well, links and the folder `.git` are not. What cannot be
    read, archives and images are named in the report.

    Args:
        where: files, or folders with everything in them, or one of them.
        own: your own keys, which are looked for in every encoding.
        on_progress: is called after each file.

    Raises:
        SecretNotFoundError: one of them does not exist.
    """
    scanner = Scanner(own, on_progress)
    for path in (where,) if isinstance(where, str | os.PathLike) else where:
        if not os.path.lexists(path):
            msg = f"there is no file or folder {os.path.abspath(path)}."
            raise SecretNotFoundError(msg)
        scan_path(scanner, os.fspath(path))
    return scanner.report


def stream(
    file: IO[bytes],
    *,
    name: str = "(standard input)",
    own: OwnKeys | None = None,
    on_progress: Progress | None = None,
) -> Report:
    """Look for keys in what a binary file gives, of any size.

    Args:
        file: is read to its end.
        name: how findings name it.
        own: your own keys, which are looked for in every encoding.
        on_progress: is called at the end.
    """
    scanner = Scanner(own, on_progress)
    scanner.look_at(name, file.read(STEP), file.read)
    return scanner.report


def staged(
    folder: str | os.PathLike[str] = ".",
    *,
    own: OwnKeys | None = None,
    on_progress: Progress | None = None,
) -> Report:
    """Look for keys in the files that the next commit of a repository changes, as a whole.

    Args:
        folder: in the repository.
        own: your own keys, which are looked for in every encoding.
        on_progress: is called after each file.

    Raises:
        ConfigurationError: there is no repository, or a staged file cannot be read.
    """
    scanner = Scanner(own, on_progress)
    scan_staged(scanner, os.fspath(folder))
    return scanner.report


def history(
    folder: str | os.PathLike[str] = ".",
    *,
    commits: str | None = None,
    own: OwnKeys | None = None,
    on_progress: Progress | None = None,
) -> Report:
    """Look for keys in what a repository holds: files of all commits, messages, tags, notes.

    Args:
        folder: in the repository.
        commits: a range, such as `main..topic`; without one everything, also what no branch leads
            to any more.
        own: your own keys, which are looked for in every encoding.
        on_progress: is called after each object.

    Raises:
        ConfigurationError: there is no repository, or no such range.
    """
    scanner = Scanner(own, on_progress)
    scan_history(scanner, os.fspath(folder), commits)
    return scanner.report
