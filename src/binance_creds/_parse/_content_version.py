"""A version for sources that have none: a keyed digest of the content."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from binance_creds._parse._keyed_digest import keyed_digest
from binance_creds._secret import plain_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from binance_creds._secret import Secret

__all__ = ["content_version", "is_content_version"]

_START: Final = "content-"


def content_version(fields: Mapping[str, Secret]) -> str:
    """Return `content-` and 16 hex digits, equal for equal fields within this process."""
    names = sorted(fields)
    parts = (part for name in names for part in (name.encode(), plain_bytes(fields[name])))
    return f"{_START}{keyed_digest(parts)}"


def is_content_version(version: str) -> bool:
    """Return whether a version is such a digest."""
    return version.startswith(_START)
