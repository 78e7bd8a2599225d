"""`azure-kv://VAULT/NAME`: Azure Key Vault, on azure-keyvault-secrets and azure-identity.

A load is one GetSecret, and so are a probe and a refresh: the vault has no cheaper call that tells
the current version. It refuses disabled versions itself, and serves expired ones and those that
are not valid yet, so their dates are checked here.
"""

from __future__ import annotations

import json
import logging
import ssl
import time
import uuid
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlsplit

from azure.core.exceptions import (
    ClientAuthenticationError,
    DecodeError,
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseError,
)
from azure.keyvault.secrets import SecretClient

from binance_creds._raw import RawSecret, Unchanged
from binance_creds._time._retry_after import retry_after_seconds
from binance_creds._version import __version__
from binance_creds.errors import (
    AccessDeniedError,
    AuthenticationError,
    ConfigurationError,
    CredentialsError,
    ProviderUnavailableError,
    SecretDisabledError,
    SecretNotFoundError,
    ThrottledError,
)
from binance_creds.providers._options import check_options
from binance_creds.providers._protocols import Diagnosis, Version
from binance_creds.providers.azure._login import (
    HINTS,
    LATE_LOGGERS,
    credential_of,
    identity_of,
    transport_of,
)
from binance_creds.providers.azure._login_errors import login_failure, tls_fault_in
from binance_creds.providers.azure._vault_name import Place, place_of, version_of
from binance_creds.providers.remote._call import ATTEMPT_SECONDS, CONNECT_SECONDS, Remote
from binance_creds.providers.remote._client_pool import ClientPool
from binance_creds.providers.remote._error_row import CHANGED, ErrorRow
from binance_creds.providers.remote._payload import document_of, fields_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from azure.core.credentials import TokenCredential
    from azure.keyvault.secrets import KeyVaultSecret, SecretProperties

    from binance_creds._secret import Secret
    from binance_creds._time._deadline import Deadline
    from binance_creds._uri import SourceURI

__all__ = ["KeyVaultProvider"]

_DOLLARS_A_REQUEST: Final = 0.03 / 10_000  # price list of Key Vault, secrets operations, 2026
_WRITE_TAG: Final = "binance-creds-write"  # tells our write from another's if its answer is lost


class _Client(NamedTuple):
    secrets: SecretClient
    credential: TokenCredential


_CLIENTS: Final = ClientPool[_Client]()


