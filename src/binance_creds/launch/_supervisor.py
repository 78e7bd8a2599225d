"""`Supervisor`: runs a program, and acts when its credentials are rotated."""

from __future__ import annotations

import os
import random
import select
import shlex
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from binance_creds.errors import ConfigurationError
from binance_creds.launch._child import Child

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Self

    from binance_creds._credentials import Credentials

__all__ = ["OnRotation", "Supervisor"]

_FORWARDED: Final = ("SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM", "SIGUSR1", "SIGUSR2")
_OF_USERS: Final = {"SIGUSR1", "SIGUSR2"}  # which end no restart
_OF_TERMINALS: Final = {"SIGINT", "SIGQUIT"}  # which the kernel sends to the child as well
_ROTATED: Final = b"\0"  # on the wake-up pipe; signals write their own numbers, from 1
_LOOK_SECONDS: Final = 0.05  # at what nothing tells of: an empty group, a signal that is handled
_LATE_SECONDS: Final = 10.0  # in which a new program must handle a signal that came before it
_LONGEST_SECONDS: Final = 3600.0  # of one wait; an infinite one is not to be had


class OnRotation(NamedTuple):
    """What follows a rotation.

    Attributes:
        kind: `restart`, `signal`, `command` or `exit`.
        argument: the signal's name, or the command.
    """

    kind: str
    argument: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return it from `restart`, `signal:HUP`, `command:...` or `exit`.

        Raises:
            ConfigurationError: it is none of these.
        """
        if not hasattr(os, "posix_spawnp"):
            msg = "this system has neither process groups nor signals to follow rotations with."
            raise ConfigurationError(msg, hint="Leave --on-rotation out.")
        kind, _, argument = text.partition(":")
        is_right = {
            "restart": not argument,
            "exit": not argument,
            "signal": hasattr(signal, f"SIG{argument}"),
            "command": bool(argument.strip()),
        }
        if not is_right.get(kind, False):
            msg = "what follows a rotation is not understood."
            hint = "Write restart, signal:HUP (or another signal), command:..., or exit."
            raise ConfigurationError(msg, hint=hint)
        return cls(kind, argument)


class Supervisor:
    """Run a program until it ends, and act on rotations of a live handle. In the main thread only.

    The program gets the signals that this process gets: HUP, INT, QUIT, TERM, USR1 and USR2. With a
    terminal it stays in the group of this process, so that Ctrl-C reaches it from the kernel, once;
    without, it has a group of its own, which is what is signalled. It is asked to stop by TERM and
    never killed: an open position may need time. USR1 and USR2 that come while it is replaced reach
    the next one too, once it handles them: before, they would end it. As process 1 this reaps
    orphans.

    Args:
        live: a live handle.
        argv: the program and its arguments.
        environ_of: gives the environment of the program for a pair.
        on_rotation: what to do.
        before_stop: a command that runs before the program is stopped for a rotation, with its
            process id in `BINANCE_CREDS_PID`.
        splay_seconds: a rotation is acted on after a random part of this, so that many programs
            do not restart at once.
        say: takes lines of status.
    """

    def __init__(
        self,
        live: Any,
        argv: Sequence[str],
        environ_of: Callable[[Credentials], Mapping[str, str]],
        on_rotation: OnRotation,
        *,
        before_stop: str | None = None,
        splay_seconds: float = 5.0,
        say: Callable[[str], object] = lambda _: None,
    ) -> None:
        self._live, self._argv, self._environ_of = live, list(argv), environ_of
        self._on_rotation, self._before_stop = on_rotation, before_stop
        self._splay_seconds, self._say = splay_seconds, say
        self._has_terminal = sys.stdin is not None and sys.stdin.isatty()
        self._act_at = float("inf")
        self._is_restarting = False
        self._late: set[int] = set()  # signals that the next program is to get
        self._late_until = float("inf")

    def run(self) -> int:
        """Return the program's exit code: 128 and the number of the signal that ended it.

        Raises:
            OSError: the program cannot be started.
        """
        read, write = os.pipe()
        os.set_blocking(write, False)
        before = {
            name: signal.getsignal(getattr(signal, name)) for name in (*_FORWARDED, "SIGCHLD")
        }
        waker = signal.set_wakeup_fd(write, warn_on_full_buffer=False)
        leave = self._live.on_rotation(lambda _: os.write(write, _ROTATED))
        for name in before:
            signal.signal(getattr(signal, name), lambda *_: None)  # the pipe tells of it
        try:
            return self._until_end(read)
        finally:
            leave()
            signal.set_wakeup_fd(waker)
            for name, handler in before.items():
                signal.signal(getattr(signal, name), handler)
            os.close(read)
            os.close(write)

    def _until_end(self, read: int) -> int:
        child = self._started()
        while True:
            ready, _, _ = select.select([read], [], [], self._wait_seconds(child))
            for number in os.read(read, 4096) if ready else b"":
                self._heard(number, child)
            child.reap()
            if child.exit_code is None:
                self._send_late(child)
                if self._act_at <= time.monotonic():
                    self._act(child)
            elif not self._is_restarting:
                return child.exit_code
            elif not child.has_descendants():  # two of a bot must not trade at once
                child = self._started()

    def _wait_seconds(self, child: Child) -> float:
        if child.exit_code is not None or (self._late and not self._is_restarting):
            return _LOOK_SECONDS
        return min(max(0.0, self._act_at - time.monotonic()), _LONGEST_SECONDS)

    def _started(self) -> Child:
        self._is_restarting, self._act_at = False, float("inf")
        self._late_until = time.monotonic() + _LATE_SECONDS
        environ = self._environ_of(self._live.current)
        return Child(self._argv, environ, has_own_group=not self._has_terminal)

    def _heard(self, number: int, child: Child) -> None:
        if number == 0:
            self._act_at = time.monotonic() + random.uniform(0, self._splay_seconds)  # noqa: S311  # no secret
            return
        name = signal.Signals(number).name
        if name in _FORWARDED:
            self._is_restarting = self._is_restarting and name in _OF_USERS
            if self._is_restarting:
                self._late.add(number)
            if not (self._has_terminal and name in _OF_TERMINALS):
                child.send(number)

    def _send_late(self, child: Child) -> None:
        """Send what came while the program was replaced, once it would not end it."""
        if self._is_restarting:
            return
        for number in [number for number in self._late if child.catches(number)]:
            child.send(number)
            self._late.discard(number)
        if self._late and time.monotonic() > self._late_until:
            names = ", ".join(sorted(signal.Signals(number).name for number in self._late))
            self._say(f"{names} came while the program was replaced, and is not handled by it.")
            self._late.clear()

    def _act(self, child: Child) -> None:
        """Do what follows a rotation. Whatever was verified has been verified by the handle."""
        self._act_at = float("inf")
        kind, argument = self._on_rotation
        self._say(f"The credentials were rotated: {kind} {argument}".rstrip() + ".")
        environ = self._environ_of(self._live.current)  # which also renews files of memory
        if kind == "command":
            self._run(argument, environ, child)
        elif kind == "signal":
            child.send(getattr(signal, f"SIG{argument}"))
        else:
            if self._before_stop is not None:
                self._run(self._before_stop, environ, child)
            self._is_restarting = kind == "restart"
            child.send(signal.SIGTERM)

    def _run(self, command: str, environ: Mapping[str, str], child: Child) -> None:
        told = {**environ, "BINANCE_CREDS_PID": str(child.pid)}
        done = subprocess.run(shlex.split(command), env=told, check=False)  # noqa: S603  # as asked
        if done.returncode:
            self._say(f"{shlex.split(command)[0]} ended with code {done.returncode}.")
