"""The spellings of the fields of a credential: one table for every source.

A name with the prefix (`BINANCE_SECRET_KEY`, `binanceApiKey`) loads from everywhere. A bare one
(`api_key`) loads from folders and documents, where nothing else is kept; the environment and a
`.env` are shared with other programs.
"""

from __future__ import annotations

from binance_creds._late import re
from binance_creds._raw import SIGNING_FIELDS
from binance_creds._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Final

__all__ = [
    "DEFAULT_PREFIX",
    "HINT",
    "HINTS",
    "SHOWN",
    "VARIABLES",
    "Names",
    "folded",
    "listed",
    "near",
    "prefix_in",
    "twins",
]

DEFAULT_PREFIX: Final = "BINANCE"

# Without case, hyphens and underscores: api_key, apiKey, API-KEY and so on are one spelling. The
# short ones are those of sub-accounts: BINANCE_SUB_ALPHA_KEY, BINANCE_SUB_ALPHA_SECRET.
SPELLINGS: Final = {
    "apikey": "api_key",
    "key": "api_key",
    "apisecret": "api_secret",
    "apisecretkey": "api_secret",
    "secret": "api_secret",
    "secretkey": "api_secret",
    "privatekey": "private_key",
    "passphrase": "passphrase",
    "privatekeypassphrase": "passphrase",
    "privatekeypassword": "passphrase",
    "signer": "signer",
    "environment": "environment",
    "created": "created",
    "rotationdays": "rotation_days",
}

# How other programs call the environment: a switch, or (of "") a choice or an address, whose value
# names it.
HINTS: Final = {
    "testnet": "testnet",
    "usetestnet": "testnet",
    "istestnet": "testnet",
    "enabletestnet": "testnet",
    "testnetenabled": "testnet",
    "testnetmode": "testnet",
    "sandbox": "testnet",
    "usesandbox": "testnet",
    "sandboxmode": "testnet",
    "demo": "demo",
    "usedemo": "demo",
    "demotrading": "demo",
    "us": "us",
    "env": "",
    "mode": "",
    "network": "",
    "tld": "",
    "tradingenv": "",
    "tradingmode": "",
    **dict.fromkeys(["apiurl", "baseurl", "endpoint", "host", "resturl", "url"], ""),
    # It is not said for what, or that it is not for another use: noticed in one state each.
    **dict.fromkeys(["test", "testmode", "futurestestnet"], "?on"),
    **dict.fromkeys(["live", "islive", "uselive", "mainnet", "usemainnet", "production"], "?off"),
}
HINT: Final = "environment, in other words"
"""The role of a name in `HINTS`, which is no field of its own."""

# Without the short spellings: a prefix may well end in KEY or SECRET.
_VARIABLE: Final = (
    r"(?i)(.+?)_(api_?key|api_?secret(_?key)?|secret_?key|private_?key(_?passphrase)?|signer)"
    r"(_file)?"
)
SHOWN: Final = r"[A-Za-z][A-Za-z0-9_.-]{0,47}"  # a longer one may be a pasted key
_SHOWN_ALONE: Final = r"[A-Za-z][A-Za-z0-9_. -]{0,47}"  # one that is not part of a source
_TELLING: Final = ("key", "secret", "pem", "file")
_MOST_SHOWN: Final = 4
_SIMILAR: Final = 0.85  # of difflib: one or two letters wrong, missing or swapped


