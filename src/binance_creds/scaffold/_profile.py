"""Add a profile to the text of a configuration; every line that is there stays."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any

from binance_creds._config._toml_file import NAME, PROJECT_FILE, table_in, unusable
from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["policies_in", "with_profile"]


def with_profile(text: str | None, path: str, tables: Mapping[str, Mapping[str, object]]) -> str:
    """Return the text of a configuration with more tables in it.

    A first profile is used where none is named. When a second one comes, the first is named as the
    default, so that programs that name none still get it.

    Args:
        text: what is there; `None` where there is no file.
        path: of the file.
        tables: by kind and name, such as `profiles main`.

    Raises:
        ConfigurationError: it cannot be parsed, or has such a table that says something else.
    """
    before = _content(text or "", path)
    missing = {name: table for name, table in tables.items() if not _has(before, name, table, path)}
    if not missing:
        return text or ""
    root = f"tool.{NAME}." if os.path.basename(path) == PROJECT_FILE else ""
    new = _with_default(text or "", before, root)
    added = "\n".join(
        f"[{root}{kind}.{_key(own)}]\n{_lines(table)}"
        for (kind, _, own), table in ((name.partition(" "), each) for name, each in missing.items())
    )
    gap = "" if not new else "\n" if new.endswith("\n") else "\n\n"
    if isinstance(table_in(f"{new}{gap}{added}".encode(), path), str):
        msg = f"{path} has tables of ours in one line, `{{...}}`, to which nothing can be added."
        raise ConfigurationError(msg, hint="Give each a header of its own, `[profiles.NAME]`.")
    return f"{new}{gap}{added}"


def policies_in(text: str | None, path: str) -> object:
    """Return the policies that a configuration defines.

    Raises:
        ConfigurationError: it cannot be parsed.
    """
    return _content(text or "", path).get("policies", {})


def _content(text: str, path: str) -> dict[str, Any]:
    found = table_in(text.encode(), path)
    if isinstance(found, str):
        raise unusable(found, path)
    return dict(found or {})


def _has(content: Mapping[str, Any], name: str, wanted: Mapping[str, object], path: str) -> bool:
    kind, _, own = name.partition(" ")
    found = content.get(kind, {}).get(own) if isinstance(content.get(kind, {}), dict) else None
    if found is not None and found != wanted:
        msg = f"{path} has a table [{kind}.{own}] already, which says something else."
        raise ConfigurationError(msg, hint="Choose another name: --profile NAME; or edit the file.")
    return found is not None


def _with_default(text: str, content: Mapping[str, Any], root: str) -> str:
    profiles = content.get("profiles", {})
    if "default_profile" in content or len(profiles) != 1:
        return text
    line = f"default_profile = {json.dumps(next(iter(profiles)))}\n"
    if not root:
        return f"{line}\n{text}"
    header = re.search(rf"^\[tool\.{NAME}\][^\n]*\n", text, re.MULTILINE)
    if header:
        return text[: header.end()] + line + text[header.end() :]
    end = "" if text.endswith("\n") else "\n"
    return f"{text}{end}\n[tool.{NAME}]\n{line}"


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else json.dumps(name)


def _lines(table: Mapping[str, object]) -> str:
    return "".join(
        f"{key} = {json.dumps(value, ensure_ascii=True)}\n" for key, value in table.items()
    )
