"""What a search for the configuration depends on, so that its result can be remembered."""

from __future__ import annotations

import os
import time
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from binance_creds._config._discovery import CONFIG_VARIABLE, FOLDER_VARIABLES, searched
from binance_creds._config._resolve import PROFILE_VARIABLE, SOURCE_VARIABLE
from binance_creds._working_directory import working_directory

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["signature_of_search"]

# A file system's clock ticks: a file may be written twice within a tick, and look the same.
_TICK_NS: Final = 50_000_000
_VARIABLES: Final = (
    PROFILE_VARIABLE, SOURCE_VARIABLE, CONFIG_VARIABLE, *FOLDER_VARIABLES
)  # fmt: skip


def signature_of_search(
    config: str | None, environ: Mapping[str, str]
) -> tuple[object, ...] | None:
    """Return the variables, and the files as they are now; `None` if one is being written.

    Equal signatures mean equal plans: a file whose content, owner or mode changes has another time
    of change.
    """
    directory = working_directory()
    # To ask first costs half of what `get` does for a name that is not there.
    variables = tuple(environ[name] if name in environ else None for name in _VARIABLES)  # noqa: SIM401
    found = tuple(map(_identity, _paths(config, directory, variables)))
    newest = max(one[0] for one in found)
    if abs(time.time_ns() - newest) < _TICK_NS:
        return None
    return directory, variables, found


@lru_cache(maxsize=64)
def _paths(
    config: str | None, directory: str, variables: tuple[str | None, ...]
) -> tuple[str, ...]:
    values = zip(_VARIABLES, variables, strict=True)
    environ = {name: value for name, value in values if value is not None}
    return tuple(searched(config, environ, directory))


def _identity(path: str) -> tuple[int, ...]:
    try:
        found = os.stat(path)
    except (OSError, ValueError):  # not there, not to be reached, or no path
        return (0,)
    return found.st_ctime_ns, found.st_ino, found.st_dev, found.st_size
