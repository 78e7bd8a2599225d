"""Change a library of logs where the program imports it, whether that was before or comes later."""

from __future__ import annotations

import sys
import threading
from contextlib import suppress
from importlib.abc import Loader, MetaPathFinder
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from binance_creds._warnings import warn
from binance_creds.redact._change import Change

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

__all__ = ["when_imported"]


def when_imported(name: str, apply: Callable[[Change], None]) -> Callable[[], None]:
    """Apply a change to a module, now or at the end of its import, and return what undoes it.

    A version of the library that does not have what is replaced stays as it is, with a warning.
    """
    change = Change()

    def attempt() -> None:
        try:
            apply(change)
        except (AttributeError, ImportError, KeyError) as error:
            change.undo()
            warn(f"this version of `{name}` is unknown: its output is not redacted ({error!r}).")

    if name in sys.modules:
        attempt()
        return change.undo
    finder = _Finder(name, attempt)
    sys.meta_path.insert(0, finder)

    def undo() -> None:
        with suppress(ValueError):  # somebody else has removed it
            sys.meta_path.remove(finder)
        change.undo()

    return undo


class _Asking(threading.local):
    """Whether this thread asks the other finders."""

    is_on = False


class _Finder(MetaPathFinder):
    """Find one module as the others would, and give its loader something to do at the end."""

    def __init__(self, name: str, then: Callable[[], None]) -> None:
        self._name: Final = name
        self._then: Final = then
        self._asking: Final = _Asking()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._name or self._asking.is_on:
            return None
        self._asking.is_on = True
        try:
            spec = find_spec(fullname)
        finally:
            self._asking.is_on = False
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader, self._then)
        return spec


class _Loader(Loader):
    """Load as another does, then do one thing more."""

    def __init__(self, inner: Any, then: Callable[[], None]) -> None:
        self._inner: Final = inner
        self._then: Final = then

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        module: ModuleType | None = self._inner.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self._inner  # importlib.resources and inspect ask it
        vars(module)["__spec__"].loader = self._inner
        self._inner.exec_module(module)
        self._then()
