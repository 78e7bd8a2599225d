"""Stand-ins for objects whose text shows a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from binance_creds.redact._text import redacted

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["shown"]


def shown(value: object, *ways: Callable[[object], str]) -> object:
    """Return the value, or one with its redacted repr and str if they show a secret.

    A formatter that cuts what it shows needs it: a piece of a secret is not known as one.

    Args:
        value: of any type.
        ways: how it will be shown; by `repr` if none is given.
    """
    try:
        for way in ways or (repr,):
            text = way(value)
            if redacted(text) is not text:
                return _Shown(value)
    except Exception:  # noqa: BLE001  # the formatter finds out by itself, and has words for it
        return value
    return value


class _Shown:
    """Has the redacted texts of another object."""

    __slots__ = ("_value",)

    def __init__(self, value: object) -> None:
        self._value: Final = value

    def __repr__(self) -> str:
        return redacted(repr(self._value))

    def __str__(self) -> str:
        return redacted(str(self._value))
