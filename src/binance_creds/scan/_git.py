"""What git has: staged changes, a range of commits, or everything that the repository holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from binance_creds.errors import ConfigurationError
from binance_creds.scan._content import left_out_by_content
from binance_creds.scan._find._windows import HEAD
from binance_creds.scan._objects import git_lines, objects

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from binance_creds.scan._findings import Sighting
    from binance_creds.scan._scanner import Scanner

__all__ = ["scan_history", "scan_staged"]

_MESSAGES: Final = {"commit": "(commit message)", "tag": "(tag message)"}
_SUBMODULE: Final = b"160000"
_LOG: Final = (
    "log", "--all", "--reflog", "--raw", "--no-abbrev", "--no-renames", "-m", "--format=%H"
)  # fmt: skip
_DIFF: Final = (
    "diff", "--cached", "--raw", "-z", "--no-abbrev", "--no-renames", "--diff-filter=d",
    "--no-ext-diff",
)  # fmt: skip


def scan_staged(scanner: Scanner, folder: str) -> None:
    """Look at the files that the next commit changes, as they are staged.

    Raises:
        ConfigurationError: there is no repository, or what is staged could not be read.
    """
    list(git_lines(folder, "rev-parse", "--git-dir"))  # says whether there is one
    wanted = list(_staged(folder))
    numbers = [number for number, _ in wanted]
    read = 0
    for (_, path), found in zip(wanted, objects(folder, numbers), strict=True):
        if found.kind == "blob":
            read += 1
            scanner.look_at(path, found.first, found.read)
    if read < len(wanted):
        msg = f"{len(wanted) - read} of {len(wanted)} staged files could not be read."
        raise ConfigurationError(msg, hint="Look at the repository with git fsck.")


def scan_history(scanner: Scanner, folder: str, commits: str | None = None) -> None:
    """Look at each object of a range, or of the whole repository.

    The whole includes messages of commits and tags, notes, stashes, and objects that no branch
    leads to any more.

    Args:
        scanner: gets the findings.
        folder: in the repository.
        commits: such as `main..topic`; `None` for everything.

    Raises:
        ConfigurationError: there is no repository, or no such range.
    """
    if commits is None:
        wanted: Iterable[bytes] = git_lines(
            folder, "cat-file", "--batch-all-objects", "--unordered", "--batch-check=%(objectname)"
        )
    else:
        wanted = git_lines(folder, "rev-list", "--objects", "--end-of-options", commits, "--")
    pending: dict[str, list[Sighting]] = {}
    for found in objects(folder, wanted):
        if found.kind == "missing":
            scanner.leave_out(f"(object {found.number})", "git cannot read it")
        elif packed := left_out_by_content(found.number, found.first[:HEAD]):
            command = f"git cat-file blob {found.number} > FILE"
            scanner.leave_out(f"(object {found.number})", packed.reason, command)
        elif found.kind != "tree":
            seen = list(scanner.look_into(found.first, found.read))
            if seen and found.kind in _MESSAGES:
                _add(scanner, _MESSAGES[found.kind], seen, found.number)
            elif seen:
                pending[found.number] = seen
    if pending:
        _add_blobs(scanner, folder, pending)


def _add_blobs(scanner: Scanner, folder: str, pending: dict[str, list[Sighting]]) -> None:
    """Report what blobs have, by the path and the oldest commit in which each of them is."""
    homes: dict[str, tuple[str, str]] = {}
    commit = ""
    wanted = {number.encode() for number in pending}
    for line in git_lines(folder, *_LOG):
        if not line.startswith(b":"):
            commit = line.decode() or commit
            continue
        facts, _, path = line.partition(b"\t")
        number = facts.split(b" ")[3]
        if number in wanted:  # the log goes back in time
            homes[number.decode()] = (path.decode(errors="surrogateescape"), commit)
    for blob, seen in pending.items():
        home, commit = homes.get(blob, (f"(object {blob})", ""))
        _add(scanner, home, seen, commit)


def _add(scanner: Scanner, path: str, seen: list[Sighting], commit: str) -> None:
    for one in seen:
        scanner.add(path, one, commit)


def _staged(folder: str) -> Iterator[tuple[bytes, str]]:
    """Return the id and path of each file that the next commit adds or changes."""
    facts: list[bytes] = []
    for part in git_lines(folder, *_DIFF, separator=b"\0"):
        if facts:
            if facts[1] != _SUBMODULE:
                yield facts[3], part.decode(errors="surrogateescape")
            facts = []
        else:
            facts = part.split(b" ")
