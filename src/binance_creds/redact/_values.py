"""Redact what structures hold: texts by value, and values by the name of their field."""

from __future__ import annotations

from functools import lru_cache, wraps
from typing import TYPE_CHECKING, Any, Final

from binance_creds.redact._text import REDACTED, redacted

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["giving_redacted", "redacted_value"]

_DEEPEST: Final = 30
_LONGEST_NAME: Final = 48  # what is longer may be a key itself, and is not to be cached
_NAMES: Final = (
    "apikey", "apisecret", "listenkey", "listentoken", "passphrase", "privatekey", "privatekeypem",
    "secret", "secretkey", "signature",
)  # fmt: skip
_PAIR: Final = 2
_CONTAINERS: Final = (dict, list, tuple, set, frozenset)
_PLAIN: Final = (bool, int, float, type(None))


def redacted_value(
    value: Any,
    other: Callable[[object], object] | None = None,
    of_text: Callable[[str], str] = redacted,
) -> Any:
    """Return a value without secrets; itself, if it has none.

    Goes through dictionaries, lists, tuples and sets, and through pairs of a name and a value.

    Args:
        value: of any type.
        other: what to do with other objects; by default they stay as they are.
        of_text: what to do with each text.
    """
    return _Walk(other or _as_it_is, of_text).go(value, 0)


def giving_redacted(make: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that gives what another one gives, without secrets."""

    @wraps(make)
    def make_redacted(*arguments: Any, **options: Any) -> Any:
        return redacted_value(make(*arguments, **options))

    return make_redacted


def _as_it_is(value: object) -> object:
    return value


class _Walk:
    """One way through a structure."""

    def __init__(self, other: Callable[[object], object], of_text: Callable[[str], str]) -> None:
        self._other: Final = other
        self._of_text: Final = of_text

    def go(self, value: Any, depth: int) -> Any:
        if isinstance(value, str):
            return self._of_text(value)
        if isinstance(value, _CONTAINERS):
            return self._of_container(value, depth + 1)
        if isinstance(value, bytes | bytearray):
            return _of_bytes(value)
        return value if isinstance(value, _PLAIN) else self._other(value)

    def _of_container(self, value: Any, depth: int) -> Any:
        if depth > _DEEPEST:  # or it contains itself
            return REDACTED
        if isinstance(value, dict):
            return self._of_dict(value, depth)
        return self._of_items(value, depth)

    def _of_dict(self, value: dict[Any, Any], depth: int) -> dict[Any, Any]:
        new, is_same = {}, True
        for key, item in value.items():
            clean = self.go(key, depth), self._of_field(key, item, depth)
            is_same = is_same and clean[0] is key and clean[1] is item
            new[clean[0]] = clean[1]
        return value if is_same else new

    def _of_items(self, value: Any, depth: int) -> Any:
        items = list(value)
        if len(items) == _PAIR:  # as headers are given
            new = [self.go(items[0], depth), self._of_field(items[0], items[1], depth)]
        else:
            new = [self.go(item, depth) for item in items]
        if all(one is another for one, another in zip(new, items, strict=True)):
            return value
        return _rebuilt(value, new)

    def _of_field(self, name: object, value: Any, depth: int) -> Any:
        """Of a secret field it is shown whether it has a value."""
        if not _is_secret(name):
            return self.go(value, depth)
        if isinstance(value, str | bytes | bytearray):
            return REDACTED if value else value
        if isinstance(value, list | tuple) and depth <= _DEEPEST:
            return _rebuilt(value, [self._of_field(name, item, depth + 1) for item in value])
        return self.go(value, depth)


def _of_bytes(value: bytes | bytearray) -> bytes | bytearray:
    text = value.decode("latin-1")
    clean = redacted(text)
    return value if clean is text else type(value)(clean.encode("latin-1"))


def _rebuilt(value: Any, items: list[Any]) -> Any:
    if hasattr(value, "_make"):  # a named tuple
        return value._make(items)
    kind = next(kind for kind in _CONTAINERS if isinstance(value, kind))
    return kind(items)


def _is_secret(name: object) -> bool:
    return isinstance(name, str | bytes) and len(name) <= _LONGEST_NAME and _is_secret_name(name)


@lru_cache(maxsize=4096)
def _is_secret_name(name: str | bytes) -> bool:
    text = name.decode("latin-1") if isinstance(name, bytes) else name
    plain = "".join(filter(str.isalnum, text)).lower()
    return plain.endswith(_NAMES) or (plain.startswith("binance") and plain.endswith("key"))
