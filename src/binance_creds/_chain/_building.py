"""Build credentials from what was read, and open the signer of a key that stays outside."""

from __future__ import annotations

from binance_creds._parse._build import build_credentials
from binance_creds._typing import TYPE_CHECKING
from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Final

    from binance_creds._credentials import Credentials
    from binance_creds._plan import Plan
    from binance_creds._raw import RawSecret
    from binance_creds._time._deadline import Deadline
    from binance_creds.errors import Attempt
    from binance_creds.signers import SignerURI
    from binance_creds.signers._outside import OutsideSigner

__all__ = ["built", "outside_signer_of"]

_FILES: Final = frozenset({"dotenv", "file"})


def built(
    raw: RawSecret,
    plan: Plan,
    deadline: Deadline,
    *,
    attempts: Iterable[Attempt] = (),
    stated: Iterable[tuple[str, str]] = (),
) -> Credentials:
    """Return validated credentials; blocks where their key stays outside.

    Args:
        raw: what was read.
        plan: what the load is to do.
        deadline: over the first signature of a key outside.
        attempts: as `build_credentials` takes them.
        stated: the same.

    Raises:
        MalformedSecretError: they are not usable credentials.
        CredentialsError: the key outside cannot be used.
    """

    def opened(uri: SignerURI) -> OutsideSigner:
        from binance_creds.providers.signing import opened_signer  # noqa: PLC0415  # few stay outside

        if plan.is_found and raw.origin.partition(":")[0] in _FILES and uri is not plan.signer:
            _refuse_distrusted(uri, raw.origin)
        return opened_signer(uri, deadline)

    return build_credentials(raw, plan, opened=opened, attempts=attempts, stated=stated)


def outside_signer_of(credentials: Credentials) -> OutsideSigner | None:
    """Return what signs with a key that stays outside; `None` if it is in this process."""
    signer: Any = credentials.signer if credentials.signed_by is not None else None
    return signer  # type: ignore[no-any-return]  # it says where it signs, so it is one


def _refuse_distrusted(uri: SignerURI, origin: str) -> None:
    """Refuse what only a file may say that somebody named: it may have come with a repository."""
    from binance_creds.providers.signing import SIGNER_SCHEMES  # noqa: PLC0415  # as above

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
