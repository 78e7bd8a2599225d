"""Warnings that point at the user's line instead of ours."""

from __future__ import annotations

import sys
from functools import lru_cache

from binance_creds.errors import CredentialsWarning

__all__ = ["warn", "warn_if_a_loop_waits", "warn_once"]


def warn(message: str) -> None:
    """Issue a `CredentialsWarning` that names the first caller outside this package.

    It never raises: what is warned of while credentials are read must not fail the reading. A
    warning that the program's filters turn into an error is logged instead, once for each text.

    Args:
        message: safe text; names of fields, variables and files only.
    """
    try:
        _issue(message)
    except Exception:  # noqa: BLE001  # CredentialsWarning, or whatever the program's hook raises
        _log_once(message)


@lru_cache(maxsize=1024)
def warn_once(message: str) -> None:
    """Warn, but of each text only once in this process."""
    warn(message)


@lru_cache(maxsize=1024)
def _log_once(message: str) -> None:
    import logging  # noqa: PLC0415  # 3 ms that few programs need

    logging.getLogger("binance_creds").warning("%s", message)


def _issue(message: str) -> None:
    import warnings  # noqa: PLC0415  # most programs are warned of nothing

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
        _issue(f"{call}() blocks the running event loop: use 'await {awaitable}()'.")
