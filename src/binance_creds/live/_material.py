"""Whether two pairs are of one key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from binance_creds._credentials import Credentials

__all__ = ["same_material"]

_PROBE: Final = b"timestamp=1"


def same_material(one: Credentials, other: Credentials) -> bool:
    """Return whether two pairs are of one key: sealed ones cannot be compared but by signing.

    All three kinds of signature are the same for the same bytes.
    """
    return (
        one is other
        or (one.key_type is other.key_type
            and one.api_key == other.api_key
            and one.environment is other.environment
            and one.sign(_PROBE) == other.sign(_PROBE))
    )  # fmt: skip