class KeyVaultProvider:
    """Read, probe and write one secret.

    Options: `version` pins one. `cloud` (`public`, `china`, `usgov`) sets vault suffix and login
    together; `authority` names the login of a private cloud. `auth` chooses who asks: `default`
    (azure-identity's own chain), `managed`, `workload`, `secret`, `certificate` or `cli`, with
    `client_id` and `tenant_id` where they apply. Secrets of the login come from the environment.

    Args:
        uri: the source.
        clock: wall-clock seconds since the epoch; for `expires_on` and `not_before`.

    Raises:
        ConfigurationError: an unknown option, no vault and name, or options that do not fit.
    """

    def __init__(self, uri: SourceURI, *, clock: Callable[[], float] = time.time) -> None:
        check_options(uri)
        self._uri = uri
        self._clock = clock
        self._place, self._name = place_of(uri), uri.location.partition("/")[2]
        self._version = version_of(uri)
        for name in LATE_LOGGERS:
            logging.getLogger(name)
        self._translated = partial(_translated, place=self._place)
        self._remote = Remote(
            uri,
            loggers=("azure", "msal", "urllib3", "requests"),
            translated=self._translated,
            forget_login=lambda before: _CLIENTS.drop(self._place, built_before=before),
        )

    @property
    def is_pinned(self) -> bool:
        """Whether there is a `version`."""
        return self._version is not None

    def fetch(
        self, deadline: Deadline, *, known_version: str | None = None
    ) -> RawSecret | Unchanged:
        """Return the newest version, or the pinned one; one GetSecret, changed or not.

        Raises:
            SecretNotFoundError: there is no such secret or version.
            SecretDisabledError: it is disabled, deleted and recoverable, expired or not valid yet.
            CredentialsError: as the table at the end of this file says.
        """
        if known_version is not None and known_version == self._version:
            return Unchanged(known_version)
        return self._remote.call(lambda: self._fetched(known_version, deadline), deadline)

    def probe(self, deadline: Deadline) -> Version:
        """Return the newest version by one GetSecret, whose value is dropped at once.

        A pinned version is told without a request.
        """
        if self._version is not None:
            return Version(self._version)
        return self._remote.call(
            lambda: Version(str(self._usable(deadline).properties.version)),
            deadline,
            purpose="probe",
        )

    def fetch_version(self, version: str, deadline: Deadline) -> RawSecret:
        """Return one version by its id, if it is enabled and within its dates.

        Raises:
            ConfigurationError: the source is pinned to another.
            CredentialsError: as `fetch` does.
        """
        if self._version not in {None, version}:
            msg = "the source is pinned to another version."
            raise ConfigurationError(msg, source=self._uri.redacted)

        def read() -> RawSecret:
            secret = self._got(version, deadline)
            refusal = self._refusal(secret.properties)
            if refusal is not None:
                raise refusal.error()
            return self._raw(secret)

        return self._remote.call(read, deadline)

    def forget_login(self) -> None:
        """Log in anew at the next call."""
        _CLIENTS.drop(self._place)

    def fetch_previous(self, deadline: Deadline) -> RawSecret:
        """Return the newest enabled version besides the current or pinned one.

        The vault keeps no order but the date of creation. Needs secrets/list as well.
        """
        return self._remote.call(lambda: self._previous(deadline), deadline, purpose="previous")

    def store(
        self,
        fields: Mapping[str, Secret],
        deadline: Deadline,
        *,
        expected_version: str | None = None,
    ) -> str | None:
        """Write a new version if the current one is the expected.

        The vault cannot compare and write in one step: of two writers within the same moment, both
        may pass the check, and the later one is current. The version written carries the tag
        `binance-creds-write` besides those that the current one has.

        Raises:
            ConfigurationError: the current version is another, or there is one and none expected.
        """
        if self._uri.field or self._version is not None:
            msg = "only a whole secret's current version can be stored."
            raise ConfigurationError(msg, source=self._uri.redacted)
        document, token = document_of(fields), uuid.uuid4().hex
        return self._remote.call(
            lambda: self._written(document, token, expected_version, deadline),
            deadline,
            purpose="store",
        )

    def diagnose(self, deadline: Deadline, *, poll_seconds: float) -> Diagnosis:
        """Return who asks, whether it may get and list, and what the probes cost."""
        identity, permissions = self._remote.call(
            lambda: self._asked(deadline), deadline, purpose="diagnose"
        )
        per_day = round(86_400 / poll_seconds)
        return Diagnosis(identity, permissions, per_day, per_day * 30 * _DOLLARS_A_REQUEST)

    def close(self) -> None:
        """Nothing is open: the client is the process's."""

    def _client(self) -> _Client:
        return _CLIENTS.get(self._place, self._built)

    def _built(self) -> _Client:
        login = self._place.login
        try:
            credential = credential_of(login, self._translated)
        except (ValueError, TypeError):  # no certificate in the file, a wrong or missing password
            credential = None
        if credential is None:
            raise _BAD_SETTINGS.error(HINTS[login.auth])
        secrets = SecretClient(
            f"https://{self._place.host}",
            credential,
            transport=transport_of(),
            retry_total=0,  # the SDK's retries know no deadline
            user_agent=f"binance-creds/{__version__}",
        )
        return _Client(secrets, credential)

    def _fetched(self, known_version: str | None, deadline: Deadline) -> RawSecret | Unchanged:
        secret = self._usable(deadline)
        if known_version is not None and secret.properties.version == known_version:
            return Unchanged(known_version)
        return self._raw(secret)

    def _usable(self, deadline: Deadline) -> KeyVaultSecret:
        secret = self._got(self._version, deadline)
        refusal = self._refusal(secret.properties)
        if refusal is not None:
            raise refusal.error()
        return secret

    def _got(self, version: str | None, deadline: Deadline) -> KeyVaultSecret:
        secrets = self._client().secrets
        try:
            found = secrets.get_secret(self._name, version, **_limits(deadline))
        except HttpResponseError as error:
            refusal = self._translated(error)
        else:
            if found.id is None:  # the SDK takes any JSON for a secret
                raise _NOT_A_VAULT.error()
            return found
        if isinstance(refusal, SecretNotFoundError) and self._is_deleted(deadline):
            refusal = _DELETED.error()
        raise refusal

    def _is_deleted(self, deadline: Deadline) -> bool:
        """Return whether the name is soft-deleted, as far as this identity may know."""
        secrets = self._client().secrets
        try:
            secrets.get_deleted_secret(self._name, **_limits(deadline))
        except HttpResponseError as error:
            refusal = self._translated(error)
        else:
            return True
        if isinstance(refusal, ProviderUnavailableError | AuthenticationError):
            raise refusal
        return False  # never was, was purged, or is not for this identity to see

    def _refusal(self, properties: SecretProperties) -> ErrorRow | None:
        now = self._clock()
        if properties.enabled is False:  # the service refuses these itself; emulators may not
            return _DISABLED
        if properties.expires_on is not None and properties.expires_on.timestamp() <= now:
            return _EXPIRED
        if properties.not_before is not None and properties.not_before.timestamp() > now:
            return _EARLY
        return None

    def _raw(self, secret: KeyVaultSecret) -> RawSecret:
        return RawSecret(
            fields_of(secret.value or "", self._uri),
            origin=self._uri.redacted,
            version=secret.properties.version,
            created_at=secret.properties.created_on,
        )

    def _previous(self, deadline: Deadline) -> RawSecret:
        secrets = self._client().secrets
        versions = sorted(
            secrets.list_properties_of_secret_versions(self._name, **_limits(deadline)),
            key=lambda one: one.created_on.timestamp() if one.created_on else 0.0,
            reverse=True,
        )
        current = self._version or self._current(deadline)
        if current is None and versions:
            current = versions[0].version
        for one in versions:
            if one.version != current and self._refusal(one) is None:
                return self._raw(self._got(one.version, deadline))
        raise _NO_OTHER.error()

    def _current(self, deadline: Deadline) -> str | None:
        """Return what the vault takes for current, `None` if that is switched off.

        Dates have whole seconds, so that of two quick versions they do not tell.
        """
        try:
            return self._got(None, deadline).properties.version
        except SecretDisabledError:
            return None

    def _written(
        self, document: Secret, token: str, expected_version: str | None, deadline: Deadline
    ) -> str:
        tags, current = self._before(deadline)
        if tags.get(_WRITE_TAG) == token:  # the answer to an earlier attempt was lost
            return str(current)
        if current != expected_version:
            raise CHANGED.error()
        written = self._client().secrets.set_secret(
            self._name,
            document.reveal(),
            content_type="application/json",
            tags={**tags, _WRITE_TAG: token},
            **_limits(deadline),
        )
        return str(written.properties.version)

    def _before(self, deadline: Deadline) -> tuple[dict[str, str], str | None]:
        try:
            properties = self._got(None, deadline).properties
        except SecretNotFoundError:
            return {}, None
        return dict(properties.tags or {}), properties.version

    def _asked(self, deadline: Deadline) -> tuple[str, dict[str, bool | None]]:
        secrets, limits = self._client().secrets, _limits(deadline)
        permissions = {
            "secrets/get": self._is_allowed(lambda: secrets.get_secret(self._name, **limits)),
            "secrets/list": self._is_allowed(
                lambda: next(
                    iter(secrets.list_properties_of_secret_versions(self._name, **limits)), None
                )
            ),
        }
        return self._identity(), {**permissions, "secrets/set": None}

    def _is_allowed(self, call: Callable[[], object]) -> bool | None:
        try:
            call()
        except HttpResponseError as error:
            refusal = self._translated(error)
        else:
            return True
        if isinstance(refusal, AccessDeniedError):
            return False
        if isinstance(refusal, SecretNotFoundError | SecretDisabledError):
            return True  # refused for another reason: the permission is looked at first
        raise refusal

    def _identity(self) -> str:
        login, host = self._place.login, self._place.host
        scope = f"https://{host.partition('.')[2]}/.default"
        told = identity_of(self._client().credential, scope)
        return told or f"not told by the token; logged in by {login.auth!r}"


