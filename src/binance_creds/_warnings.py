"""Warnings that point at the user's line instead of ours."""

from __future__ import annotations

import sys
import warnings

from binance_creds.errors import CredentialsWarning

__all__ = ["warn", "warn_if_a_loop_waits"]


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


def warn_if_a_loop_waits(call: str, awaitable: str) -> None:
    """Say so when a call is about to block a running event loop.

    Args:
        call: its name.
        awaitable: the name of the one to use instead.
    """
    asyncio = sys.modules.get("asyncio")  # a program that has not imported it has no loop
    if asyncio is not None and asyncio._get_running_loop() is not None:  # noqa: SLF001  # no cost
        warn(f"{call}() blocks the running event loop: use 'await {awaitable}()'.")
