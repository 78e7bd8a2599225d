"""Open what signs with a key that stays outside."""

from __future__ import annotations

from binance_creds._typing import TYPE_CHECKING
from binance_creds.errors import ConfigurationError, CredentialsError
from binance_creds.providers.signing import SIGNER_SCHEMES, opened_signer

if TYPE_CHECKING:
    from typing import Final

    from binance_creds._plan import Plan
    from binance_creds._time._deadline import Deadline
    from binance_creds.signers import SignerURI
    from binance_creds.signers._outside import OutsideSigner

__all__ = ["opened"]

# What these hold is of whoever started the program; a store that a found file chose is anybody's.
_OF_THE_PROCESS: Final = frozenset({"env", "memory"})


def opened(uri: SignerURI, plan: Plan, origin: str, deadline: Deadline) -> OutsideSigner:
    """Return what signs; blocks for its first signature.

    Args:
        uri: says where the key stays.
        plan: of the load.
        origin: the source of the API key, which may say where the key stays if somebody named it.
        deadline: over the first signature.

    Raises:
        ConfigurationError: a source says it that nobody named.
        CredentialsError: the key cannot be used.
    """
    is_of_source = uri is not plan.terms.signer
    if plan.terms.is_found and is_of_source and _scheme(origin) not in _OF_THE_PROCESS:
        _refuse_distrusted(uri, origin)
    try:
        return opened_signer(uri, deadline)
    except CredentialsError as error:
        if error.source is not None:
            raise
        refusal = error.at(origin)
    raise refusal


def _scheme(origin: str) -> str:
    return origin.partition(":")[0]


def _refuse_distrusted(uri: SignerURI, origin: str) -> None:
    """Refuse what only a source may say that somebody named.

    A file may have come with a repository, and so may the configuration that chose the store:
    its secret is then of another account, such as that of a full ARN.
    """
    found = SIGNER_SCHEMES.distrusted(uri)
    if found is None:
        return
    msg = (
        f"the signer {uri.redacted}: {found.what} decides {found.decides}. A source that nobody"
        " named, because it is the default or was only found in the working directory, may not say"
        " that: it may have come with a repository."
    )
    way = "Name the source"
    if found.variable:
        way = f"Take it out and set {found.variable}, or name the source"
    hint = f"{way}: pass {origin!r}, or set BINANCE_CREDS_SOURCE."
    raise ConfigurationError(msg, source=origin, hint=hint)
