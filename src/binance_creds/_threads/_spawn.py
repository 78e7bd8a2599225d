"""`spawn`: the one way to start a thread."""

from __future__ import annotations

import threading
from contextlib import suppress

from binance_creds._threads._fork import WORKERS
from binance_creds._typing import TYPE_CHECKING
from binance_creds.errors import ProviderUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["no_thread", "report", "spawn"]


def spawn(work: Callable[[], object], name: str) -> bool:
    """Run a function in a daemon thread; return whether there was a thread for it.

    There is none where the process has reached its limit, or while the interpreter shuts down; the
    caller says what that means. The thread does not begin in a forked child.

    A signal handler that raises, as that of Ctrl-C does, may interrupt this in the main thread.
    Then the function has begun, or never runs: whoever must know which notes its begin within it.

    Args:
        work: what to run; it keeps its errors to itself.
        name: of the thread, after the name of this library.
    """
    withdrawn = threading.Lock()  # whoever takes it first decides

    def run() -> None:
        if withdrawn.acquire(blocking=False):
            WORKERS.add(threading.get_ident())
            try:
                work()
            finally:
                WORKERS.discard(threading.get_ident())

    thread = threading.Thread(target=run, name=f"binance-creds {name}", daemon=True)
    try:
        thread.start()
    except RuntimeError:  # no thread left, or the interpreter is going down
        return False
    except BaseException:
        withdrawn.acquire(blocking=False)
        raise
    return True


def report(error: BaseException) -> None:
    """Report a defect as Python does where a thread ends by it; this one goes on."""
    with suppress(BaseException):  # a hook's own, or no memory for one
        thread = threading.current_thread()
        threading.excepthook(
            threading.ExceptHookArgs((type(error), error, error.__traceback__, thread))
        )


def no_thread() -> ProviderUnavailableError:
    """Return the error of a caller that can do nothing without a thread."""
    return ProviderUnavailableError(
        "no thread could be started.",
        hint="Raise the limit of threads (ulimit -u, or pids of the container), or start fewer.",
    )
