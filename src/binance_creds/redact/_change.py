"""Replace functions of the standard library and of others, and put back what was there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Change"]


class Change:
    """Attributes of modules and classes that were replaced.

    One that somebody else has replaced since is left as it is when this is undone.
    """

    def __init__(self) -> None:
        self._replaced: Final[list[tuple[Any, str, object, object]]] = []

    def replace(self, owner: Any, name: str, make: Callable[[Any], Any]) -> None:
        """Put what `make` gives for the function in its place, also for one of a class."""
        before = vars(owner)[name]
        kind = type(before) if isinstance(before, staticmethod | classmethod) else None
        new = kind(make(before.__func__)) if kind else make(before)
        setattr(owner, name, new)
        self._replaced.append((owner, name, before, new))

    def undo(self) -> None:
        """Put everything back. Twice is fine."""
        while self._replaced:
            owner, name, before, new = self._replaced.pop()
            if vars(owner).get(name) is new:
                setattr(owner, name, before)