def _limits(deadline: Deadline) -> dict[str, Any]:
    left = max(0.001, deadline.remaining_seconds)  # 0 would be refused
    return {
        "connection_timeout": min(CONNECT_SECONDS, left),
        "read_timeout": min(ATTEMPT_SECONDS, left),
    }


_DISABLED: Final = ErrorRow(
    SecretDisabledError,
    "this version of the secret is disabled.",
    "Enable it: az keyvault secret set-attributes --enabled true ...",
)
_EXPIRED: Final = ErrorRow(
    SecretDisabledError,
    "this version of the secret has expired.",
    "Store a new one, or move the date: az keyvault secret set-attributes --expires ...",
)
_EARLY: Final = ErrorRow(
    SecretDisabledError,
    "this version of the secret is not valid yet.",
    "Wait, or move the date: az keyvault secret set-attributes --not-before ...",
)
_DELETED: Final = ErrorRow(
    SecretDisabledError,
    "the secret is deleted and can be recovered.",
    "Bring it back: az keyvault secret recover --vault-name ... --name ...",
)
_NOT_FOUND: Final = ErrorRow(
    SecretNotFoundError,
    "there is no such secret or version in this vault.",
    "Check vault, name and 'version'.",
)
_NO_OTHER: Final = ErrorRow(SecretNotFoundError, "no other version of the secret is usable.")
_DENIED: Final = ErrorRow(
    AccessDeniedError,
    "this identity may not do this in the vault.",
    "Assign it 'Key Vault Secrets User' (to store: 'Officer'); that takes some minutes to count.",
)
_BAD_SETTINGS: Final = ErrorRow(ConfigurationError, "the settings of this login are not usable.")
_TOO_MANY: Final = 429
_THROTTLED: Final = "the vault asks for fewer requests."
_DOWN: Final = ErrorRow(ProviderUnavailableError, "the vault had an internal fault.")
_NOT_A_VAULT: Final = ErrorRow(ProviderUnavailableError, "the answer is not one of a key vault.")
_SILENT: Final = ErrorRow(
    ProviderUnavailableError,
    "the vault or its login does not answer.",
    "Check the vault's name and 'cloud', and the network between.",
)
_WRONG_CALL: Final = ErrorRow(
    ConfigurationError,
    "the vault refuses the request as invalid.",
    "Check the secret's name and 'version'.",
)

