"""Make a key in a vault, where a second request for one name makes a second version.

The vault takes no condition and no token: CreateKey of an existing name makes a version of it. So
the name is looked for before each request, and the versions are counted after it. Source: REST
reference of Key Vault, Create Key and Get Key Versions; 2026-11-27.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from azure.keyvault.keys import KeyOperation

from binance_creds.errors import ConflictError, SecretNotFoundError
from binance_creds.providers.azure._transport import limits

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure.keyvault.keys import KeyClient, KeyVaultKey

    from binance_creds._time._deadline import Deadline

__all__ = ["Creation"]

_BITS: Final = 2048


class Creation:
    """One key that is being made; an attempt goes on from where the last one stopped.

    Args:
        name: of the key.
        client: returns that of the vault.
        found: returns the current version of the key.
    """

    def __init__(
        self,
        name: str,
        client: Callable[[], KeyClient],
        found: Callable[[Deadline], KeyVaultKey],
    ) -> None:
        self._name = name
        self._client = client
        self._found = found
        self._is_asked = False

    def attempt(self, deadline: Deadline) -> KeyVaultKey:
        """Return the key that has the name, made where there was none.

        Raises:
            ConflictError: another version of it was made, too.
        """
        try:
            found = self._found(deadline)
        except SecretNotFoundError:
            found = None
        if found is None:
            self._is_asked = True
            # Not exportable, which is the default, and an attribute that older vaults do not know.
            found = self._client().create_rsa_key(
                self._name,
                size=_BITS,
                key_operations=[KeyOperation.sign, KeyOperation.verify],
                **limits(deadline),
            )
        if self._is_asked:
            self._require_alone(found, deadline)
        return found

    def _require_alone(self, made: KeyVaultKey, deadline: Deadline) -> None:
        listed = self._client().list_properties_of_key_versions(self._name, **limits(deadline))
        versions = {str(one.version) for one in listed} | {str(made.properties.version)}
        if len(versions) > 1:
            msg = "another version of the new key was made at the same moment."
            hint = (
                "Choose another name; or write `version` with the one that is registered:"
                f" {' or '.join(sorted(versions))}."
            )
            raise ConflictError(msg, hint=hint)
