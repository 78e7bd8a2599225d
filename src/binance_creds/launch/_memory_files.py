"""Secrets in files of memory, for programs that read files: no disk and no variable has them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MemoryFiles"]

_SUFFIX: Final = "_FILE"  # as images of Docker have it, and as this library reads it


class MemoryFiles:
    """Give each value as a file that a child of this process, or what replaces it, can read.

    Linux keeps such a file for as long as one process has it open. Whoever may read this process's
    memory may read the files, and nobody else. Used from one thread.
    """

    def __init__(self) -> None:
        self._opened: dict[str, int] = {}

    def variables(self, values: Mapping[str, str]) -> dict[str, str]:
        """Write the values, and return `NAME_FILE` variables with where they are.

        A value that was written before is replaced in its file.

        Raises:
            ConfigurationError: this system has no files of memory.
        """
        return {f"{name}{_SUFFIX}": self._path(name, value) for name, value in values.items()}

    def close(self) -> None:
        """Let go of the files."""
        for file in self._opened.values():
            os.close(file)
        self._opened.clear()

    def _path(self, name: str, value: str) -> str:
        if name not in self._opened:
            self._opened[name] = _created()
        file, content = self._opened[name], value.encode()
        os.pwrite(file, content, 0)
        os.ftruncate(file, len(content))
        return f"/proc/{os.getpid()}/fd/{file}"


def _created() -> int:
    create = getattr(os, "memfd_create", None)
    if create is None or not os.path.isdir(f"/proc/{os.getpid()}/fd"):
        msg = "this system has no files of memory."
        raise ConfigurationError(msg, hint="Leave --file out: the program gets variables.")
    file: int = create("binance-creds", 0)  # not closed when a program replaces this one
    return file
