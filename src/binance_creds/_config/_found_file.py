"""A configuration that was found in the working directory."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from binance_creds._config._toml_file import (
    NAME,
    PROJECT_FILE,
    read_bytes,
    seems_ours,
    table_in,
    unusable,
)
from binance_creds._warnings import warn

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["found_table"]


def found_table(path: str) -> Mapping[str, object] | None:
    """Return our table of a file, or `None` where there is no file or a pyproject.toml has none.

    Most projects are not about us, and one that is broken is its own tools' affair: a
    pyproject.toml that does not name us is not even parsed.

    Raises:
        ConfigurationError: it cannot be read or parsed, and is or seems to be about us.
    """
    read = read_bytes(path)
    if read is None:
        return None
    is_project = os.path.basename(path) == PROJECT_FILE
    if isinstance(read, str) and is_project:
        warn(f"{path} {read}; a table [tool.{NAME}] in it does not count.")
        return None
    if isinstance(read, str):
        raise unusable(read, path)
    if is_project and NAME.encode() not in read:
        return None
    table = table_in(read, path)
    if not isinstance(table, str):
        return table
    if is_project and not seems_ours(read):
        return None
    raise unusable(table, path)
