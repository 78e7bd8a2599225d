"""Who asks a key vault: azure-identity's credentials, each by the word of the option `auth`.

Their own retries are off, and what they make of a login server that fails is undone: they report
it as a refused login, MSAL repeats that answer for a minute, and the default chain drops the cause.
"""

from __future__ import annotations

import base64
import json
import os
import re
import threading
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from azure.core.exceptions import AzureError
from azure.core.pipeline.transport import RequestsTransport
from azure.identity import (
    AzureCliCredential,
    CertificateCredential,
    ClientSecretCredential,
    DefaultAzureCredential,
    ManagedIdentityCredential,
    WorkloadIdentityCredential,
)

from binance_creds._loopback import bypass_proxies
from binance_creds._time._retry_after import retry_after_seconds
from binance_creds.errors import (
    AuthenticationError,
    ConfigurationError,
    ProviderUnavailableError,
    ThrottledError,
)
from binance_creds.providers.remote._call import ATTEMPT_SECONDS, CONNECT_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure.core.credentials import TokenCredential

    from binance_creds._uri import SourceURI
    from binance_creds.errors import CredentialsError

__all__ = [
    "AUTH",
    "HINTS",
    "LATE_LOGGERS",
    "Login",
    "credential_of",
    "failure_in_chain",
    "identity_of",
    "login_of",
    "matching",
    "transport_of",
]

_IMDS_IS_UPDATING: Final = 410  # learn.microsoft.com, "Managed identities: error handling"
_THROTTLED: Final = 429
_FAULT: Final = 500

# What each way honours of the options below; managed identities live in one cloud only.
AUTH: Final = {
    "default": ("client_id", "authority"),
    "managed": ("client_id",),
    "workload": ("client_id", "tenant_id", "authority"),
    "secret": ("client_id", "tenant_id", "authority"),
    "certificate": ("client_id", "tenant_id", "authority"),
    "cli": ("tenant_id",),
}
HINTS: Final = {
    "default": "Log in with `az login`, or name the login: ?auth=managed, workload, secret, ...",
    "managed": "Assign an identity to this machine, and name a user-assigned one: ?client_id=...",
    "workload": "Check the federated credential, AZURE_CLIENT_ID and AZURE_FEDERATED_TOKEN_FILE.",
    "secret": "Check AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET; secrets expire.",
    "certificate": "Check AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_CERTIFICATE_PATH.",
    "cli": "Run: az login",
}
"""What to do about a login that fails, by the word of `auth`."""

# Made by the SDKs only with their first client, when `Remote` has silenced those there were.
LATE_LOGGERS: Final = (
    "azure.core.pipeline.policies.http_logging_policy",
    "azure.core.pipeline.transport._requests_basic",
    "azure.identity._internal.managed_identity_client",
    "azure.identity._internal.msal_managed_identity_client",
    "msal.oauth2cli.oauth2",
)
_AUTHORITY: Final = re.compile(r"(?:https://)?([a-zA-Z0-9.-]+(?::\d{1,5})?)/?")
_ID: Final = re.compile(r"[0-9a-zA-Z.-]{1,255}")  # a GUID, or a tenant's domain


class Login(NamedTuple):
    """What tells one identity from another; `authority` is `None` for the SDK's own choice."""

    auth: str
    client_id: str | None = None
    tenant_id: str | None = None
    authority: str | None = None
    is_private: bool = False


class _Chain(threading.local):
    """Why the default chain stopped, in this thread."""

    failure: CredentialsError | None = None


_CHAIN: Final = _Chain()


def failure_in_chain() -> CredentialsError | None:
    """Return why the last member of the default chain failed, once."""
    failure, _CHAIN.failure = _CHAIN.failure, None
    return failure


def login_of(uri: SourceURI, auth: str, authority: str | None) -> Login:
    """Return the login that a source's options describe.

    Args:
        uri: the source.
        auth: the word of the option `auth`.
        authority: of the cloud, unless the option `authority` names another.

    Raises:
        ConfigurationError: an option that this login cannot honour, or that is malformed.
    """
    for name in ("client_id", "tenant_id", "authority"):
        if name in uri.options and name not in AUTH.get(auth, ()):
            msg = f"the login by {auth!r} cannot honour {name!r}."
            raise ConfigurationError(msg, source=uri.redacted)
    private = matching(uri, "authority", _AUTHORITY)
    return Login(
        auth,
        client_id=matching(uri, "client_id", _ID),
        tenant_id=matching(uri, "tenant_id", _ID),
        authority=authority if private is None else f"https://{private}",
        is_private=private is not None,
    )


def matching(uri: SourceURI, name: str, form: re.Pattern[str]) -> str | None:
    """Return an option, or the part of it that its form marks; `None` if it is not there.

    Raises:
        ConfigurationError: it is not of that form.
    """
    value = uri.option(name)
    if value is None:
        return None
    found = form.fullmatch(value)
    if found is None:
        msg = f"the option {name!r} is not of the form that it has in Azure."
        raise ConfigurationError(msg, source=uri.redacted)
    return found[form.groups]


