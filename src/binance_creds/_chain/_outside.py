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

_FILES: Final = frozenset({"dotenv", "file"})


def opened(uri: SignerURI, plan: Plan, origin: str, deadline: Deadline) -> OutsideSigner:
    """Return what signs; blocks for its first signature.

    Args:
        uri: says where the key stays.
        plan: of the load.
        origin: the source of the API key, which may say where the key stays if it was named.
        deadline: over the first signature.

    Raises:
        ConfigurationError: a file says it that was merely found.
        CredentialsError: the key cannot be used.
    """
    if plan.terms.is_found and origin.partition(":")[0] in _FILES and uri is not plan.terms.signer:
        _refuse_distrusted(uri, origin)
    try:
        return opened_signer(uri, deadline)
    except CredentialsError as error:
        if error.source is not None:
            raise
        refusal = error.at(origin)
    raise refusal


def _refuse_distrusted(uri: SignerURI, origin: str) -> None:
    """Refuse what only a file may say that somebody named: it may have come with a repository."""
    found = SIGNER_SCHEMES.distrusted(uri)
    if found is None:
        return
    msg = (
        f"the signer {uri.redacted}: {found.what} decides {found.decides}. A file that was only"
        " found in the working directory may not say that: it may have come with a repository."
    )
    variable = f"Take it out and set {found.variable}, or name the file" if found.variable else ""
    ways = f"pass the source {origin!r}, or set BINANCE_CREDS_SOURCE."
    hint = f"{variable or 'Name the file'}: {ways}"
    raise ConfigurationError(msg, source=origin, hint=hint)
