"""`runbook`: the packaged texts, with what is known of one key filled in."""

from __future__ import annotations

from importlib.resources import files
from typing import Any, Final

from binance_creds._files._toml import parsed
from binance_creds._typing import NamedTuple
from binance_creds.errors import ConfigurationError

__all__ = ["Part", "Runbook", "Step", "runbook", "runbook_names"]

_NAMES: Final = ("leak", "leaver", "third-party", "rotation")
_FOLDER: Final = "binance_creds.runbook"


class Step(NamedTuple):
    """One thing to do.

    Attributes:
        do: in words.
        command: that does it or helps, or `None`.
    """

    do: str
    command: str | None


class Part(NamedTuple):
    """What belongs to one time, such as the first hour."""

    title: str
    steps: tuple[Step, ...]


class Runbook(NamedTuple):
    """What to do in one case.

    Attributes:
        name: such as `leak`.
        title: for people.
        summary: what it is about, in some sentences.
        parts: in order.
    """

    name: str
    title: str
    summary: str
    parts: tuple[Part, ...]


def runbook_names() -> tuple[str, ...]:
    """Return the names of the runbooks, the most urgent first."""
    return _NAMES


def runbook(name: str, *, profile: str = "PROFILE", fingerprint: str = "FINGERPRINT") -> Runbook:
    """Return what to do in one case.

    Args:
        name: one of `runbook_names`.
        profile: whose key it is about; stands in the commands.
        fingerprint: of that key.

    Raises:
        ConfigurationError: there is no such runbook.
    """
    if name not in _NAMES:
        msg = "there is no such runbook."
        raise ConfigurationError(msg, hint=f"The runbooks are {', '.join(_NAMES)}.")
    table: Any = parsed(files(_FOLDER).joinpath(f"{name}.toml").read_bytes())
    known = {"{profile}": profile, "{fingerprint}": fingerprint}
    parts = tuple(
        Part(part["title"], tuple(_step(step, known) for step in part["steps"]))
        for part in table["parts"]
    )
    return Runbook(name, table["title"], table["summary"], parts)


def _step(step: dict[str, str], known: dict[str, str]) -> Step:
    command = step.get("command")
    return Step(_filled(step["do"], known), command and _filled(command, known))


def _filled(text: str, known: dict[str, str]) -> str:
    for name, value in known.items():
        text = text.replace(name, value)
    return text
