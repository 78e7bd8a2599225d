"""Find the configuration: what was named, else the first of a few fixed places; never merged.

A file that was named wins over one that merely lies about. Nothing above the working directory is
searched: another project's file must never decide where keys come from.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final, NamedTuple

from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Document", "find_document"]

CONFIG_VARIABLE: Final = "BINANCE_CREDS_CONFIG"
LARGEST_BYTES: Final = 1 << 20
_FILE_NAME: Final = "binance-creds.toml"


class Document(NamedTuple):
    """A configuration as it was written, and where it came from, for messages."""

    content: Mapping[str, object]
    origin: str


def find_document(
    config: str | os.PathLike[str] | Mapping[str, object] | None,
    *,
    environ: Mapping[str, str],
    directory: str = ".",
) -> Document | None:
    """Return the configuration, or `None` where there is none.

    Raises:
        ConfigurationError: a named file does not exist, or a file cannot be read or parsed.
    """
    if config is not None and not isinstance(config, str | os.PathLike):
        return Document(config, "the configuration mapping")
    named = environ.get(CONFIG_VARIABLE) if config is None else os.fspath(config)
    if named:
        document = _read(named, named)
        if document is None:
            msg = "this configuration file does not exist."
            raise ConfigurationError(msg, source=f"config:{named}")
        return document
    found = (_read(path, path) for path in _places(environ, directory))
    return next((document for document in found if document is not None), None)


def _places(environ: Mapping[str, str], directory: str) -> Iterator[str]:
    yield os.path.join(directory, _FILE_NAME)
    yield os.path.join(directory, "pyproject.toml")
    yield os.path.join(_user_folder(environ), "binance-creds", "config.toml")


def _user_folder(environ: Mapping[str, str], platform: str = sys.platform) -> str:
    home = environ.get("HOME", "")
    if platform == "win32":
        return environ.get("APPDATA", "")
    if platform == "darwin":
        return os.path.join(home, "Library", "Application Support")
    return environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")


def _read(path: str, origin: str) -> Document | None:
    """Return the file's configuration; `None` if it is absent or a pyproject.toml without ours."""
    try:
        outcome = _toml(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:  # a directory, no permission, a failing disk
        outcome = f"cannot be read: {error.strerror or type(error).__name__}"
    if isinstance(outcome, str):
        msg = f"the configuration file {outcome}."
        raise ConfigurationError(msg, source=f"config:{origin}")
    if os.path.basename(path) != "pyproject.toml":
        return Document(outcome, origin)
    tool = outcome.get("tool")
    content = tool.get("binance-creds") if isinstance(tool, dict) else None
    return Document(content, origin) if isinstance(content, dict) else None


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
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"\(at (line \d+, column \d+|end of document)\)", str(error))
        return f"is not TOML ({place[1]})" if place else "is not TOML"
