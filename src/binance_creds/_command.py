"""`Command`: a program that prints credentials, as a configuration that was named says it."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Command"]


class Command(NamedTuple):
    """The table `[commands.NAME]`.

    Attributes:
        argv: the program and its arguments; no shell reads them.
        poll_seconds: how often live credentials run it unasked; `None` is never.
        variables: the names of the variables that it gets besides those of every session; `None`
            is all of them.
    """

    argv: tuple[str, ...]
    poll_seconds: float | None = None
    variables: tuple[str, ...] | None = None
