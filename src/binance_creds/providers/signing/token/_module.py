"""One PKCS#11 module in this process, and what is open of it."""

from __future__ import annotations

import ctypes
import threading
from typing import TYPE_CHECKING, Any, Final, TypeVar

import pkcs11
from pkcs11.exceptions import PKCS11Error

from binance_creds._threads._bounded_calls import BoundedCalls
from binance_creds._threads._fork import call_after_fork, hold_while_forking
from binance_creds._threads._kept import KEPT
from binance_creds._threads._line import Line
from binance_creds._typing import NamedTuple
from binance_creds.errors import ConfigurationError
from binance_creds.providers.signing.token._restart import restart

if TYPE_CHECKING:
    from collections.abc import Callable

    from pkcs11 import Session, SignMixin
    from pkcs11._pkcs11 import lib as Library  # noqa: N812  # as other classes are written

    from binance_creds._time._deadline import Deadline
    from binance_creds.errors import CredentialsError
    from binance_creds.signers import KeyVersion

__all__ = ["Module", "OpenToken", "module_at"]

_T = TypeVar("_T")

_CALLS: Final = BoundedCalls(start=KEPT.run)
_LONGEST_FORK_SECONDS: Final = 0.25  # how long a fork waits for a call; most take less


class OpenToken(NamedTuple):
    """A session, and the keys that were found in it, by the attributes that name each."""

    session: Session
    keys: dict[str, tuple[KeyVersion, SignMixin]]


class Module:
    """A module that is loaded once, called by one thread at a time, and never unloaded.

    A forked child starts it anew at its first call, and logs in again. Source: PKCS#11 2.40 usage
    guide, section 2.5.2, "Applications and processes".

    Attributes:
        path: absolute.
        tokens: what is open, by the attributes that name the token.
        seen: those that were open at any time.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.tokens: dict[str, OpenToken] = {}
        self.seen: set[str] = set()
        self._library: Library | None = None
        self._must_restart = False  # it is the parent's, or has not begun the last time
        self._line = Line()
        self._gate = _Gate()
        hold_while_forking(self._gate)
        call_after_fork(self, Module._start_clean)

    def _start_clean(self) -> None:  # pragma: no cover  # what is measured is the parent
        self.tokens = {}
        self._must_restart = self._library is not None

    def run(self, call: Callable[[], _T | CredentialsError], deadline: Deadline) -> _T:
        """Return what a call into the module returns, in a thread, by the rules of `BoundedCalls`.

        Raises:
            CredentialsError: the call returned it.
            ProviderUnavailableError: there was no answer in time, or an earlier call hangs.
        """

        def gated() -> _T | CredentialsError:
            with self._gate.lock:
                return call()

        with self._line.turn(deadline):
            return _CALLS.run(self.path, gated, deadline)

    @property
    def has_started(self) -> bool:
        """Whether it runs since before, so that what it knows may be stale."""
        return self._library is not None and not self._must_restart

    def library(self) -> Library:
        """Return the module, started.

        Raises:
            ConfigurationError: the file is no such module, or other code has started it.
            PKCS11Error: it does not start.
        """
        if self._library is None:
            self._library = _loaded(self.path)
        elif self._must_restart:
            self.restart()
        return self._library

    def restart(self) -> None:
        """Begin anew, without sessions, and with the tokens that are there now."""
        self.tokens.clear()
        self._must_restart = True
        assert self._library is not None  # noqa: S101  # what has not begun is not begun anew
        restart(self._library)
        self._must_restart = False


_MODULES: Final[dict[str, Module]] = {}


def module_at(path: str) -> Module:
    """Return the one of a path; nothing is loaded yet."""
    return _MODULES.get(path) or _MODULES.setdefault(path, Module(path))


def _loaded(path: str) -> Library:
    try:
        library = pkcs11.lib(path)
    except PKCS11Error as error:
        said = str(error)
        if type(error) is not PKCS11Error:
            raise
    else:
        # At the end of the interpreter python-pkcs11 would wait for a call that hangs.
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(library))
        return library
    if "already initialized" in said:
        raise ConfigurationError(
            "other code of this process has started the module itself.",
            hint="Let both use p11-kit-proxy.so, which several may start.",
        )
    raise ConfigurationError(
        f"{path} is no PKCS#11 module, or cannot be loaded.",
        hint="Check it: pkcs11-tool --module MODULE --show-info",
    )


class _Gate:
    """A lock that is held during a call, and that a fork takes unless the call hangs."""

    def __init__(self) -> None:
        self.lock: Any = threading.Lock()
        self._is_held = False

    def acquire(self) -> None:
        self._is_held = self.lock.acquire(timeout=_LONGEST_FORK_SECONDS)

    def release(self) -> None:
        if self._is_held:
            self.lock.release()

    def _at_fork_reinit(self) -> None:  # pragma: no cover  # what is measured is the parent
        self.lock._at_fork_reinit()  # noqa: SLF001  # as concurrent.futures does
