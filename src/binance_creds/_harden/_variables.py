"""Remove the variables of a prefix that hold secrets, and overwrite what is left of them.

A variable is in memory twice: in the block that the system made at the start, which
`/proc/PID/environ` shows, and as the object that `os.environ` keeps. One that the program has set
itself is in memory of the C library instead.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, Final

from binance_creds._parse._names import Names
from binance_creds._secret import overwrite

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["c_library", "forget_variables"]

_SECRET: Final = {"api_key", "api_secret", "private_key", "passphrase"}
_BLOCK: Final = slice(47, 49)  # fields 50 and 51 of proc(5), env_start and env_end; 3 is the first
_VARIABLE: Final = rb"(?<![^\0])([^=\0]+)=([^\0]*)"


def forget_variables(prefix: str) -> Iterator[str]:
    """Remove the variables of a prefix; give a sentence for each whose text may stay somewhere."""
    library = c_library()
    block = None if library is None else _block()
    at_start = set() if block is None else {os.fsdecode(one[1]) for one in _variables(block)}
    names = Names(prefix, takes_bare=False)
    roles = names.roles({*os.environ, *at_start}, files=False)
    for name in sorted(name for name, (field, _) in roles.items() if field in _SECRET):
        if library is not None:
            _overwrite_in_use(library, os.fsencode(name))
        else:
            yield f"{name} is removed from os.environ, but not from what the system keeps."
        if block is not None:
            _overwrite_at_start(block, os.fsencode(name))
        _remove(name)


def c_library() -> Any | None:
    """Return the C library, if this is POSIX and Python can call it."""
    if os.name != "posix":
        return None
    try:
        from ctypes import CDLL  # noqa: PLC0415  # 5 ms that few need

        return CDLL(None)
    except (ImportError, OSError):  # built without libffi, or linked statically
        return None


def _remove(name: str) -> None:
    if name not in os.environ:
        return
    if not os.supports_bytes_environ:  # Windows
        del os.environ[name]
        return
    box = [os.environb[os.fsencode(name)]]
    del os.environ[name]
    overwrite(box)  # unless credentials of this process hold that very object


def _overwrite_in_use(library: Any, name: bytes) -> None:
    import ctypes  # noqa: PLC0415  # as above

    library.getenv.argtypes, library.getenv.restype = [ctypes.c_char_p], ctypes.c_void_p
    library.strlen.argtypes, library.strlen.restype = [ctypes.c_void_p], ctypes.c_size_t
    address = library.getenv(name)
    if address is not None:
        ctypes.memset(address, 0, library.strlen(address))


def _block() -> Any | None:
    """Return the variables that the process was started with, where they are in memory."""
    import ctypes  # noqa: PLC0415  # as above

    try:
        with open("/proc/self/stat", encoding="utf-8", errors="replace") as file:
            start, end = map(int, file.read().rpartition(")")[2].split()[_BLOCK])
    except (OSError, ValueError):  # no Linux
        return None
    return (ctypes.c_char * (end - start)).from_address(start) if start else None


def _variables(block: Any) -> Iterator[re.Match[bytes]]:
    return re.finditer(_VARIABLE, block)


def _overwrite_at_start(block: Any, name: bytes) -> None:
    from ctypes import addressof, memset  # noqa: PLC0415  # as above

    for variable in _variables(block):
        if variable[1] == name:
            start, end = variable.span(2)
            memset(addressof(block) + start, 0, end - start)
