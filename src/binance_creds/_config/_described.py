"""What is wrong with an entry of a configuration, in words; its value is never repeated."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from binance_creds._config._models import (
    DURATIONS,
    NAME_PATTERN,
    Configuration,
    Profile,
    Program,
    Refresh,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pydantic import BaseModel
    from pydantic_core import ErrorDetails

__all__ = ["described", "meant"]


_ASKED: Final = {
    "bool_type": "write true or false, without quotes",
    "dict_type": "write a table",
    "float_type": "write a number, without quotes",
    "int_type": "write a whole number, without quotes",
    "list_type": "write a list",
    "model_type": "write a table",
    "string_pattern_mismatch": "write a name of letters, digits and '_'",
    "string_too_short": "it is empty",
    "string_type": "write a text, in quotes",
    "too_short": "write a list that is not empty",
}
"""What is to be written where pydantic finds something else, by its type of error."""


def described(detail: ErrorDetails) -> str:
    """Say which entry is wrong and how; names that are not ours are not repeated."""
    place, kind = detail["loc"], detail["type"]
    if kind in {"extra_forbidden", "invalid_key"}:
        return _unknown(_path(place))
    is_name = place[2:] == ("[key]",)  # how pydantic says that a mapping's key is meant
    path = _path(place[:2] if is_name else place)
    where = ".".join(path)
    if is_name:
        return f"{where}: a name is 1 to 48 letters, digits, '.', '-' and '_'"
    if path[2:] == ["source"] and kind in _ASKED:
        return f"{where}: write a source, or a list of sources"
    if path[0] == "policies":
        return f"{'.'.join(path[:2])}: write a table"
    if path[-1] in DURATIONS:
        return f"{where}: write a duration with a unit, such as 10s or 24h, in quotes, up to 3650d"
    return f"{where}: {_asked(kind, detail['msg'], path[-1])}"


def _asked(kind: str, said: str, name: str) -> str:
    """Return what to write, in the words of TOML; pydantic's are those of Python."""
    if kind == "string_pattern_mismatch" and name in {"path", "key_file"}:
        return "write an absolute path"
    if kind in _ASKED:
        return _ASKED[kind]
    number = "a number " if kind.startswith(("less_than", "greater_than")) else ""
    return said.replace("Input should be ", f"write {number}")


def _path(place: tuple[int | str, ...]) -> list[str]:
    """Return an entry's path without pydantic's branches and without what may be a pasted key."""
    path = [str(part) for part in place]
    if (
        path[0] in {"profiles", "policies", "commands"}
        and len(path) > 1
        and not re.search(NAME_PATTERN, path[1])
    ):
        path[1] = "(unusable name)"
    if path[2:3] == ["source"]:  # the names of a union's branches follow, then list positions
        path[3:] = [str(part) for part in place[3:] if isinstance(part, int)]
    return path


def _unknown(path: list[str]) -> str:
    names = sorted(_known_names(path[:-1]))
    where = ".".join([*path[:-1], "(unknown name)"])
    return f"{where}{meant(path[-1], names)}; the known names are {', '.join(names)}"


def meant(name: str, names: Sequence[str]) -> str:
    """Return a question with the name that was probably meant, or nothing."""
    close = get_close_matches(name, names, n=1)
    return f", did you mean {close[0]!r}?" if close else ""


def _known_names(path: list[str]) -> Iterable[str]:
    if path[:1] == ["commands"]:
        return Program.model_fields
    models: dict[int, type[BaseModel]] = {0: Configuration, 2: Profile, 3: Refresh}
    return models[len(path)].model_fields
