"""Warnings that point at the user's line instead of ours."""

from __future__ import annotations

import sys
import warnings

from binance_creds.errors import CredentialsWarning

__all__ = ["warn"]


def warn(message: str) -> None:
    """Issue a `CredentialsWarning` that names the first caller outside this package.

    Args:
        message: safe text; names of fields, variables and files only.
    """
    package = __name__.partition(".")[0]
    level = 1
    frame = sys._getframe()  # noqa: SLF001  # warnings has skip_file_prefixes only since 3.12
    while frame.f_back and frame.f_globals.get("__name__", "").partition(".")[0] == package:
        frame = frame.f_back
        level += 1
    warnings.warn(message, CredentialsWarning, stacklevel=level)
