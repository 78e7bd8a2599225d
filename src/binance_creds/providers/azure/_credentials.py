"""azure-identity's credentials, one for each value of the option `auth`; their retries are off."""

from __future__ import annotations

import base64
import json
import os
import threading
from typing import TYPE_CHECKING, Any, Final

from azure.core.exceptions import AzureError, ClientAuthenticationError
from azure.identity import (
    AzureCliCredential,
    CertificateCredential,
    ClientSecretCredential,
    DefaultAzureCredential,
    ManagedIdentityCredential,
    WorkloadIdentityCredential,
)

from binance_creds.errors import (
    AuthenticationError,
    CredentialsError,
    ProviderUnavailableError,
)
from binance_creds.providers.azure._login import HINTS
from binance_creds.providers.azure._login_errors import (
    BAD_SETTINGS,
    LOGIN,
    file_failure,
    login_failure,
)
from binance_creds.providers.azure._transport import LoginTransport
from binance_creds.providers.remote._call import ATTEMPT_SECONDS, CONNECT_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure.core.credentials import AccessToken, TokenCredential

    from binance_creds.providers.azure._login import Login

__all__ = ["credential_of", "identity_of"]


def credential_of(login: Login) -> TokenCredential:
    """Build the credential; reads files and the environment, and no network.

    Raises:
        AuthenticationError: a variable that this login needs is not set.
        ConfigurationError: a file cannot be read, or holds no certificate; a wrong password.
    """
    try:
        return _BUILDERS[login.auth](login)
    except OSError as error:
        failure = file_failure(error)
    except (ValueError, TypeError):  # no certificate in the file, a wrong or missing password
        failure = LOGIN.error(BAD_SETTINGS, hint=HINTS[login.auth])
    raise failure


def identity_of(credential: TokenCredential, scope: str) -> str | None:
    """Return whom a token of the scope names, `None` where it is opaque or not to be had."""
    try:
        claims = _claims(credential.get_token(scope, enable_cae=True).token)
    except (AzureError, CredentialsError):  # the vault asked for another login than its address
        return None
    known = {"oid": "object", "appid": "application"}
    told = [f"{word} {claims[name]}" for name, word in known.items() if name in claims]
    return ", ".join(told) or None


def _claims(token: str) -> dict[str, Any]:
    try:
        claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    except (
        ValueError,
        IndexError,
        RecursionError,
    ):  # Microsoft promises no form; some issuers give opaque ones
        return {}
    return claims if isinstance(claims, dict) else {}


def _settings(login: Login) -> dict[str, Any]:
    """Return the keyword arguments of credentials that make requests of their own."""
    settings: dict[str, Any] = {
        "retry_total": 0,
        "connection_timeout": CONNECT_SECONDS,
        "read_timeout": ATTEMPT_SECONDS,
        "transport": LoginTransport(is_managed=login.auth == "managed"),
    }
    if login.authority is not None:
        settings["authority"] = login.authority
    if login.is_private:  # public Entra cannot vouch for it
        settings["disable_instance_discovery"] = True
    return settings


def _managed(login: Login) -> TokenCredential:
    return ManagedIdentityCredential(client_id=login.client_id, **_settings(login))


def _workload(login: Login) -> TokenCredential:
    return WorkloadIdentityCredential(
        tenant_id=login.tenant_id or _variable("AZURE_TENANT_ID", login),
        client_id=login.client_id or _variable("AZURE_CLIENT_ID", login),
        token_file_path=_variable("AZURE_FEDERATED_TOKEN_FILE", login),
        **_settings(login),
    )


def _secret(login: Login) -> TokenCredential:
    return ClientSecretCredential(
        login.tenant_id or _variable("AZURE_TENANT_ID", login),
        login.client_id or _variable("AZURE_CLIENT_ID", login),
        _variable("AZURE_CLIENT_SECRET", login),
        **_settings(login),
    )


def _certificate(login: Login) -> TokenCredential:
    return CertificateCredential(
        login.tenant_id or _variable("AZURE_TENANT_ID", login),
        login.client_id or _variable("AZURE_CLIENT_ID", login),
        _variable("AZURE_CLIENT_CERTIFICATE_PATH", login),
        password=os.environ.get("AZURE_CLIENT_CERTIFICATE_PASSWORD"),
        **_settings(login),
    )


def _cli(login: Login) -> TokenCredential:
    return AzureCliCredential(tenant_id=login.tenant_id or "", process_timeout=int(ATTEMPT_SECONDS))


def _variable(name: str, login: Login) -> str:
    value = os.environ.get(name)
    if not value:
        msg = f"the login by {login.auth!r} needs the variable {name}."
        raise AuthenticationError(msg, hint=HINTS[login.auth])
    return value


class _Default:
    """azure-identity's default chain, which tells why it failed in words alone."""

    def __init__(self, login: Login) -> None:
        chosen = {"managed_identity_client_id": login.client_id} if login.client_id else {}
        self._login = login
        self._noted = threading.local()
        chain: Any = DefaultAzureCredential(**chosen, **_settings(login))
        chain.credentials = tuple(_Member(one, self._note) for one in chain.credentials)
        self._chain = chain

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        """Return the token of the first member that has one.

        Raises:
            CredentialsError: of a member that may have one later; else of the last.
        """
        self._noted.failures = []
        try:
            token: AccessToken = self._chain.get_token(*scopes, **options)
        except ClientAuthenticationError:
            pass
        else:
            return token
        failures: list[CredentialsError] = self._noted.failures
        passing = [one for one in failures if isinstance(one, ProviderUnavailableError)]
        raise (passing or failures[-1:])[0].again()

    def _note(self, error: Exception) -> None:
        self._noted.failures.append(login_failure(error, self._login))


class _Member:
    """One credential of the default chain."""

    def __init__(self, credential: object, note: Callable[[Exception], None]) -> None:
        self._credential = credential
        self._note = note

    def __getattr__(self, name: str) -> Callable[..., object]:
        method = getattr(self._credential, name)

        def noting(*arguments: object, **options: object) -> object:
            try:
                return method(*arguments, **options)
            except Exception as error:
                self._note(error)
                raise

        return noting


_BUILDERS: Final[dict[str, Callable[[Login], TokenCredential]]] = {
    "default": _Default,
    "managed": _managed,
    "workload": _workload,
    "secret": _secret,
    "certificate": _certificate,
    "cli": _cli,
}
