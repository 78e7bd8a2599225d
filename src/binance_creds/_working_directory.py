"""`working_directory`: where relative paths begin now."""

from __future__ import annotations

import os

__all__ = ["working_directory"]


def working_directory() -> str:
    """Return the working directory; empty if it was removed, so that reading a path fails."""
    try:
        return os.getcwd()
    except FileNotFoundError:
        return ""
