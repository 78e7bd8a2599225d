"""The code behind `key`; it needs the SDK."""

from __future__ import annotations

import time
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from azure.core.exceptions import HttpResponseError
from azure.keyvault.keys import KeyOperation
from azure.keyvault.keys import KeyType as Kind
from azure.keyvault.keys.crypto import SignatureAlgorithm

from binance_creds._enums import KeyType
from binance_creds.errors import (
    AuthenticationError,
    CredentialsError,
    ProviderUnavailableError,
    SecretNotFoundError,
)
from binance_creds.providers.azure._errors import translated
from binance_creds.providers.azure._login import LOGGERS, make_loggers
from binance_creds.providers.azure._transport import limits
from binance_creds.providers.azure._vault_name import place_of, version_of
from binance_creds.providers.azure.keys._client import CLIENTS, client_of
from binance_creds.providers.azure.keys._creation import Creation
from binance_creds.providers.azure.keys._errors import (
    DELETED,
    DISABLED,
    EARLY,
    EXPIRED,
    KEYS,
    SERVICE,
)
from binance_creds.providers.remote._call import Remote
from binance_creds.providers.remote._error_row import FOREIGN
from binance_creds.signers._making import not_made, unnameable
from binance_creds.signers._public_key import rsa_version, unsupported

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure.keyvault.keys import KeyProperties, KeyVaultKey

    from binance_creds._time._deadline import Deadline
    from binance_creds.signers import KeyVersion, SignerURI

__all__ = ["VaultKey"]

_RSA: Final = {Kind.rsa, Kind.rsa_hsm}


class VaultKey:
    """Sign with one RSA key of a vault.

    Options: `version` pins one, else the current one is found when the key is described, and
    signs. `cloud`, `authority`, `auth`, `client_id` and `tenant_id` choose who asks and where, as
    for `azure-kv`.

    Args:
        uri: the signer.
        clock: wall-clock seconds since the epoch; for `expires_on` and `not_before`.

    Attributes:
        is_pinned: whether there is a `version`.

    Raises:
        ConfigurationError: no vault and name, or options that do not fit.
    """

    def __init__(self, uri: SignerURI, *, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._place = place_of(uri)
        self._name = uri.location.partition("/")[2]
        self._version = version_of(uri)
        self.is_pinned = self._version is not None
        make_loggers()
        self._remote = Remote(
            uri,
            loggers=LOGGERS,
            translated=self._translated,
            forget_login=lambda before: CLIENTS.drop(self._place, built_before=before),
        )

    def describe(self, deadline: Deadline) -> KeyVersion:
        """Return the current or the pinned version with its public half: one GetKey.

        Raises:
            CredentialsError: as the table of `_errors` says.
        """
        return self._remote.call(
            lambda: self._version_of(self._found(deadline)), deadline, purpose="describe"
        )

    def create(self, key_type: KeyType, deadline: Deadline) -> KeyVersion:
        """Make the key, which is for signatures alone and cannot be exported. Blocks.

        An RSA key that has the name is returned. The vault cannot be asked to make a key only where
        there is none: where two programs make one at the same moment, both make a version. Whoever
        then sees two gets a `ConflictError`; the faster one may have seen its own alone.

        Raises:
            ConfigurationError: not RSA, or there is a `version`.
            ConflictError: another key has the name, or another version was made.
            CredentialsError: as the table of `_errors` says.
        """
        if key_type is not KeyType.RSA:
            raise not_made("Azure Key Vault", key_type)
        if self.is_pinned:
            raise unnameable("Leave out the option `version`.")
        new = Creation(self._name, lambda: client_of(self._place).keys, self._found)
        return self._remote.call(
            lambda: self._version_of(new.attempt(deadline)), deadline, purpose="create"
        )

    def sign(self, payload: bytes, version: KeyVersion, deadline: Deadline) -> bytes:
        """Return the signature: one Sign over the digest.

        Raises:
            CredentialsError: as the table of `_errors` says.
        """
        digest = sha256(payload).digest()
        return self._remote.sign(
            lambda: self._signed(digest, str(version.name), deadline), deadline
        )

    def close(self) -> None:
        """Nothing is open: the client is the process's."""

    def _version_of(self, found: KeyVaultKey) -> KeyVersion:
        key: Any = found.key  # typed in parts
        if found.properties.version is None:
            raise KEYS.error(FOREIGN)
        if key.kty not in _RSA:
            raise unsupported(" ".join(filter(None, (key.kty, key.crv))))
        if KeyOperation.sign not in (key.key_ops or [KeyOperation.sign]):
            raise unsupported("not allowed to sign")
        self._check_dates(found.properties)
        modulus, exponent = (int.from_bytes(number, "big") for number in (key.n, key.e))
        return rsa_version(modulus, exponent, found.properties.version)

    def _found(self, deadline: Deadline) -> KeyVaultKey:
        try:
            return client_of(self._place).keys.get_key(
                self._name, self._version, **limits(deadline)
            )
        except HttpResponseError as error:
            refusal = self._translated(error)
        if isinstance(refusal, SecretNotFoundError) and self._is_deleted(deadline):
            refusal = KEYS.error(DELETED)
        raise refusal

    def _is_deleted(self, deadline: Deadline) -> bool:
        """Return whether the name is soft-deleted, as far as this identity may know."""
        try:
            client_of(self._place).keys.get_deleted_key(self._name, **limits(deadline))
        except HttpResponseError as error:
            refusal = self._translated(error)
        else:
            return True
        if isinstance(refusal, ProviderUnavailableError | AuthenticationError):
            raise refusal
        return False  # never was, was purged, or is not for this identity to see

    def _check_dates(self, properties: KeyProperties) -> None:
        """Refuse a version that the vault shows, and would not sign with."""
        now = self._clock()
        if properties.enabled is False:
            raise KEYS.error(DISABLED)
        if properties.expires_on is not None and properties.expires_on.timestamp() <= now:
            raise KEYS.error(EXPIRED)
        if properties.not_before is not None and properties.not_before.timestamp() > now:
            raise KEYS.error(EARLY)

    def _signed(self, digest: bytes, version: str, deadline: Deadline) -> bytes:
        client = client_of(self._place).signing(self._name, version)
        signature = client.sign(SignatureAlgorithm.rs256, digest, **limits(deadline)).signature
        if not signature:
            raise KEYS.error(FOREIGN)
        return signature

    def _translated(self, error: Exception) -> CredentialsError:
        return translated(error, self._place.url, self._place.login, SERVICE)
