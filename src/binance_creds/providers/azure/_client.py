"""The client of one vault, which all sources in it share, and its login."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from azure.keyvault.secrets import SecretClient

from binance_creds._version import __version__
from binance_creds.providers.azure._credentials import credential_of
from binance_creds.providers.azure._transport import transport_of
from binance_creds.providers.remote._client_pool import ClientPool
from binance_creds.providers.remote._provider import timeouts_of

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

    from binance_creds._time._deadline import Deadline
    from binance_creds.providers.azure._vault_name import Place

__all__ = ["CLIENTS", "VaultClient", "client_of", "limits"]


class VaultClient(NamedTuple):
    """What asks a vault."""

    secrets: SecretClient
    credential: TokenCredential


CLIENTS: Final = ClientPool[VaultClient]()


def client_of(place: Place) -> VaultClient:
    """Return the client of a vault and a login, built at first use.

    Raises:
        CredentialsError: the login lacks something on this machine.
    """
    return CLIENTS.get(place, lambda: _built(place))


def limits(deadline: Deadline) -> dict[str, Any]:
    """Return the keyword arguments of a call that bound its one request."""
    connect, read = timeouts_of(deadline)
    return {"connection_timeout": connect, "read_timeout": read}


def _built(place: Place) -> VaultClient:
    credential = credential_of(place.login)
    secrets = SecretClient(
        place.url,
        credential,
        transport=transport_of(),
        retry_total=0,  # the SDK's retries know no deadline
        user_agent=f"binance-creds/{__version__}",
    )
    return VaultClient(secrets, credential)
