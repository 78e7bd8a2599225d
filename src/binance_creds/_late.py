"""What is imported when it is asked for, names of a package and `re`: a plain load stays quick."""

from __future__ import annotations

import sys

from binance_creds._typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Mapping
else:

    class _Re:
        def __getattr__(self, name):  # noqa: ANN001, ANN204
            import re  # noqa: PLC0415  # a tenth of a first load

            return getattr(re, name)

    re = _Re()

__all__ = ["late", "re"]


def late(
    package: str, modules: Mapping[str, str]
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Return the `__getattr__` and the `__dir__` of a package.

    Args:
        package: its name.
        modules: for each late name the module that has it.
    """

    def get(name: str) -> object:
        if name not in modules:
            msg = f"module {package!r} has no attribute {name!r}"
            raise AttributeError(msg)
        from importlib import import_module  # noqa: PLC0415  # as the docstring says

        return getattr(import_module(modules[name]), name)

    def names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *modules})

    return get, names
