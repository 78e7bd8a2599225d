"""Read and parse a TOML file; what is wrong is told without its text, which may hold a key."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "LARGEST_BYTES",
    "NAME",
    "PROJECT_FILE",
    "read_bytes",
    "seems_ours",
    "table_in",
    "unusable",
]

LARGEST_BYTES: Final = 1 << 20
NAME: Final = "binance-creds"
PROJECT_FILE: Final = "pyproject.toml"
# Our name as part of a table, not as a dependency, which stands in quotes.
_OUR_TABLE: Final = rb"""(?<!["'\w-])binance-creds|tool\s*\.\s*["']binance-creds"""


def read_bytes(path: str) -> bytes | str | None:
    """Return a file's content, why it cannot be read, or `None` where there is none.

    Content of more than `LARGEST_BYTES` is cut off behind them.
    """
    try:
        with open(path, "rb") as file:
            return file.read(LARGEST_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:  # a directory, no permission; NUL in the path
        return f"cannot be read: {getattr(error, 'strerror', None) or type(error).__name__}"


def table_in(data: bytes, path: str) -> Mapping[str, object] | str | None:
    """Return our part of a file, what is wrong, or `None` for a pyproject.toml without one."""
    outcome = _parsed(data)
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


def _parsed(data: bytes) -> dict[str, object] | str:
    """Return the content, or what is wrong; an error raised here would carry the text."""
    import re  # noqa: PLC0415
    import tomllib  # noqa: PLC0415  # 3 ms that a load without a file does not need

    if len(data) > LARGEST_BYTES:
        return "is larger than 1 MiB"
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return "is not UTF-8"
    # Besides TOMLDecodeError: an integer of over 4,300 digits, and tables nested without end.
    except (ValueError, RecursionError) as error:
        place = re.search(r"\(at (line \d+, column \d+|end of document)\)", str(error))
        return f"is not TOML ({place[1]})" if place else "is not TOML"
