"""Objects of git, each read once, from one process of `git cat-file`."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import tempfile
from typing import IO, TYPE_CHECKING, Final, NamedTuple, cast

from binance_creds.errors import ConfigurationError
from binance_creds.scan._find._windows import STEP

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

__all__ = ["Object", "git_lines", "objects"]

# Nothing that a repository's own configuration names is run, and nothing is fetched.
_GIT: Final = (
    "--no-replace-objects", "-c", "core.fsmonitor=false", "-c", "core.quotePath=false",
    "-c", "log.showSignature=false",  # it would run `gpg.program`
)  # fmt: skip
_ENVIRON: Final = {
    "GIT_ALLOW_PROTOCOL": "",  # none: git before 2.39.4 does not know the next one
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "LC_ALL": "C",
}
_FORMAT: Final = "--batch=%(objectname) %(objecttype) %(objectsize) %(rest)"


class Object(NamedTuple):
    """One object.

    Attributes:
        number: its id.
        kind: `blob`, `commit`, `tag` or `tree`; `missing` for one that cannot be read.
        first: all of it, or its beginning.
        read: the rest.
    """

    number: str
    kind: str
    first: bytes
    read: Callable[[int], bytes] | None


def git_lines(folder: str, *arguments: str, separator: bytes = b"\n") -> Iterator[bytes]:
    """Return what git prints, a line at a time.

    Raises:
        ConfigurationError: git is not there, or it failed.
    """
    with tempfile.TemporaryFile() as errors, _started(folder, arguments, stderr=errors) as process:
        rest = b""
        output = cast("IO[bytes]", process.stdout)
        while part := output.read(STEP):
            *lines, rest = (rest + part).split(separator)
            yield from lines
        if process.wait():
            errors.seek(0)
            said = errors.read(300).decode(errors="replace").strip().splitlines()[:1]
            msg = f"git cannot read the repository of {os.path.abspath(folder)}."
            raise ConfigurationError(msg, hint=f"It says: {''.join(said)}")


def objects(folder: str, wanted: Iterable[bytes]) -> Iterator[Object]:
    """Return the contents of objects; one that git cannot read is `missing`, and others go on.

    Args:
        folder: of the repository.
        wanted: a line for each, which begins with its id.
    """
    with tempfile.TemporaryFile() as all_of_them:
        all_of_them.writelines(line + b"\n" for line in wanted)
        done = 0
        while line := _line(all_of_them, done):  # git ends at what is damaged
            before = done
            for found in _read(folder, all_of_them):
                done += 1
                yield found
            if done == before:  # pragma: no cover  # it said nothing of this one
                done += 1
                yield Object(line.split(b" ")[0].decode(), "missing", b"", None)


def _line(file: IO[bytes], number: int) -> bytes:
    """Return a line of a file, and let its descriptor stand there."""
    file.seek(0)
    begin = 0
    for _ in range(number):
        begin += len(file.readline())
    line = file.readline().rstrip(b"\n")
    file.flush()
    os.lseek(file.fileno(), begin, os.SEEK_SET)
    return line


def _read(folder: str, wanted: IO[bytes]) -> Iterator[Object]:
    with _started(folder, ("cat-file", "--buffer", _FORMAT), stdin=wanted) as process:
        output = cast("IO[bytes]", process.stdout)
        while header := output.readline():
            number, kind, *rest = header.rstrip(b"\n").split(b" ", 3)
            if kind == b"missing":
                yield Object(number.decode(), "missing", b"", None)
                continue
            content = _Content(output, int(rest[0]))
            first = content.read(STEP)
            if content.is_cut:
                yield Object(number.decode(), "missing", b"", None)
                return
            more = content.read if content.left else None
            yield Object(number.decode(), kind.decode(), first, more)
            while content.left and content.read(STEP):
                pass
            if output.read(1) != b"\n":
                return


class _Content:
    """The content of one object in the output of git."""

    def __init__(self, output: IO[bytes], size: int) -> None:
        self._output, self.left, self.is_cut = output, size, False

    def read(self, size: int) -> bytes:
        """Return some of what is left."""
        wanted = min(size, self.left)
        part = self._output.read(wanted)
        self.is_cut = len(part) < wanted
        self.left -= len(part)
        return part


def _program(environ: Mapping[str, str]) -> str:
    """Return the path of git.

    A relative folder of PATH, and on Windows the working directory, is searched by the system, and
    anybody's: the repository itself may hold a program of this name.
    """
    suffix = ".exe" if sys.platform == "win32" else ""
    for folder in environ.get("PATH", os.defpath).split(os.pathsep):
        path = os.path.join(folder, f"git{suffix}")
        if os.path.isabs(folder) and os.access(path, os.X_OK) and os.path.isfile(path):
            return path
    raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))


def _started(
    folder: str,
    arguments: tuple[str, ...],
    stdin: IO[bytes] | int = subprocess.DEVNULL,
    stderr: IO[bytes] | int = subprocess.DEVNULL,
) -> subprocess.Popen[bytes]:
    environ = {**os.environ, **_ENVIRON}
    try:
        return subprocess.Popen(  # noqa: S603  # git, with arguments of this library
            [_program(environ), *_GIT, *arguments],
            cwd=folder,
            env=environ,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=stderr,
        )
    except OSError as error:
        msg = f"git cannot be run in {os.path.abspath(folder)}: {error.strerror}."
        raise ConfigurationError(msg, hint="Install git, or scan files without it.") from None
