"""Change somebody's client in several places: in all of them, or in none."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

__all__ = ["Attachment"]


class Attachment:
    """A list of changes with the way back. An exception inside the block undoes them.

    with Attachment() as attachment:
        attachment.set(client, "session", session)
    return attachment.detach
    """

    def __init__(self) -> None:
        self._undo = ExitStack()
        self._lock = threading.Lock()  # guards _undo, when two threads detach

    def set(self, owner: Any, name: str, value: object) -> None:
        """Set an attribute; undone, it is what it was, or absent from the object again."""
        own = getattr(owner, "__dict__", {})
        is_new, before = name not in own, getattr(owner, name, None)
        setattr(owner, name, value)
        if is_new and name in own:  # a method of its class, or nothing, was seen there before
            self._undo.callback(delattr, owner, name)
        else:
            self._undo.callback(setattr, owner, name, before)

    def call_on_undo(self, undo: Callable[..., object], *arguments: object) -> None:
        """Call this when the changes are undone, the last first."""
        self._undo.callback(undo, *arguments)

    def detach(self) -> None:
        """Undo everything. A second call does nothing."""
        with self._lock:
            undo = self._undo.pop_all()
        undo.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            self.detach()
