"""The client of one vault, which all sources in it share, its login, and what that may do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from azure.core.exceptions import HttpResponseError
from azure.keyvault.secrets import SecretClient

from binance_creds._version import __version__
from binance_creds.errors import AccessDeniedError, SecretDisabledError, SecretNotFoundError
from binance_creds.providers.azure._credentials import credential_of, identity_of
from binance_creds.providers.azure._errors import translated
from binance_creds.providers.azure._transport import limits, transport_of
from binance_creds.providers.remote._client_pool import ClientPool

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure.core.credentials import TokenCredential

    from binance_creds._time._deadline import Deadline
    from binance_creds.providers.azure._vault_name import Place

__all__ = ["CLIENTS", "VaultClient", "asked", "client_of", "limits"]


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


def asked(place: Place, name: str, deadline: Deadline) -> tuple[str, dict[str, bool | None]]:
    """Return the identity, and the permissions by the vault's own names."""
    secrets, bounds = client_of(place).secrets, limits(deadline)
    calls: dict[str, Callable[[], object]] = {
        "secrets/get": lambda: secrets.get_secret(name, **bounds),
        "secrets/list": lambda: next(
            iter(secrets.list_properties_of_secret_versions(name, **bounds)), None
        ),
    }
    permissions = {of: _is_allowed(call, place) for of, call in calls.items()}
    return _identity(place), {**permissions, "secrets/set": None}


def _is_allowed(call: Callable[[], object], place: Place) -> bool:
    try:
        call()
    except HttpResponseError as error:
        refusal = translated(error, place.url, place.login)
    else:
        return True
    if isinstance(refusal, AccessDeniedError):
        return False
    if isinstance(refusal, SecretNotFoundError | SecretDisabledError):
        return True  # refused for another reason: the permission is checked first
    raise refusal


def _identity(place: Place) -> str:
    scope = f"https://{place.host.partition('.')[2]}/.default"
    found = identity_of(client_of(place).credential, scope)
    return found or f"not named in the token; logged in by {place.login.auth!r}"
