"""Build the signer that a URI names, and try it once for each version of its key."""

from __future__ import annotations

import os
import weakref
from typing import TYPE_CHECKING, Final

from binance_creds._time._duration import LONGEST_SECONDS, duration_seconds
from binance_creds.errors import ConfigurationError, CredentialsError
from binance_creds.providers._registry import Family, built
from binance_creds.providers.signing._schemes import BUILT_IN, SIGNERS
from binance_creds.signers._outside import DEFAULT_SIGNER_SECONDS, OutsideSigner

if TYPE_CHECKING:
    from binance_creds._time._deadline import Deadline
    from binance_creds.signers import KeyVersion, RemoteKey, SignerURI

__all__ = ["SIGNER_SCHEMES", "key_of", "opened_signer"]

SIGNER_SCHEMES: Final = Family("binance_creds.signers", BUILT_IN, SIGNERS, of=" of a signer")
# What was tried needs no second try: a key may ask its owner, or cost money, for each signature.
_PROVEN: Final[weakref.WeakValueDictionary[tuple[SignerURI, int, KeyVersion], OutsideSigner]] = (
    weakref.WeakValueDictionary()
)


def opened_signer(uri: SignerURI, deadline: Deadline) -> OutsideSigner:
    """Return what signs with the current version of a key outside. Blocks.

    It has signed once.

    Raises:
        ConfigurationError: the scheme is unknown, or an option is wrong.
        ProviderNotInstalledError: with the `pip install` line of the missing extra.
        CredentialsError: there is no key, it cannot be used, or nobody answers in time.
    """
    surroundings = _surroundings(uri)
    key = _built_key(uri)
    try:
        version = key.describe(deadline)
        signer = _PROVEN.get((uri, surroundings, version))
        if signer is not None:
            key.close()
            return signer
        signer = OutsideSigner(key, version, uri.redacted, timeout_seconds=_timeout_seconds(uri))
        signer.prove(deadline)
    except CredentialsError as error:
        key.close()
        refusal = error.at(uri.redacted)
    else:
        _PROVEN[uri, surroundings, version] = signer
        weakref.finalize(signer, key.close)
        return signer
    raise refusal


def _built_key(uri: SignerURI) -> RemoteKey:
    """Return the key; an error of a scheme that is known names the URI."""
    try:
        return key_of(uri)
    except CredentialsError as error:
        refusal = error.at(uri.redacted) if uri.scheme in SIGNERS else error.again()
    raise refusal


def key_of(uri: SignerURI) -> RemoteKey:
    """Return the key that a URI names; nothing is asked yet.

    Raises:
        ConfigurationError: the scheme is unknown, or an option is wrong.
        ProviderNotInstalledError: with the `pip install` line of the missing extra.
    """
    _timeout_seconds(uri)
    scheme = SIGNERS.get(uri.scheme)
    if scheme is None:
        key: RemoteKey = SIGNER_SCHEMES.factory(uri)(uri)
        return key
    uri.allow_options("timeout", *scheme.options.split(), *scheme.named)
    key = built(BUILT_IN[uri.scheme], uri)
    return key  # noqa: RET504  # typed by its name


def _surroundings(uri: SignerURI) -> int:
    """Return what tells apart where one URI leads to as variables change: an agent's new socket.

    It is a hash, as some of them hold a login.
    """
    scheme = SIGNERS.get(uri.scheme)
    variables = [name for _, name in scheme.named.values() if name] if scheme else []
    return hash(tuple(map(os.environ.get, variables)))


def _timeout_seconds(uri: SignerURI) -> float:
    text = uri.option("timeout")
    if text is None:
        return DEFAULT_SIGNER_SECONDS
    try:
        seconds = duration_seconds(text, name="the option 'timeout'")
        if seconds > LONGEST_SECONDS:
            msg = "the option 'timeout' is more than ten years."
            raise ConfigurationError(msg)  # noqa: TRY301  # it gets its source below
    except ConfigurationError as error:
        refusal = error.at(uri.redacted)
    else:
        return seconds
    raise refusal