class Names(NamedTuple):
    """Which names a source may give its fields.

    Attributes:
        prefix: such as `BINANCE`.
        takes_bare: whether a name without the prefix counts as well.
    """

    prefix: str = DEFAULT_PREFIX
    takes_bare: bool = True

    @classmethod
    def of_folder(cls, prefix: str | None) -> Names:
        """Return the names of a folder or document; a prefix that is asked for excludes others."""
        return cls(prefix or DEFAULT_PREFIX, takes_bare=prefix is None)

    def field(self, name: str) -> str | None:
        """Return the field that a name stands for, or `None` for none of ours."""
        text, start = folded(name), folded(self.prefix)
        of_prefix = SPELLINGS.get(text.removeprefix(start)) if text.startswith(start) else None
        return of_prefix or (SPELLINGS.get(text) if self.takes_bare else None)

    def roles(self, found: Iterable[str], *, files: bool) -> dict[str, tuple[str, bool]]:
        """Return the names with the prefix that stand for a field: which, and whether in a file.

        The role of what other programs say of the environment is `HINT`.

        Args:
            found: all names of a source, such as those of the environment.
            files: whether a name that ends in `_FILE` names a file that holds the field.
        """
        roles: dict[str, tuple[str, bool]] = {}
        start = folded(self.prefix)
        for name in found:
            text = name.replace("_", "").replace("-", "").casefold()  # `folded`, for each variable
            if not text.startswith(start):
                continue
            spelling = text[len(start) :]
            if spelling in SPELLINGS:
                roles[name] = SPELLINGS[spelling], False
            elif files and name[-5:].upper() == "_FILE" and spelling[:-4] in SPELLINGS:
                roles[name] = SPELLINGS[spelling[:-4]], True
            elif spelling in HINTS:
                roles[name] = HINT, False
        return roles

    def hints(self, name: str) -> bool:
        """Return whether a name is one that other programs give to the environment."""
        text, start = folded(name), folded(self.prefix)
        return text.removeprefix(start) in HINTS and (self.takes_bare or text.startswith(start))

    def starts(self, name: str) -> bool:
        """Return whether a name begins with the prefix, or with that of this library."""
        return folded(name).startswith((folded(self.prefix), folded(DEFAULT_PREFIX)))

    @property
    def pair(self) -> str:
        """How to write the fields of a pair, for a message."""
        key, secret, private_key, _ = map(self.written, SIGNING_FIELDS)
        return f"{key}, and {secret} or {private_key}"

    @property
    def all(self) -> str:
        """How to write each of them, for a message."""
        return listed([*map(self.written, SIGNING_FIELDS[:3])])

    def written(self, field: str) -> str:
        """Return how to write a field."""
        return field if self.takes_bare else f"{self.prefix}_{field.upper()}"


VARIABLES: Final = Names(takes_bare=False)
"""Those of the environment and of a `.env`, unless another prefix is asked for."""


def listed(names: Sequence[str]) -> str:
    """Return names as a list in a sentence."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def folded(name: str) -> str:
    """Return a name without what spellings differ in."""
    return name.replace("_", "").replace("-", "").casefold()


def near(found: Iterable[str], names: Names) -> str:
    """Return a part of a sentence about names that were probably meant, or nothing.

    Only names are given, and of these only what cannot be a pasted key.
    """
    shown = [name for name in found if re.fullmatch(_SHOWN_ALONE, name)]
    others = _prefixes_of_pairs(shown)
    near = sorted(name for name in shown if _is_near(name, names) or prefix_in(name) in others)
    if len(near) > _MOST_SHOWN:
        near[_MOST_SHOWN:] = [f"{len(near) - _MOST_SHOWN} more"]
    return f"; found {listed(near)}" if near else ""


def twins(environment: str, found: Iterable[str], names: Names) -> str:
    """Return the names of another pair that is called by an environment, or nothing.

    Such as BINANCE_TESTNET_API_KEY and BINANCE_API_SECRET_TESTNET beside BINANCE_API_KEY.
    """
    start = folded(names.prefix)
    pair: dict[str, str] = {}
    for name in found:
        rest = folded(name).removeprefix(start)
        field = SPELLINGS.get(rest.replace(environment, "", 1).removeprefix(start))
        if field in SIGNING_FIELDS and environment in rest and not names.field(name):
            pair.setdefault(field, name)
    if "api_key" not in pair or len(pair) == 1:
        return ""
    return listed([pair[field] for field in SIGNING_FIELDS if field in pair])


def prefix_in(text: str) -> str | None:
    """Return the prefix of a variable's name, or `None` if the text is no such name."""
    variable = re.fullmatch(_VARIABLE, text)
    return None if variable is None else variable[1]


def _prefixes_of_pairs(found: Iterable[str]) -> set[str | None]:
    """Return the prefixes under which both an API key and what signs for it are named."""
    fields: dict[str, set[str]] = {}
    for name in found:
        variable = re.fullmatch(_VARIABLE, name)
        if variable is not None:
            field = SPELLINGS[folded(variable[2])]
            fields.setdefault(variable[1], set()).add(field)
    signing = set(SIGNING_FIELDS[1:])
    return {prefix for prefix, of in fields.items() if "api_key" in of and of & signing}


def _is_near(name: str, names: Names) -> bool:
    text = folded(name)
    if names.field(name) is not None:
        return False
    if SPELLINGS.get(text) in SIGNING_FIELDS:
        return True
    is_of_us = names.takes_bare or names.starts(name)
    if is_of_us and any(word in text for word in _TELLING):
        return True
    from difflib import SequenceMatcher  # noqa: PLC0415  # only where something is missing

    ours = (folded(names.prefix) + spelling for spelling in SPELLINGS)
    return any(SequenceMatcher(None, text, one).ratio() > _SIMILAR for one in ours)
