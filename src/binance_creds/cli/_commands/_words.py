"""`words_for`: what may follow on a command line; the configuration is read, and never a source."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, Final

import binance_creds
from binance_creds.cli._commands import COMMANDS, command_named

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["words_for"]

_FLAGS: Final = ("--json", "--quiet", "--no-input", "--help")  # of every command
_BREAKS: Final = frozenset({":", "="})  # of bash, which makes words of their own of these


def words_for(line: Sequence[str]) -> list[str]:
    """Return the words that may stand where the last one has begun.

    Args:
        line: the words up to the cursor, without the name of the program.
    """
    *before, begun = line or [""]
    if "--" in before or (before and before[-1] in _BREAKS):  # a program; the rest of a source
        return []
    return [word for word in _Line(before, begun).words() if word.startswith(begun)]


class _Taken(argparse.ArgumentParser):
    """What a command takes: options with what is known of their values, and words in order."""

    def __init__(self) -> None:
        super().__init__(add_help=False)
        self.options: dict[str, dict[str, Any]] = {"--config": {"metavar": "PATH"}}
        self.words: list[dict[str, Any]] = []

    def add_argument(self, *names: str, **settings: Any) -> argparse.Action:
        """Add it, and keep it."""
        if names[0].startswith("-"):
            self.options[names[-1]] = settings
        else:
            self.words.append({"metavar": names[0], **settings})
        return super().add_argument(*names, **settings)


class _Line:
    """A command line up to the word that is begun."""

    def __init__(self, before: Sequence[str], begun: str) -> None:
        self._begun = begun
        self._command: str | None = None
        self._config: str | None = None
        self._waiting: str | None = None  # the option whose value comes next
        self._place = 0  # among the words that are no options
        self._taken = _Taken()
        for word in _joined(before):
            self._pass(word)

    def _pass(self, word: str) -> None:
        if self._waiting is not None:
            self._config = word if self._waiting == "--config" else self._config
            self._waiting = None
        elif word.startswith("-"):
            name, _, value = word.partition("=")
            taken = self._taken.options.get(name, {"action": "store_true"})
            if not str(taken.get("action")).startswith("store_"):
                self._waiting = None if value else name
                self._config = value if name == "--config" and value else self._config
        elif self._command is None:
            self._command = word
            if word in COMMANDS:
                command_named(word).add_arguments(self._taken)
        else:
            self._place += 1

    def words(self) -> Iterable[str]:
        if self._waiting is not None:
            return self._values(self._taken.options[self._waiting])
        if self._begun.startswith("-"):
            version = () if self._command else ("--version",)
            return [*self._taken.options, *_FLAGS, *version]
        if self._command is None:
            return COMMANDS
        takes = self._taken.words
        if self._place < len(takes):
            return self._values(takes[self._place])
        return self._values(takes[-1]) if takes and takes[-1].get("nargs") == "*" else []

    def _values(self, taken: dict[str, Any]) -> Iterable[str]:
        if "choices" in taken:
            return [each for each in taken["choices"] if each != "words"]
        what = str(taken.get("metavar") or "").upper()
        try:
            if what in {"POLICY", "NAME"}:
                return binance_creds.policies(self._config)
            if what == "SOURCE":
                return _schemes()
            if any(each in what for each in ("PROFILE", "TARGET", "SOURCE", "NAMES")):
                return [*binance_creds.profile_names(self._config), *_schemes()]
        except binance_creds.CredentialsError:  # a broken configuration completes nothing
            return []
        return []


def _joined(words: Sequence[str]) -> list[str]:
    """Return words as they were typed, where bash has taken sources apart."""
    joined: list[str] = []
    for place, word in enumerate(words):
        if place and (word in _BREAKS or words[place - 1] in _BREAKS):
            joined[-1] += word
        else:
            joined.append(word)
    return joined


def _schemes() -> list[str]:
    from binance_creds.scaffold import store_choices  # noqa: PLC0415  # commands need none of it

    sources = (store.source for store in store_choices())
    ends = ((source, "://" if "://" in source else ":") for source in sources)
    return [source.partition(":")[0] + end for source, end in ends] + ["openbao://"]