# By the code of the error's innermost part that has a row here, else of its outer part.
# Source: learn.microsoft.com, "Azure Key Vault REST API error codes".
_CODES: Final[dict[str, ErrorRow]] = {
    # Never existed, was purged, or has no such version; the same for a soft-deleted one.
    "SecretNotFound": _NOT_FOUND,
    # `enabled` is false for this version.
    "SecretDisabled": _DISABLED,
    # The vault uses access policies, and none has the permission for this identity.
    "ForbiddenByPolicy": ErrorRow(
        AccessDeniedError,
        "no access policy of the vault allows this.",
        "Allow it: az keyvault set-policy --secret-permissions get ...",
    ),
    "AccessDenied": _DENIED,
    # The vault uses roles, and none is assigned to this identity, or was a moment ago.
    "ForbiddenByRbac": _DENIED,
    # The vault's firewall does not know this address.
    "ForbiddenByFirewall": ErrorRow(
        AccessDeniedError,
        "the vault's firewall refuses this address.",
        "Add it: az keyvault network-rule add ..., or come through its network.",
    ),
    # Public access is off, and this is not its private endpoint.
    "ForbiddenByConnection": ErrorRow(
        AccessDeniedError,
        "the vault is reached through its private endpoint only.",
        "Run inside its network, and check that its name resolves to the private address.",
    ),
    # A write to the name of a secret that is soft-deleted.
    "ObjectIsDeletedButRecoverable": _DELETED,
    "ObjectIsBeingDeleted": _DELETED,
    # A version or name that the vault takes for malformed; a value above 25 KB.
    "BadParameter": _WRONG_CALL,
}

# By status, where no code has a row. A 404 without its code is not of a vault, and must not move a
# chain on.
_STATUSES: Final[dict[int, ErrorRow]] = {
    # Also: the API version is not known in a private cloud.
    400: _WRONG_CALL,
    # The token is of another tenant than the vault's, or was revoked.
    401: ErrorRow(
        AuthenticationError,
        "the vault does not accept the token of this login.",
        "Log in to the vault's own tenant: ?tenant_id=... or AZURE_TENANT_ID.",
    ),
    403: _DENIED,
    # A proxy, a load balancer, or a host that is no vault.
    404: ErrorRow(
        ConfigurationError, "what answers at this host is not a key vault.", "Check the host."
    ),
    # Another writer at the same moment.
    409: CHANGED,
}

