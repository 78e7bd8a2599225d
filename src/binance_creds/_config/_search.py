"""What a search for the configuration depends on, so that its result can be remembered."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Final

from binance_creds._config._discovery import searched
from binance_creds._config._resolve import PROFILE_VARIABLE, SOURCE_VARIABLE
from binance_creds._working_directory import working_directory

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["signature_of_search"]

# A file system's clock ticks: a file may be written twice within a tick, and look the same.
_TICK_NS: Final = 50_000_000


def signature_of_search(
    config: str | None, environ: Mapping[str, str]
) -> tuple[object, ...] | None:
    """Return the variables, and the files as they are now; `None` if one is being written.

    Equal signatures mean equal plans: a file whose content, owner or mode changes has another time
    of change.
    """
    directory = working_directory()
    parts = [directory, environ.get("HOME")]
    parts += [environ.get(name) for name in (PROFILE_VARIABLE, SOURCE_VARIABLE)]
    signature: list[object] = [*parts]
    for path in searched(config, environ, directory):
        found = _identity(path)
        if found is not None and abs(time.time_ns() - found[2]) < _TICK_NS:
            return None
        signature += (path, found)
    return tuple(signature)


def _identity(path: str) -> tuple[int, int, int, int] | None:
    try:
        found = os.stat(path)
    except (OSError, ValueError):  # not there, not to be reached, or no path
        return None
    return found.st_dev, found.st_ino, found.st_ctime_ns, found.st_size
