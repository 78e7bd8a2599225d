"""Find the configuration: what was named, else the first of a few fixed places; never merged.

A file that was named wins over one that was found in the working directory. Nothing above that is
searched, and nothing relative stands in for a missing home folder: another project's file must
never decide where keys come from.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping

from binance_creds._config._found_file import found_table
from binance_creds._config._toml_file import NAME, PROJECT_FILE, table_in, unusable
from binance_creds._files._paths import is_evident
from binance_creds._files._toml import read_bytes
from binance_creds._typing import TYPE_CHECKING, NamedTuple
from binance_creds._uri import looks_pasted
from binance_creds._working_directory import working_directory
from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from typing import Final

__all__ = ["Document", "find_document", "searched", "user_file"]

CONFIG_VARIABLE: Final = "BINANCE_CREDS_CONFIG"
FOLDER_VARIABLES: Final = ("APPDATA",) if sys.platform == "win32" else ("HOME", "XDG_CONFIG_HOME")
_FILE: Final = f"{NAME}.toml"
_OF_USER: Final = "config.toml"


class Document(NamedTuple):
    """A configuration as it was written.

    Attributes:
        content: what it says.
        origin: where it came from, for messages.
        is_found: whether it lies in the working directory and nobody named it.
    """

    content: Mapping[str, object]
    origin: str
    is_found: bool = False


def find_document(
    config: object,
    *,
    environ: Mapping[str, str],
    directory: str | None = ".",
) -> Document | None:
    """Return the configuration, or `None` where there is none.

    Args:
        config: a path, or the content.
        environ: names another path, and the user's folder.
        directory: where one may be found; `None` looks only for those that are named.

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
        found = None if directory is None else _found(directory)
        return found or _of_user(environ)
    return _named(named)


def searched(config: str | None, environ: Mapping[str, str], directory: str) -> Iterator[str]:
    """Give the path of each file that `find_document` would look at, were it all of them."""
    named = config or environ.get(CONFIG_VARIABLE)
    if named:
        yield os.path.join(directory, os.path.expanduser(named))
        return
    yield os.path.join(directory, _FILE)
    yield os.path.join(directory, PROJECT_FILE)
    of_user = user_file(environ)
    if of_user is not None:
        yield of_user


def _named(text: str) -> Document:
    path = os.path.expanduser(text)
    origin = _shown(path)
    if path.startswith("~"):
        msg = "'~' cannot be expanded: the home folder that it stands for is not known."
        raise ConfigurationError(msg, source=f"config:{origin}", hint="Write an absolute path.")
    data = read_bytes(path)
    if data is None:
        raise unusable("does not exist", origin, hint=_hint(text))
    table = data if isinstance(data, str) else table_in(data, path)
    if table is None:
        raise unusable(f"has no table [tool.{NAME}]", origin)
    if isinstance(table, str):
        raise unusable(table, origin)
    return Document(table, origin)


def _hint(text: str) -> str | None:
    """Return what is wrong with a text that is no file's path, if it can be told."""
    if not text.strip():
        return "The path is empty."
    if "$" in text or "%" in text:
        return "Nothing replaces variables in it: write the path itself, or begin it with ~/."
    if text.startswith(("file:", "dotenv:")):
        return "Write the path alone, without a scheme."
    if text[:1] in {"'", '"'}:
        return "Write its path without quotes."
    if text.lstrip()[:1] in {"{", "["} or "\n" in text:
        return "Give the path of a file, or the configuration itself as a mapping."
    return None


def _shown(path: str) -> str:
    """Return what messages call a named file; what is no TOML file's path may be a pasted key."""
    is_path = path.endswith(".toml") or is_evident(path) or os.path.lexists(path)
    if not (is_path and path.isprintable()) or looks_pasted(path):
        return "(the named file)"
    return path if path.startswith("~") else os.path.join(working_directory(), path)


def _found(directory: str) -> Document | None:
    here = os.path.normpath(os.path.join(working_directory(), directory))
    for name in (_FILE, PROJECT_FILE):
        path = os.path.join(here, name)
        table = found_table(path)
        if table is not None:
            return Document(table, path, is_found=True)
    return None


def _of_user(environ: Mapping[str, str]) -> Document | None:
    path = user_file(environ)
    if path is None:
        return None
    data = read_bytes(path)
    table = table_in(data, path) if isinstance(data, bytes) else data
    if isinstance(table, str):
        raise unusable(table, path)
    return None if table is None else Document(table, path)


def user_file(environ: Mapping[str, str]) -> str | None:
    """Return the path of the user's own configuration, whether or not there is one."""
    folder = user_folder(environ)
    return None if folder is None else os.path.join(folder, NAME, _OF_USER)


def user_folder(environ: Mapping[str, str], platform: str = sys.platform) -> str | None:
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
