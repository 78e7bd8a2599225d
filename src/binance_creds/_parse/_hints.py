"""What variables say in other words: the environment, `BINANCE_TESTNET=true`, `"sandbox": true`.

python-binance, ccxt and most bots have a switch for the test network, and it is kept beside the
pair. Were it ignored, a pair of the testnet would count as live, and a bot could trade where its
owner has switched that off. So a switch that is on is understood; one that is off says nothing
beyond the default.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NoReturn

from binance_creds._enums import Environment, environment_of_host
from binance_creds._parse._clean import is_pem, stripped
from binance_creds._parse._facts import environment_said, refuse, refuse_twins
from binance_creds._parse._names import HINTS, folded, listed
from binance_creds._secret import Secret, plain_bytes
from binance_creds._uri import looks_pasted
from binance_creds.errors import MalformedSecretError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet
    from typing import Final

    from binance_creds._parse._names import Names
    from binance_creds._raw import Fields

__all__ = ["refuse_file", "with_hints"]

_ON: Final = {"true", "1", "yes", "y", "t", "on", "enabled"}
_OFF: Final = {"false", "0", "no", "n", "f", "off", "disabled", "none", "null", ""}
# What a choice may say. Any other word is about something else, such as `mode = "hedge"`.
_NOTED: Final = {"?on": _ON | {"testnet"}, "?off": _OFF - {"", "none", "null"}}
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
        fields: of a credential; they note what seems to say something and is not read.
        hints: names, as written, and values; those that are no text, number or `bool` are ignored.
        names: of the source.

    Raises:
        MalformedSecretError: they contradict each other or the field, a switch is neither on nor
            off and nothing else names the environment, or another pair is named for it. The caller
            raises it anew.
    """
    said: dict[Environment, str] = {}
    if "environment" in fields:
        said[environment_said(fields["environment"])] = names.written("environment")
    for name, value in hints.items():
        word = None if _noted(name, names) else _word(value)
        environment = _meant(name, word, names) if word is not None else None
        if environment is not None:
            said.setdefault(environment, name)
        elif word is not None and not said and _is_unclear(name, word, names):
            _refuse_unclear(name, word, names)
    if len(said) > 1:
        _refuse_contradiction(said)
    for environment, name in said.items():
        refuse_twins(fields.twins, environment, name)
        fields.setdefault("environment", Secret(environment.value))
    fields.unread = _mentioned(hints, names)


def refuse_file(path: Secret, name: str, field: str, where: str) -> NoReturn:
    """Refuse what a `..._FILE` variable names. A variable that is set is no absence.

    Moving on would hide the typing error.

    Args:
        path: its value, which may be a key.
        name: of the variable.
        field: that the file should hold.
        where: why there is no such file; empty if there is one and nothing in it.

    Raises:
        MalformedSecretError: always; the caller raises it anew.
    """
    text = stripped(path.reveal())
    if is_pem(plain_bytes(path)) or looks_pasted(text):
        refuse(
            "missing_file",
            f"{name} holds a value instead of the path of a file.",
            f"Set {name[: -len('_FILE')]} to it, or write it into a file and name that.",
            field=field,
        )
    if re.match(r"[a-z][a-z0-9+-]+:", text):
        msg = f"{name} holds a source instead of the path of a file."
        refuse("missing_file", msg, "Write the path alone.", field=field)
    if where:
        msg = f"the file that {name} names does not exist: {where}"
        refuse("missing_file", msg, "Correct the path, or unset the variable.", field=field)
    msg = f"the file that {name} names is empty."
    refuse("empty", msg, "Write the value into it, or unset the variable.", field=field)


def _mentioned(hints: Mapping[str, object], names: Names) -> str:
    """Return a part of a sentence about switches that are not followed, or nothing.

    They have no prefix, or do not say enough.
    """
    noted = {name: _noted(name, names) for name in hints}
    unread = sorted(name for name, words in noted.items() if _word(hints[name]) in words)
    if not unread:
        return ""
    why = "is not read without the prefix" if _is_bare(unread[0], names) else "is not read"
    return f"{listed(unread)} {why}; set {names.written('environment')} to testnet or live"


def _noted(name: str, names: Names) -> AbstractSet[str]:
    """Return which values of a name that is not followed are mentioned; none of a followed one."""
    state = "?on" if _is_bare(name, names) else _switched(name, names)
    return _NOTED.get(state, frozenset())


def _is_bare(name: str, names: Names) -> bool:
    return not (names.takes_bare or folded(name).startswith(folded(names.prefix)))


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
        return _CHOICES.get(word) or _of_address(word)
    return Environment(switched) if word in _ON | {switched} else None


def _of_address(word: str) -> Environment | None:
    """Return the environment of a host of Binance; that of live keys is no statement."""
    host = re.match(r"(\w+://)?([\w.-]+)", word)
    found = environment_of_host(host[2]) if host is not None else None
    return None if found is Environment.LIVE else found


def _is_unclear(name: str, word: str, names: Names) -> bool:
    return bool(_switched(name, names)) and word not in _OFF


def _switched(name: str, names: Names) -> str:
    return HINTS[folded(name).removeprefix(folded(names.prefix))]


def _refuse_unclear(name: str, word: str, names: Names) -> NoReturn:
    environments = ", ".join(one.value for one in Environment)
    refuse(
        "unknown_environment",
        f"{name} is neither true nor false, so that the environment is not known.",
        f"Set {names.written('environment')} to one of: {environments}.",
        field="environment",
        given=None if "://" in word else Secret(word),
    )


def _refuse_contradiction(said: Mapping[Environment, str]) -> NoReturn:
    (first, one), (second, other) = list(said.items())[:2]
    raise MalformedSecretError(
        f"{one} says {first.value}, and {other} says {second.value}.",
        reason="environment_mismatch",
        field="environment",
        hint="Each environment has keys of its own: correct the one that is wrong.",
    )
