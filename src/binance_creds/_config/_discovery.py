"""Find the configuration: what was named, else the first of a few fixed places; never merged.

A file that was named wins over one that merely lies about. Nothing above the working directory is
searched, and nothing relative stands in for a missing home folder: another project's file must
never decide where keys come from.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Document", "find_document"]

CONFIG_VARIABLE: Final = "BINANCE_CREDS_CONFIG"
LARGEST_BYTES: Final = 1 << 20
_FILE_NAME: Final = "binance-creds.toml"
_TABLE: Final = "binance-creds"


class Document(NamedTuple):
    """A configuration as it was written, and where it came from, for messages."""

    content: Mapping[str, object]
    origin: str


def find_document(
    config: object,
    *,
    environ: Mapping[str, str],
    directory: str = ".",
) -> Document | None:
    """Return the configuration, or `None` where there is none.

    Raises:
        ConfigurationError: a named file does not exist or has no table of ours, a file cannot be
            read or parsed, or `config` is neither a path nor a mapping.
    """
    if isinstance(config, Mapping):
        return Document(config, "the configuration mapping")
    if not isinstance(config, str | os.PathLike | None):
        msg = f"config is a path or a mapping, not {type(config).__name__}."
        raise ConfigurationError(msg)
    named = (environ.get(CONFIG_VARIABLE) or None) if config is None else os.fsdecode(config)
    if named is None:
        found = (_read(path, path) for path in _places(environ, directory))
        return next((document for document in found if isinstance(document, Document)), None)
    document = _read(named, _shown(named))
    if isinstance(document, Document):
        return document
    msg = f"the configuration file {document}."
    raise ConfigurationError(msg, source=f"config:{_shown(named)}")


def _shown(path: str) -> str:
    """Return what messages call a named file; what is no TOML file's path may be a pasted key."""
    return path if path.endswith(".toml") and path.isprintable() else "(the named file)"


def _places(environ: Mapping[str, str], directory: str) -> Iterator[str]:
    yield os.path.join(directory, _FILE_NAME)
    yield os.path.join(directory, "pyproject.toml")
    folder = _user_folder(environ)
    if folder is not None:
        yield os.path.join(folder, "binance-creds", "config.toml")


def _user_folder(environ: Mapping[str, str], platform: str = sys.platform) -> str | None:
    """Return the folder of the user's configurations; `None` where no absolute path is known.

    Source: XDG Base Directory Specification 0.8: a relative path in a variable is ignored.
    """
    home = environ.get("HOME", "")
    folders = [os.path.join(home, ".config")]
    if platform == "win32":
        folders = [environ.get("APPDATA", "")]
    elif platform == "darwin":
        folders = [os.path.join(home, "Library", "Application Support")]
    else:
        folders.insert(0, environ.get("XDG_CONFIG_HOME", ""))
    return next((folder for folder in folders if os.path.isabs(folder)), None)


def _read(path: str, origin: str) -> Document | str:
    """Return the file's configuration, or why it has none of ours."""
    try:
        outcome = _toml(path)
    except (FileNotFoundError, NotADirectoryError):
        return "does not exist"
    except (OSError, ValueError) as error:  # a directory, no permission; NUL in the path
        outcome = f"cannot be read: {getattr(error, 'strerror', None) or type(error).__name__}"
    if not isinstance(outcome, str) and os.path.basename(path) == "pyproject.toml":
        tool = outcome.get("tool")
        if not isinstance(tool, dict) or _TABLE not in tool:
            return f"has no table [tool.{_TABLE}]"
        table = tool[_TABLE]
        outcome = table if isinstance(table, dict) else f"has a tool.{_TABLE} that is no table"
    if isinstance(outcome, str):
        msg = f"the configuration file {outcome}."
        raise ConfigurationError(msg, source=f"config:{origin}")
    return Document(outcome, origin)


def _toml(path: str) -> dict[str, object] | str:
    """Return the content, or what is wrong; an error raised here would carry the text."""
    with open(path, "rb") as file:
        data = file.read(LARGEST_BYTES + 1)
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
