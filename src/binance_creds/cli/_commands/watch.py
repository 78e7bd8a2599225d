"""`watch`: a live table of profiles, or their events line by line."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

import binance_creds
from binance_creds.cli._exit_codes import ExitCode, exit_code_of
from binance_creds.cli._input._subjects import add_subjects, subjects_of
from binance_creds.cli._output._table import rows_of

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from binance_creds import CredentialsError, LiveCredentials
    from binance_creds.cli._input._subjects import Subject
    from binance_creds.cli._terminal import Terminal
    from binance_creds.live import Event, Status

EPILOG = """\
On a terminal it draws a table, every second; elsewhere, or with --json, it prints a line for each
event. Ctrl-C ends it."""

_DRAW_SECONDS: Final = 1.0
_WIDEST: Final = 20  # of a name; the end of a path tells more than its start
_HEADS: Final = ("profile", "state", "key", "confirmed", "rotated", "next", "rotate by", "version")


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of `watch`."""
    add_subjects(parser)


def run(options: Namespace, terminal: Terminal) -> ExitCode:
    """Follow each until Ctrl-C; what cannot be loaded is shown as failed, and ends nothing."""
    with ExitStack() as stack:
        watched = [_Watched(subject, terminal, stack) for subject in subjects_of(options)]
        if all(each.error is not None for each in watched):
            return _nothing(watched, terminal)
        if terminal.is_json or not terminal.can_draw:
            while True:
                time.sleep(_DRAW_SECONDS)  # the events come by themselves
        with terminal.drawing():
            while True:
                terminal.draw(_table(watched, terminal.width))
                time.sleep(_DRAW_SECONDS)


class _Watched:
    """One subject, its handle, and when it was rotated last."""

    def __init__(self, subject: Subject, terminal: Terminal, stack: ExitStack) -> None:
        self.name, self._terminal = subject.name, terminal
        self.error: CredentialsError | None = None
        self.rotated_at: float | None = None
        self._live: LiveCredentials | None = None
        try:
            live = subject.follow()
        except binance_creds.CredentialsError as error:
            self.error = error.again()
            self._failed(error)
            return
        self._live = stack.enter_context(live)
        live.on_event(self._heard)

    @property
    def status(self) -> Status | None:
        """Where it is; `None` where it could not be loaded."""
        return None if self._live is None else self._live.status()

    def _failed(self, error: CredentialsError) -> None:
        """Tell of what cannot be followed, where no table will."""
        if self._terminal.is_json:
            row = {"name": self.name, "at": None, "kind": "failed", "message": str(error)}
            self._terminal.write_line({**row, "fingerprint": None, "code": error.code})
        if self._terminal.is_json or not self._terminal.can_draw:
            self._terminal.fail(error, about=self.name)

    def _heard(self, event: Event) -> None:
        if event.kind.value in {"rotated", "rolled_back"}:
            self.rotated_at = time.monotonic()
        if self._terminal.is_json:
            self._terminal.write_line(
                {
                    "name": self.name,
                    "at": event.at.isoformat(),
                    "kind": event.kind.value,
                    "message": event.message,
                    "fingerprint": event.fingerprint,
                    "code": event.code,
                }
            )
        elif not self._terminal.can_draw:
            self._terminal.write(f"{event.at:%Y-%m-%d %H:%M:%S} {self.name}: {event.message}")


def _nothing(watched: list[_Watched], terminal: Terminal) -> ExitCode:
    errors = [(each.name, each.error) for each in watched if each.error is not None]
    if terminal.can_draw and not terminal.is_json:
        for name, error in errors:
            terminal.fail(error, about=name)
    if not errors:
        msg = "the configuration has no profile."
        terminal.end(binance_creds.SecretNotFoundError(msg))
    return exit_code_of(errors[0][1]) if errors else ExitCode.FINDING


def _table(watched: list[_Watched], width: int) -> list[str]:
    return rows_of([_HEADS, *map(_row, watched)], width)


def _row(each: _Watched) -> tuple[str, ...]:
    name = each.name
    if len(name) > _WIDEST:
        name = f"\N{HORIZONTAL ELLIPSIS}{name[1 - _WIDEST :]}"
    status = each.status
    if status is None:
        code = each.error.code if each.error else ""
        return (name, "failed", "", "", "", "", "", code)
    return (
        name,
        status.state.value if status.error is None else f"{status.state.value} ({status.error})",
        status.fingerprint,
        _span(status.age_seconds),
        "-" if each.rotated_at is None else _span(time.monotonic() - each.rotated_at),
        _span(status.next_check_seconds),
        f"{status.rotate_by:%Y-%m-%d}" if status.rotate_by else "-",
        status.version or "-",
    )


def _span(seconds: float | None) -> str:
    """Return a time in its largest unit, such as `3m`."""
    if seconds is None:
        return "-"
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= length:
            return f"{seconds / length:.0f}{unit}"
    return f"{seconds:.0f}s"
