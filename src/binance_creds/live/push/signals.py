"""`signal:SIGHUP`: a signal to this process says that every secret may have changed."""

from __future__ import annotations

import signal
import threading
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Final

from binance_creds.errors import ClosedError, ConfigurationError
from binance_creds.providers._announcements import Announcement
from binance_creds.providers._options import check_options

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

    from binance_creds._uri import SourceURI

__all__ = ["SignalAnnouncements"]

_SIGNALS: Final = ("SIGHUP", "SIGUSR1", "SIGUSR2")


class SignalAnnouncements:
    """Listen to one signal: `signal:SIGHUP`, `signal:SIGUSR1` or `signal:SIGUSR2`.

    The handler is installed here and runs in the main thread, whoever waits. A handler that was
    there before runs after it; the signal's default action, which would end the process, does not.
    Several signals between two waits are one announcement.

    Raises:
        ConfigurationError: another signal, an option, another thread than the main one, or Windows.
    """

    def __init__(self, uri: SourceURI) -> None:
        check_options(uri)
        self._uri = uri
        self._number = _number_of(uri)
        # Its put may interrupt a get or a put of the same thread: documented, for CPython, of this
        # queue alone. Setting an Event here could wait for itself for ever.
        self._woken: SimpleQueue[Announcement | None] = SimpleQueue()  # None: closed
        self._is_closed = False
        if threading.current_thread() is not threading.main_thread():
            msg = "only the main thread can install the handler of a signal."
            raise ConfigurationError(msg, source=uri.redacted, hint="Build it there, early.")
        before = signal.getsignal(self._number)
        if before is None:
            msg = "this signal is handled outside Python, and that could not be undone."
            raise ConfigurationError(msg, source=uri.redacted, hint="Choose another signal.")
        self._before = before
        signal.signal(self._number, self._on_signal)

    def wait(self, timeout_seconds: float) -> Sequence[Announcement]:
        """Return one announcement, of everything, once the signal came; may be of any thread.

        Raises:
            ClosedError: it was closed before.
        """
        if self._is_closed:
            raise ClosedError("this signal is not listened to any more.", source=self._uri.redacted)
        try:
            found = self._woken.get(timeout=max(0.0, timeout_seconds))
        except Empty:
            return ()
        return () if found is None else (found,)

    def close(self) -> None:
        """End a `wait` at once, and put back the handler that was there before.

        Only the main thread can do the latter: after a close by another, the next signal does it
        and then has the effect it had before. A handler installed since then stays.
        """
        self._is_closed = True
        self._woken.put(None)
        if threading.current_thread() is threading.main_thread():
            self._put_back()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        """Note it, and pass it on."""
        if self._is_closed and self._put_back():
            signal.raise_signal(self._number)
            return
        if self._woken.empty():
            self._woken.put(Announcement())
        if callable(self._before):
            self._before(number, frame)

    def _put_back(self) -> bool:
        """Restore the earlier handler unless there is a later one; tell whether it was done."""
        is_ours = signal.getsignal(self._number) == self._on_signal
        if is_ours:
            signal.signal(self._number, self._before)
        return is_ours


def _number_of(uri: SourceURI) -> signal.Signals:
    if uri.location not in _SIGNALS:
        msg = f"the location is one of: {', '.join(_SIGNALS)}."
        raise ConfigurationError(msg, source=f"{uri.scheme}:...")
    number: signal.Signals | None = getattr(signal, uri.location, None)
    if number is None:
        msg = "this system has no such signal."
        hint = "Windows has none of them: leave this source out; polling goes on."
        raise ConfigurationError(msg, source=uri.redacted, hint=hint)
    return number
