"""Keys of sub-accounts, which the master account makes and deletes.

Source: developers.binance.com, Sub Account, API Management (Create Sub-account API Key V2, Delete
Sub-account API Key), read on 2026-11-26. The documents say no code for an unknown sub-account, and
none for a caller without an IP list; those here are of the general ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from binance_creds._enums import KeyType
from binance_creds.testing._tokens import new_token
from binance_creds.testing.exchange._endpoints._routes import Route
from binance_creds.testing.exchange._errors import ExchangeError, illegal, refused
from binance_creds.testing.exchange._keys import DEFAULT_PERMISSIONS

if TYPE_CHECKING:
    from binance_creds.testing.exchange._endpoints._routes import Call, Routes
    from binance_creds.testing.exchange._keys import KeyRing

__all__ = ["sub_account_routes"]

_RIGHTS: Final = {
    "canTrade": "enableSpotAndMarginTrading",
    "canMarginLoanRepay": "enableMargin",
    "canFuturesTrade": "enableFutures",
    "canUniversalTransfer": "permitsUniversalTransfer",
    "canVanillaOptions": "enableVanillaOptions",
    "canFixApiTrading": "enableFixApiTrade",
    "canFixApiReading": "enableFixReadOnly",
}
_TRADE: Final = "enableSpotAndMarginTrading"


def sub_account_routes(keys: KeyRing) -> Routes:
    """Return the endpoints."""
    path = "sub-account/subAccountApi"
    return {
        ("POST", f"/sapi/v2/{path}"): Route(lambda call: _created(keys, call), permission=_TRADE),
        ("DELETE", f"/sapi/v1/{path}"): Route(lambda call: _deleted(keys, call), permission=_TRADE),
    }


def _account(keys: KeyRing, call: Call) -> str:
    if not call.caller.ip_list:
        raise refused()
    account = keys.sub_accounts.get(call.need("email"))
    if account is None:
        raise illegal("email", "the address of a sub-account")
    return account


def _created(keys: KeyRing, call: Call) -> object:
    account, name, status = _account(keys, call), call.need("apiName"), call.need("status")
    addresses = tuple(call.need("ipAddress").split(",")) if status == "2" else ()
    said = {field: call.params.get(field) == "true" for field in _RIGHTS}
    rights = {_RIGHTS[field]: is_on for field, is_on in said.items()}
    options: dict[str, object] = {
        "account": account,
        "ip_list": addresses,
        "permissions": {**DEFAULT_PERMISSIONS, **rights},
    }
    return {
        "apiName": name,
        **_new_key(keys, call.params.get("publicKey"), options),
        **said,
        "status": int(status),
        "ipList": list(addresses),
    }


def _new_key(keys: KeyRing, public_key: str | None, options: dict[str, object]) -> dict[str, str]:
    if public_key is None:
        issued = keys.issue(KeyType.HMAC, **options)
        return {"apiKey": issued.api_key, "secretKey": issued.api_secret}
    api_key = new_token()
    try:
        keys.register_public_key(api_key, public_key, **options)
    except ValueError:
        raise illegal("publicKey", "the PEM of a public key") from None
    return {"apiKey": api_key}


def _deleted(keys: KeyRing, call: Call) -> object:
    account, api_key = _account(keys, call), call.need("subAccountApiKey")
    found = keys.find(api_key)
    if found is None or found.is_revoked or found.account != account:
        raise ExchangeError(400, -2008, "Invalid Api-Key ID.")
    keys.revoke(api_key)
    return {}
