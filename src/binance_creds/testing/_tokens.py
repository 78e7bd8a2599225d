"""What looks like a key of the exchange."""

from __future__ import annotations

import secrets
import string
from typing import Final

__all__ = ["new_token"]

_ALPHABET: Final = string.ascii_letters + string.digits


def new_token() -> str:
    """Return 64 random letters and digits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(64))
