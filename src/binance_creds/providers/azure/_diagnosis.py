"""Who asks a vault, and what that identity may do in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure.core.exceptions import HttpResponseError

from binance_creds.errors import AccessDeniedError, SecretDisabledError, SecretNotFoundError
from binance_creds.providers.azure._client import client_of, limits
from binance_creds.providers.azure._credentials import identity_of
from binance_creds.providers.azure._errors import translated

if TYPE_CHECKING:
    from collections.abc import Callable

    from binance_creds._time._deadline import Deadline
    from binance_creds.providers.azure._vault_name import Place

__all__ = ["asked"]


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