def credential_of(
    login: Login, translated: Callable[[Exception], CredentialsError]
) -> TokenCredential:
    """Build the credential; reads files and the environment, and no network.

    Args:
        login: from the source's options.
        translated: to our errors; for why a member of the default chain failed.

    Raises:
        AuthenticationError: a variable that this login needs is not set.
    """
    return _BUILDERS[login.auth](login, translated)


def identity_of(credential: TokenCredential, scope: str) -> str | None:
    """Return whom a token of the scope names, `None` where it is opaque or not to be had."""
    try:
        claims = _claims(credential.get_token(scope, enable_cae=True).token)
    except AzureError:  # the vault asked for another login than its address suggests
        return None
    known = {"oid": "object", "appid": "application"}
    told = [f"{word} {claims[name]}" for name, word in known.items() if name in claims]
    return ", ".join(told) or None


def _claims(token: str) -> dict[str, Any]:
    try:
        claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    except (ValueError, IndexError):  # Microsoft promises no form; some issuers give opaque ones
        return {}
    return claims if isinstance(claims, dict) else {}


def transport_of() -> RequestsTransport:
    """Return what carries requests, past every proxy where they stay on this machine."""
    transport = RequestsTransport()
    transport.open()
    bypass_proxies(transport.session)
    return transport


def _settings(login: Login) -> dict[str, Any]:
    """Return the keyword arguments of credentials that make requests of their own."""
    settings: dict[str, Any] = {
        "retry_total": 0,
        "connection_timeout": CONNECT_SECONDS,
        "read_timeout": ATTEMPT_SECONDS,
        "raw_response_hook": _refuse_failing_server,
        "transport": transport_of(),
    }
    if login.authority is not None:
        settings["authority"] = login.authority
    if login.is_private:  # public Entra cannot vouch for it
        settings["disable_instance_discovery"] = True
    return settings


def _default(login: Login, translated: Callable[[Exception], CredentialsError]) -> TokenCredential:
    chosen = {"managed_identity_client_id": login.client_id} if login.client_id else {}
    chain: Any = DefaultAzureCredential(**chosen, **_settings(login))
    chain.credentials = tuple(_Member(member, translated) for member in chain.credentials)
    return cast("TokenCredential", chain)


def _managed(login: Login, _: object) -> TokenCredential:
    return ManagedIdentityCredential(client_id=login.client_id, **_settings(login))


def _workload(login: Login, _: object) -> TokenCredential:
    return WorkloadIdentityCredential(
        tenant_id=login.tenant_id or _variable("AZURE_TENANT_ID", login),
        client_id=login.client_id or _variable("AZURE_CLIENT_ID", login),
        token_file_path=_variable("AZURE_FEDERATED_TOKEN_FILE", login),
        **_settings(login),
    )


def _secret(login: Login, _: object) -> TokenCredential:
    return ClientSecretCredential(
        login.tenant_id or _variable("AZURE_TENANT_ID", login),
        login.client_id or _variable("AZURE_CLIENT_ID", login),
        _variable("AZURE_CLIENT_SECRET", login),
        **_settings(login),
    )


def _certificate(login: Login, _: object) -> TokenCredential:
    return CertificateCredential(
        login.tenant_id or _variable("AZURE_TENANT_ID", login),
        login.client_id or _variable("AZURE_CLIENT_ID", login),
        _variable("AZURE_CLIENT_CERTIFICATE_PATH", login),
        password=os.environ.get("AZURE_CLIENT_CERTIFICATE_PASSWORD"),
        **_settings(login),
    )


def _cli(login: Login, _: object) -> TokenCredential:
    return AzureCliCredential(tenant_id=login.tenant_id or "", process_timeout=int(ATTEMPT_SECONDS))


_BUILDERS: Final[dict[str, Callable[..., TokenCredential]]] = {
    "default": _default,
    "managed": _managed,
    "workload": _workload,
    "secret": _secret,
    "certificate": _certificate,
    "cli": _cli,
}


def _variable(name: str, login: Login) -> str:
    value = os.environ.get(name)
    if not value:
        msg = f"the login by {login.auth!r} needs the variable {name}."
        raise AuthenticationError(msg, hint=HINTS[login.auth])
    return value


class _Member:
    """One credential of the default chain."""

    def __init__(
        self, credential: object, translated: Callable[[Exception], CredentialsError]
    ) -> None:
        self._credential = credential
        self._translated = translated

    def __getattr__(self, name: str) -> Callable[..., object]:
        method = getattr(self._credential, name)

        def noting(*arguments: object, **options: object) -> object:
            try:
                return method(*arguments, **options)
            except Exception as error:
                _CHAIN.failure = self._translated(error)
                raise

        return noting


def _refuse_failing_server(response: Any) -> None:
    """Raise for a login server that fails, before MSAL remembers its answer for a minute."""
    status = response.http_response.status_code
    if status == _THROTTLED:
        header = response.http_response.headers.get("Retry-After")
        msg = "the login server asks for fewer requests."
        raise ThrottledError(msg, retry_after_seconds=retry_after_seconds(header))
    if status == _IMDS_IS_UPDATING or status >= _FAULT:
        msg = "the login server had an internal fault."
        raise ProviderUnavailableError(msg)
