"""The environment in the words of other programs: `BINANCE_TESTNET=true`, `"sandbox": true`.

python-binance, ccxt and most bots have a switch for the test network, and it is kept beside the
pair. Were it ignored, a pair of the testnet would count as live, and a bot could trade where its
owner has switched that off. So a switch that is on is understood; one that is off says nothing
beyond the default.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from binance_creds._enums import Environment
from binance_creds._parse._clean import stripped
from binance_creds._parse._facts import environment_said
from binance_creds._parse._names import HINTS, folded, listed
from binance_creds._secret import Secret
from binance_creds.errors import MalformedSecretError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Final

    from binance_creds._parse._names import Names
    from binance_creds._raw import Fields

__all__ = ["mentioned", "with_hints"]

_ON: Final = {"true", "1", "yes", "y", "t", "on", "enabled"}
_OFF: Final = {"false", "0", "no", "n", "f", "off", "disabled", "none", "null", ""}
# What a choice may say. Any other word is about something else, such as `mode = "hedge"`.
_CHOICES: Final = {
    "testnet": Environment.TESTNET,
    "test": Environment.TESTNET,
    "sandbox": Environment.TESTNET,
    "demo": Environment.DEMO,
    "demotrading": Environment.DEMO,
    "us": Environment.US,
}


def with_hints(fields: Fields, hints: Mapping[str, object], names: Names) -> None:
    """Add the environment that hints name to fields that have none.

    Args:
        fields: of a credential.
        hints: names, as written, and values; those that are no text, number or `bool` are ignored.
        names: of the source.

    Raises:
        MalformedSecretError: they contradict each other or the field, or a switch is neither on
            nor off and nothing else names the environment. The caller raises it anew.
    """
    said: dict[Environment, str] = {}
    if "environment" in fields:
        said[environment_said(fields["environment"])] = names.written("environment")
    for name, value in hints.items():
        word = _word(value)
        environment = _meant(name, word, names) if word is not None else None
        if environment is not None:
            said.setdefault(environment, name)
        elif word is not None and not said and _is_unclear(name, word, names):
            _refuse_unclear(name, names)
    if len(said) > 1:
        _refuse_contradiction(said)
    for environment in said:
        fields.setdefault("environment", Secret(environment.value))


def mentioned(hints: Mapping[str, object], names: Names) -> str:
    """Return a part of a sentence about switches without a prefix that are on, or nothing."""
    on = sorted(name for name, value in hints.items() if _word(value) in _ON | {"testnet"})
    if not on:
        return ""
    environment = names.written("environment")
    return f"{listed(on)} is not read without the prefix; set {environment} to testnet or live"


def _word(value: object) -> str | None:
    if isinstance(value, Secret):
        value = value.reveal()
    elif isinstance(value, bytes):
        value = value.decode(errors="replace")
    return stripped(str(value)).casefold() if isinstance(value, str | int) else None


def _meant(name: str, word: str, names: Names) -> Environment | None:
    """Return the environment that a hint names, or `None` for none."""
    switched = _switched(name, names)
    if not switched:
        return _CHOICES.get(word)
    return Environment(switched) if word in _ON | {switched} else None


def _is_unclear(name: str, word: str, names: Names) -> bool:
    return bool(_switched(name, names)) and word not in _OFF


def _switched(name: str, names: Names) -> str:
    return HINTS[folded(name).removeprefix(folded(names.prefix))]


def _refuse_unclear(name: str, names: Names) -> NoReturn:
    environments = ", ".join(one.value for one in Environment)
    raise MalformedSecretError(
        f"{name} is neither true nor false, so that the environment is not known.",
        reason="unknown_environment",
        field="environment",
        hint=f"Set {names.written('environment')} to one of: {environments}.",
    )


def _refuse_contradiction(said: Mapping[Environment, str]) -> NoReturn:
    (first, one), (second, other) = list(said.items())[:2]
    raise MalformedSecretError(
        f"{one} says {first.value}, and {other} says {second.value}.",
        reason="environment_mismatch",
        field="environment",
        hint="Each environment has keys of its own: correct the one that is wrong.",
    )