# What a proxy or firewall in between says as well; a vault never says it without a code.
_OF_ANYBODY: Final = frozenset({400, 401, 403, 409})

_CLASSES: Final[dict[type[Exception], ErrorRow]] = {
    # The challenge names a resource that this host does not belong to: a vault's name that someone
    # else answers to must not get a token for another.
    ValueError: ErrorRow(
        ConfigurationError,
        "the vault asks for a login at another resource.",
        "Check the host; for a private cloud its address must be below that resource.",
    ),
    # Not JSON, or cut short: a captive portal, or a connection lost in mid-body.
    json.JSONDecodeError: _NOT_A_VAULT,
    DecodeError: _NOT_A_VAULT,
    # Refused, no such host, no route, a proxy that is down; lost or timed out after the request.
    ServiceRequestError: _SILENT,
    ServiceResponseError: _SILENT,
    # An expired certificate, a private CA, or somebody in between; never read without TLS.
    ssl.SSLCertVerificationError: ErrorRow(
        ConfigurationError,
        "the certificate of the vault or its login is not trusted.",
        "For a private CA set REQUESTS_CA_BUNDLE; else somebody may be reading along.",
    ),
    # The connection was cut in the handshake.
    ssl.SSLEOFError: _SILENT,
    ssl.SSLZeroReturnError: _SILENT,
    # No TLS, or none that both sides know.
    ssl.SSLError: ErrorRow(
        ConfigurationError,
        "no TLS connection can be agreed on.",
        "Check the host and port; a vault is never read without TLS.",
    ),
    # REQUESTS_CA_BUNDLE, the certificate or the federated token is not there or not readable.
    OSError: ErrorRow(
        ConfigurationError,
        "a file that the login or TLS needs cannot be read.",
        "Check REQUESTS_CA_BUNDLE, AZURE_CLIENT_CERTIFICATE_PATH, AZURE_FEDERATED_TOKEN_FILE.",
    ),
}


def _translated(error: Exception, *, place: Place) -> CredentialsError:
    if isinstance(error.__cause__, CredentialsError):
        return error.__cause__.again()  # the login server failed; azure-identity wraps that
    if isinstance(error, ClientAuthenticationError) and not _is_answer_of(place.host, error):
        return login_failure(error, HINTS[place.login.auth], partial(_translated, place=place))
    if isinstance(error, HttpResponseError) and error.response is not None:
        return _of_response(error)
    for kind in type(tls_fault_in(error)).__mro__:
        if kind in _CLASSES:
            return _CLASSES[kind].error()
    return ProviderUnavailableError(f"the read failed ({type(error).__name__}).")


def _is_answer_of(host: str, error: HttpResponseError) -> bool:
    """Return whether a vault's host answered: its 401 and a refused login are of one class."""
    asked = getattr(getattr(error.response, "request", None), "url", "")
    return urlsplit(asked).netloc == host


def _of_response(error: HttpResponseError) -> CredentialsError:
    if error.status_code == _TOO_MANY:
        headers: Mapping[str, str] = getattr(error.response, "headers", {})
        delay = retry_after_seconds(headers.get("Retry-After"))
        return ThrottledError(_THROTTLED, hint="Poll less often.", retry_after_seconds=delay)
    if isinstance(error, DecodeError):
        return _NOT_A_VAULT.error()
    codes = _codes(error)
    for code in codes:
        if code in _CODES:
            return _CODES[code].error()
    if not codes and error.status_code in _OF_ANYBODY:
        return _NOT_A_VAULT.error()
    return _STATUSES.get(error.status_code or 0, _DOWN).error()


def _codes(error: HttpResponseError) -> tuple[str, ...]:
    inner = error.error.innererror if error.error else None
    outer = error.error.code if error.error else None
    found = inner.get("code") if isinstance(inner, dict) else None
    return tuple(code for code in (found, outer) if isinstance(code, str))
