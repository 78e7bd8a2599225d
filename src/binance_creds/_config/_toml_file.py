"""Our part of a TOML file."""

from __future__ import annotations

import os

from binance_creds._files._toml import parsed
from binance_creds._typing import TYPE_CHECKING
from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Final

__all__ = [
    "NAME",
    "PROJECT_FILE",
    "seems_ours",
    "table_in",
    "unusable",
]

NAME: Final = "binance-creds"
PROJECT_FILE: Final = "pyproject.toml"
# Our name as part of a table, not as a dependency, which stands in quotes.
_OUR_TABLE: Final = rb"""(?<!["'\w-])binance-creds|tool\s*\.\s*["']binance-creds"""


def table_in(data: bytes, path: str) -> Mapping[str, object] | str | None:
    """Return our part of a file, what is wrong, or `None` for a pyproject.toml without one."""
    outcome = parsed(data)
    if isinstance(outcome, str) or os.path.basename(path) != PROJECT_FILE:
        return outcome
    tool = outcome.get("tool")
    if not isinstance(tool, dict) or NAME not in tool:
        return None
    table = tool[NAME]
    return table if isinstance(table, dict) else f"has a tool.{NAME} that is no table"


def seems_ours(data: bytes) -> bool:
    """Return whether a pyproject.toml that cannot be parsed seems to have a table of ours."""
    import re  # noqa: PLC0415  # rarely needed

    return re.search(_OUR_TABLE, data) is not None


def unusable(reason: str, origin: str, *, hint: str | None = None) -> ConfigurationError:
    """Return the error of a file that cannot be used."""
    msg = f"the configuration file {reason}."
    return ConfigurationError(msg, source=f"config:{origin}", hint=hint)
