"""Start a module anew, as a forked child must, and as one may that has lost its token.

python-pkcs11 ends a module with the interpreter's lock held, so that one that waits for its device
stops every thread of the program; here other threads go on. Its own object stays as it is: the
functions of the module are where they were. They are read from there, as some modules give each
caller other ones, with a connection of its own: the client of p11-kit does.
"""

from __future__ import annotations

import ctypes
import sys
from typing import TYPE_CHECKING, Final

from pkcs11.exceptions import GeneralError

if TYPE_CHECKING:
    from pkcs11._pkcs11 import lib as Library  # noqa: N812  # as other classes are written

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


def restart(library: Library) -> None:
    """End a module and begin again: no session, no login, and the tokens that are there now.

    Raises:
        GeneralError: it does not begin.
    """
    functions = _functions_of(library)
    # A child of a fork may be told that nothing has begun: what began is the parent's.
    functions.C_Finalize(None)
    if functions.C_Initialize(None) not in _FINE:
        raise GeneralError


def _functions_of(library: Library) -> _Functions:
    """Return what python-pkcs11 calls: a pointer that is the first of its object's members.

    Where a later version has it elsewhere, what the module gives everybody has to do.
    """
    found = ctypes.POINTER(_Functions)()
    if type(library).__mro__[1].__name__ == "HasFuncList":  # python-pkcs11 0.10, _pkcs11.pyx
        found = type(found).from_address(id(library) + object.__basicsize__)
    else:  # pragma: no cover  # no such version is known
        ctypes.CDLL(library.so).C_GetFunctionList(ctypes.byref(found))
    return found.contents
