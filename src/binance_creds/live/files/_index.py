"""`Index`: what is at a name in a folder; as small as it can be where that is one thing."""

from __future__ import annotations

from binance_creds._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

__all__ = ["Index", "each", "joined", "left"]

# Nothing, one thing, or a dictionary of several: most files are those of one handle, and a
# dictionary of one takes more memory than all that is known of such a file.


def joined(held: Any, thing: Any) -> Any:
    """Return what is held with one more thing; twice is fine."""
    if isinstance(held, dict):
        held[thing] = None
        return held
    return thing if held is None or held is thing else {held: None, thing: None}


def left(held: Any, thing: Any) -> Any:
    """Return what is held without a thing; one that is not there is fine."""
    if isinstance(held, dict):
        held.pop(thing, None)
        return held or None
    return None if held is thing else held


def each(held: Any) -> Iterable[Any]:
    """Return the things that are held, of that moment."""
    if isinstance(held, dict):
        return tuple(held)
    return () if held is None else (held,)


class Index:
    """Things by folder and name. A folder on the way has many at one name."""

    def __init__(self) -> None:
        self._folders: dict[str, dict[str, Any]] = {}

    def add(self, folder: str, name: str, thing: Any) -> None:
        """Add a thing; twice is fine."""
        names = self._folders.setdefault(folder, {})
        names[name] = joined(names.get(name), thing)

    def remove(self, folder: str, name: str, thing: Any) -> bool:
        """Remove a thing; return whether the folder has any left."""
        names = self._folders[folder]
        held = left(names[name], thing)
        if held is None:
            del names[name]
        if not names:
            del self._folders[folder]
        return bool(names)

    def of(self, folder: str, name: str) -> list[Any]:
        """Return what is at a name and what is all of the folder; without a name everything."""
        names = self._folders.get(folder, {})
        asked = (name, "") if name else tuple(names)
        return [thing for one in asked for thing in each(names.get(one))]
