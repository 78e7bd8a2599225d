"""A configuration that was found in the working directory.

Whoever can write it decides what it says, so it obeys the rules of a `.env`.
"""

from __future__ import annotations

import os

from binance_creds._config._toml_file import (
    NAME,
    PROJECT_FILE,
    seems_ours,
    table_in,
    unusable,
)
from binance_creds._files._toml import LARGEST_BYTES, read_bytes
from binance_creds._typing import TYPE_CHECKING
from binance_creds._warnings import warn
from binance_creds.errors import MalformedSecretError, SecretNotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["found_table"]


def found_table(path: str) -> Mapping[str, object] | None:
    """Return our table of a file, or `None` where there is no file or a pyproject.toml has none.

    Most projects are not about us, and one that is broken is its own tools' affair: a
    pyproject.toml that does not name us is not even parsed.

    Raises:
        ConfigurationError: it cannot be parsed, and is or seems to be about us.
        CredentialsError: it cannot be read, or others could change it.
    """
    is_project = os.path.basename(path) == PROJECT_FILE
    if not (_is_about_us(path) if is_project else os.path.lexists(path)):
        return None
    data = _read(path)
    table = None if data is None else table_in(data, path)
    if isinstance(table, str):
        raise unusable(table, path)
    return table


def _is_about_us(path: str) -> bool:
    """Return whether a pyproject.toml has, or seems to have, a table of ours; whoever owns it."""
    data = read_bytes(path)
    if isinstance(data, str):
        warn(f"{path} {data}; a table [tool.{NAME}] in it does not count.")
        return False
    if data is None or NAME.encode() not in data:
        return False
    table = table_in(data, path)
    return seems_ours(data) if isinstance(table, str) else table is not None


def _read(path: str) -> bytes | None:
    """Return the content of a file that only its user can change; `None` where there is none."""
    from binance_creds._files._reader import FileReader, FileRules  # noqa: PLC0415  # most loads find no file
    from binance_creds._time._deadline import Deadline  # noqa: PLC0415

    shown = _quoted(path)
    named = f"if you trust it, name it: pass config=..., or set BINANCE_CREDS_CONFIG={shown}"
    rules = FileRules(is_secret=False, otherwise=named)
    reader = FileReader(f"config:{path}", rules, Deadline(), largest_bytes=LARGEST_BYTES)
    try:
        return bytes(reader.read_bytes(path))
    except SecretNotFoundError:  # it was removed a moment ago
        return None
    except MalformedSecretError:
        raise unusable("is larger than 1 MiB", path) from None


def _quoted(path: str) -> str:
    """Return a path as a shell reads it; most need no quotes, and no module for that."""
    if path.replace("/", "").replace("-", "").replace(".", "").replace("_", "").isalnum():
        return path
    import shlex  # noqa: PLC0415  # as above

    return shlex.quote(path)
