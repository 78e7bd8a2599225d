"""`harden_process`: no debugger, no core file, no variables with secrets."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from binance_creds._harden._variables import c_library, forget_variables
from binance_creds._parse._fields import checked_prefix
from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["harden_process"]

_PR_SET_DUMPABLE: Final = 4  # linux/prctl.h


def harden_process(*, forget: str | Iterable[str] = ()) -> tuple[str, ...]:
    """Make the memory of this process harder to read for other programs.

    On Linux the process is no longer dumpable: programs of the same user can neither read
    `/proc/PID/mem` and `/proc/PID/environ` nor attach a debugger or profiler (gdb, strace, py-spy),
    and there is no core file. Elsewhere only the core file is switched off, where there is one.
    The superuser can still do all of it. A forked child is as hardened as its parent; a program
    that it starts is dumpable again, and writes no core file. Calling it again changes nothing.

    Args:
        forget: prefixes, such as `"BINANCE"`, whose keys, secrets and passphrases are removed from
            the environment of this process, and overwritten. Call it after the load: `env://` finds
            nothing afterwards, so a live handle must read another source.

    Returns:
        What could not be done, a sentence each; nothing if all was.

    Raises:
        ConfigurationError: something in `forget` is not a prefix.
    """
    prefixes = _prefixes(forget)
    # First: of a process that is not dumpable, the system shows less.
    left = [sentence for prefix in prefixes for sentence in forget_variables(prefix)]
    return (*left, *_dumpable(), *_core_file(), *_debugger())


def _prefixes(forget: object) -> list[str]:
    prefixes: list[object] = [forget]
    if isinstance(forget, Iterable) and not isinstance(forget, str):
        prefixes = list(forget)
    checked = [prefix for prefix in prefixes if isinstance(prefix, str)]
    if len(checked) < len(prefixes):
        msg = "`forget` must be a prefix of variables, such as 'BINANCE', or several."
        raise ConfigurationError(msg)
    return [checked_prefix(prefix, source="forget", others="") for prefix in checked]


def _dumpable() -> Iterator[str]:
    if sys.platform != "linux":
        yield f"On {sys.platform} the memory of a process cannot be closed to its owner's programs."
        return
    library = c_library()
    if library is None or library.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        yield "The process stays dumpable: `prctl` cannot be called or was refused."


def _core_file() -> Iterator[str]:
    try:
        import resource  # noqa: PLC0415  # few need it
    except ModuleNotFoundError:  # Windows
        yield "This system has no limit for core files."
        return
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (OSError, ValueError):  # a sandbox
        yield "The system refused to switch the core file off (RLIMIT_CORE)."


def _debugger() -> Iterator[str]:
    try:
        with open("/proc/self/status", encoding="ascii", errors="replace") as status:
            tracer = next(line.split()[1] for line in status if line.startswith("TracerPid:"))
    except (OSError, StopIteration):  # no Linux, or no /proc
        return
    if tracer != "0":
        yield f"Process {tracer} is attached as a debugger, and stays."
