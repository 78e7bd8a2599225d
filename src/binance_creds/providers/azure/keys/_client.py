"""The client of the keys of one vault, which all signers in it share, and its login."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from azure.keyvault.keys import KeyClient

from binance_creds._version import __version__
from binance_creds.providers.azure._credentials import credential_of
from binance_creds.providers.azure._transport import transport_of
from binance_creds.providers.remote._client_pool import ClientPool

if TYPE_CHECKING:
    from azure.keyvault.keys.crypto import CryptographyClient

    from binance_creds.providers.azure._vault_name import Place

__all__ = ["CLIENTS", "KeysClient", "client_of"]


class KeysClient:
    """What asks a vault for keys, and for signatures of their versions."""

    def __init__(self, place: Place) -> None:
        self.keys = KeyClient(
            place.url,
            credential_of(place.login),
            transport=transport_of(),
            retry_total=0,  # the SDK's retries know no deadline
            user_agent=f"binance-creds/{__version__}",
        )
        self._signing: dict[tuple[str, str], CryptographyClient] = {}  # changed by atomic calls

    def signing(self, name: str, version: str) -> CryptographyClient:
        """Return what signs with a version; its first signature asks for the public half."""
        client = self._signing.get((name, version))
        if client is None:
            client = self.keys.get_cryptography_client(name, key_version=version)
            self._signing[name, version] = client
        return client


CLIENTS: Final = ClientPool[KeysClient]()


def client_of(place: Place) -> KeysClient:
    """Return the client of a vault and a login, built at first use.

    Raises:
        CredentialsError: the login lacks something on this machine.
    """
    return CLIENTS.get(place, lambda: KeysClient(place))
