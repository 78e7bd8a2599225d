"""The commands: where each is, and what the list of them says. None is imported for that list."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final, Protocol, cast

if TYPE_CHECKING:
    import argparse

    from binance_creds.cli._terminal import Terminal

__all__ = ["COMMANDS", "WITH_PROGRAM", "Command", "command_named"]

COMMANDS: Final = {
    "check": "check whether credentials work, and what the exchange says of the key",
    "doctor": "find out what is the matter, with a fix for each finding",
    "init": "set a project up: configuration, .env.example, .gitignore",
    "show": "show the source, version and age of credentials, masked",
    "watch": "follow profiles: state, age, last rotation, next check",
    "put": "write a pair, typed or from standard input, into a store",
    "copy": "write what one source holds into a store",
    "rollback": "make the version before the newest of a store again",
    "keygen": "make a key pair whose private half goes into a store alone",
    "rotate": "replace a key: stage, verify, promote, overlap, retire",
    "exec": "run a program with credentials in its environment",
    "policy": "list and explain what a key may and must not be able to do",
    "scan": "find keys in files, in what is staged, in the history of a repository",
    "runbook": "say what to do when a key leaks, a person leaves, a tool wants a key",
    "audit": "verify the record of what was done with credentials",
    "completion": "print the completion script of a shell",
}
WITH_PROGRAM: Final = frozenset({"exec"})  # takes what stands after two dashes


class Command(Protocol):
    """A module of a command."""

    EPILOG: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the options of the command."""

    def run(self, options: argparse.Namespace, terminal: Terminal) -> int:
        """Run the command, and return an exit code.

        Raises:
            CredentialsError: it failed as a whole.
        """


def command_named(name: str) -> Command:
    """Return the module of a command."""
    return cast("Command", import_module(f"binance_creds.cli._commands.{name}"))
