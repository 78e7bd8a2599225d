"""What PyInstaller must know: the hook in this folder, found by the entry point `pyinstaller40`."""

from __future__ import annotations

import os

__all__ = ["get_hook_dirs"]


def get_hook_dirs() -> list[str]:
    """Return the folder of the hook, as PyInstaller asks for it."""
    return [os.path.dirname(__file__)]
