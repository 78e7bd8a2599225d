"""Where a pair waits, and where the old one is kept: places beside a source that no bot reads.

The name of the secret, item or file with `-next` or `-previous` behind it, in the same store, by
the same login. In a `.env` it is the same file under a prefix of its own: `NEXT_BINANCE_...`.
"""

from __future__ import annotations

import os
import re
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from binance_creds._parse._names import DEFAULT_PREFIX
from binance_creds._uri import SourceURI
from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["kept", "staged"]

_NEXT: Final = "next"
_PREVIOUS: Final = "previous"
# Of a secret's full name, its six characters at random: User Guide, "Secret ARN".
_ARN: Final = re.compile(
    r"(arn:[\w-]+:secretsmanager:([\w-]+):\d{12}):secret:([\w/+=.@-]+?)(-[A-Za-z0-9]{6})?"
)
_VERSION: Final = re.compile(r"(projects/.+/secrets/[^/]+)/versions/(.+)")
_PLAIN: Final = re.compile(r"[A-Za-z0-9-]{1,40}")
_CURRENT: Final = frozenset({"latest", "AWSCURRENT"})  # what the options name that is no pin
_PINS: Final = ("stage", "version", "version_id")
# Characters of the last part of a name, or bytes of a file's. Source: the rules of each provider.
_LONGEST: Final = {"aws-sm": 512, "azure-kv": 127, "file": 255, "gcp-sm": 255}
_UNWRITABLE: Final = frozenset({"command", "env", "memory"})


def staged(uri: SourceURI) -> SourceURI:
    """Return where a pair waits that shall become the one of a source.

    Raises:
        ConfigurationError: the source names one version, cannot be written, or is called so that
            no longer name fits into its store.
    """
    return _sibling(uri, _NEXT)


def kept(uri: SourceURI) -> SourceURI:
    """Return where the pair that a source held is kept until it is retired.

    Raises:
        ConfigurationError: as `staged` does.
    """
    return _sibling(uri, _PREVIOUS)


def _sibling(uri: SourceURI, word: str) -> SourceURI:
    if uri.scheme in _UNWRITABLE:
        msg = f"sources of {uri.scheme!r} cannot be written."
        raise ConfigurationError(msg, source=uri.redacted)
    _refuse_pinned(uri)
    if uri.field is not None:
        member = uri.field if _PLAIN.fullmatch(uri.field) else _digest(uri.field)
        word = f"{member}-{word}"
    options = {name: value for name, value in uri.options.items() if name not in _PINS}
    bare = SourceURI(uri.scheme, uri.location.rstrip("/"), options, None, uri.settings)
    return _checked(_OF_SCHEME.get(uri.scheme, _longer)(bare, word))


def _refuse_pinned(uri: SourceURI) -> None:
    named = [uri.options[name] for name in _PINS if name in uri.options]
    if uri.scheme == "gcp-sm" and (found := _VERSION.fullmatch(uri.location)):
        named.append(found[2])
    if set(named) <= _CURRENT:
        return
    msg = "this source names one version, which no rotation changes."
    raise ConfigurationError(msg, source=uri.redacted, hint="Leave the version out.")


def _longer(uri: SourceURI, word: str) -> SourceURI:
    return uri.with_location(f"{uri.location}-{word}")


def _prefixed(uri: SourceURI, word: str) -> SourceURI:
    prefix = f"{word.upper()}_{uri.option('prefix', DEFAULT_PREFIX)}"
    return SourceURI(uri.scheme, uri.location, {**uri.options, "prefix": prefix}, None)


def _file(uri: SourceURI, word: str) -> SourceURI:
    """Keep what the name ends with: the form of a file, and what ignores it, depend on that."""
    stem, ending = os.path.splitext(uri.location)
    return uri.with_location(f"{stem}-{word}{ending}")


def _aws(uri: SourceURI, word: str) -> SourceURI:
    arn = _ARN.fullmatch(uri.location)
    if arn is None:
        return _longer(uri, word)
    options = {"region": arn[2], **uri.options}  # a secret is made by its name alone
    return SourceURI(uri.scheme, f"{arn[3]}-{word}", options)


def _google(uri: SourceURI, word: str) -> SourceURI:
    return _longer(uri.with_location(_VERSION.sub(r"\1", uri.location)), word)


_OF_SCHEME: Final[dict[str, Callable[[SourceURI, str], SourceURI]]] = {
    "aws-sm": _aws,
    "dotenv": _prefixed,
    "file": _file,
    "gcp-sm": _google,
}


def _checked(uri: SourceURI) -> SourceURI:
    name = uri.location if uri.scheme == "aws-sm" else uri.location.rpartition("/")[2]
    longest = _LONGEST.get(uri.scheme)
    if longest is not None and len(os.fsencode(name)) > longest:
        msg = f"the name has no room for what a rotation adds: {longest} is the most."
        raise ConfigurationError(msg, source=uri.redacted, hint="Use a shorter name.")
    return uri


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:8]
