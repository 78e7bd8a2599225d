"""Make the key that a URI names, where it will stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from binance_creds.errors import CredentialsError, SecretNotFoundError
from binance_creds.providers.signing._opened import key_of
from binance_creds.signers import KeyMaker

if TYPE_CHECKING:
    from binance_creds._enums import KeyType
    from binance_creds._time._deadline import Deadline
    from binance_creds.signers import KeyVersion, RemoteKey, SignerURI

__all__ = ["made_key"]


def made_key(uri: SignerURI, key_type: KeyType, deadline: Deadline) -> tuple[KeyVersion, bool]:
    """Return the key that a URI names, and whether it was made now. Blocks.

    One that is there already stays as it is.

    Raises:
        SecretNotFoundError: there is none, and none can be made there by this library.
        CredentialsError: as `KeyMaker` and `RemoteKey` say.
    """
    key = key_of(uri)
    try:
        return _found_or_created(key, key_type, deadline)
    except CredentialsError as error:
        refusal = error.at(uri.redacted)
    finally:
        key.close()
    raise refusal


def _found_or_created(
    key: RemoteKey, key_type: KeyType, deadline: Deadline
) -> tuple[KeyVersion, bool]:
    try:
        return key.describe(deadline), False
    except SecretNotFoundError as error:
        absence = error.again()
    if isinstance(key, KeyMaker):
        return key.create(key_type, deadline), True
    # It may be there and not to be seen, as in a locked agent: the place's own hint says so.
    absence.hint = " ".join(filter(None, (absence.hint, "No key can be made there from here.")))
    raise absence
