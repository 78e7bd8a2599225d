"""Start a module anew, as a forked child must, and as one may that has lost its token.

python-pkcs11 ends a module with the interpreter's lock held, so that one that waits for its device
stops every thread of the program; here other threads go on. Its own object stays as it is: the
functions of the module are where they were.
"""

from __future__ import annotations

import ctypes
import sys
from typing import Final

from pkcs11.exceptions import GeneralError

__all__ = ["restart"]

_CALL: Final = ctypes.CFUNCTYPE(ctypes.c_ulong, ctypes.c_void_p)
_FINE: Final = frozenset({0, 0x191})  # CKR_OK, CKR_CRYPTOKI_ALREADY_INITIALIZED


class _Functions(ctypes.Structure):
    """The beginning of CK_FUNCTION_LIST. Source: PKCS#11 2.40, pkcs11.h and section 3.6."""

    if sys.platform == "win32":  # pragma: no cover  # pkcs11.h: packed there
        _pack_ = 1
    _fields_ = (
        ("version", ctypes.c_ubyte * 2),
        ("C_Initialize", _CALL),
        ("C_Finalize", _CALL),
    )


def restart(path: str) -> None:
    """End a module and begin again: no session, no login, and the tokens that are there now.

    Raises:
        GeneralError: it does not begin.
    """
    found = ctypes.POINTER(_Functions)()
    ctypes.CDLL(path).C_GetFunctionList(ctypes.byref(found))
    # A child of a fork may be told that nothing has begun: what began is the parent's.
    found.contents.C_Finalize(None)
    if found.contents.C_Initialize(None) not in _FINE:
        raise GeneralError
