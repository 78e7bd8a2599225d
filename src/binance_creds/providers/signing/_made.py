"""Make the key that a URI names, where it will stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from binance_creds.errors import ConfigurationError, CredentialsError, SecretNotFoundError
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
        ConfigurationError: no key can be made there by this library.
        CredentialsError: as `KeyMaker` and `RemoteKey` say.
    """
    key = key_of(uri)
    try:
        found = _found(key, deadline)
        return (found, False) if found else (_created(key, key_type, deadline), True)
    except CredentialsError as error:
        refusal = error.at(uri.redacted)
    finally:
        key.close()
    raise refusal


def _found(key: RemoteKey, deadline: Deadline) -> KeyVersion | None:
    try:
        return key.describe(deadline)
    except SecretNotFoundError:
        return None


def _created(key: RemoteKey, key_type: KeyType, deadline: Deadline) -> KeyVersion:
    if not isinstance(key, KeyMaker):
        msg = "there is no such key, and none can be made there from here."
        raise ConfigurationError(msg, hint="Make it with the store's own program.")
    return key.create(key_type, deadline)
