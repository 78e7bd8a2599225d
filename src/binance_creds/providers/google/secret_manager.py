"""`gcp-sm://PROJECT/SECRET`: GCP Secret Manager, on google-cloud-secret-manager.

A load is one AccessSecretVersion. A refresh asks GetSecretVersion, which is free and resolves
`latest` and aliases to a number, and reads only a new version, by its number.

No channel is open between calls: gRPC does not survive a fork with one.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Protocol

import google.cloud.secretmanager_v1 as secretmanager  # `from` would hide that it is absent
from google.api_core import exceptions
from google.protobuf import json_format

from binance_creds._raw import RawSecret, Unchanged
from binance_creds._time._retry_after import retry_after_seconds
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
from binance_creds.providers.google._crc32c import crc32c
from binance_creds.providers.google._login import (
    ATTEMPT_SECONDS,
    LOGIN_ERRORS,
    NO_LOGIN_SERVER,
    GoogleLogin,
    is_unanswered,
)
from binance_creds.providers.google._secret_name import LATEST, client_of, place_of
from binance_creds.providers.remote._call import Remote
from binance_creds.providers.remote._client_pool import ClientPool
from binance_creds.providers.remote._error_row import CHANGED, ErrorRow
from binance_creds.providers.remote._payload import document_of, fields_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from binance_creds._secret import Secret
    from binance_creds._time._deadline import Deadline
    from binance_creds._uri import SourceURI

__all__ = ["SecretManagerProvider"]

_PAGE_SIZE: Final = 1000  # versions; most secrets have fewer, so that one request lists them
_DOLLARS_AN_ACCESS: Final = 0.03 / 10_000  # price list of Secret Manager; metadata is free
_PERMISSIONS: Final = tuple(
    f"secretmanager.versions.{name}" for name in ("access", "get", "list", "add")
)


class _Ask(Protocol):
    """Make one request of the API, within the deadline of the call."""

    def __call__(self, method: str, /, **request: object) -> Any: ...


_LOGINS: Final = ClientPool[GoogleLogin]()


class SecretManagerProvider:
    """Read, probe and write one secret.

    Options: `version` is `latest` (default), a number or an alias; `location` says that the secret
    is a regional one. `credentials_file` and `impersonate` choose who asks; else application
    default credentials do. `transport` is `rest` (default) or `grpc`. `endpoint` is a host or a
    URL; over http, which is for emulators, there is no login: no token travels in the clear.

    Raises:
        ConfigurationError: an unknown option, no name, or options that contradict each other.
    """

    def __init__(self, uri: SourceURI) -> None:
        check_options(uri)
        self._uri = uri
        self._place, self._version = place_of(uri)
        # Until GetSecretVersion is denied, as the accessor's role does not have it.
        self._is_described = True
        who = uri.option("credentials_file"), uri.option("impersonate")
        self._login = None if self._place.is_plain else who
        self._remote = Remote(
            uri,
            loggers=("google", "grpc", "urllib3"),
            translated=_translated,
            forget_login=lambda before: _LOGINS.drop(self._login, built_before=before),
        )

    @property
    def is_pinned(self) -> bool:
        """Whether the version is a number: an alias can be moved, and `latest` moves by itself."""
        return self._version.isdecimal()

    def fetch(
        self, deadline: Deadline, *, known_version: str | None = None
    ) -> RawSecret | Unchanged:
        """Return the version that is latest, has the alias, or is pinned.

        Raises:
            SecretNotFoundError: there is no such secret or version.
            SecretDisabledError: the version is disabled or destroyed; `latest` may be, too.
            CredentialsError: as the table at the end of this file says.
        """
        if known_version is not None and known_version == self._version:
            return Unchanged(known_version)  # a number: its content never changes
        return self._remote.call(lambda: self._fetched(known_version, deadline), deadline)

    def probe(self, deadline: Deadline) -> Version:
        """Return the number of the version: one GetSecretVersion, which is free.

        Without that permission it is one AccessSecretVersion.
        """
        return self._remote.call(lambda: self._probed(deadline), deadline, purpose="probe")

    def fetch_version(self, version: str, deadline: Deadline) -> RawSecret:
        """Return one version by its number.

        Raises:
            ConfigurationError: the source is pinned to another, or follows an alias.
            CredentialsError: as `fetch` does.
        """
        if self._version not in {LATEST, version}:
            msg = "the source follows another version than the latest."
            raise ConfigurationError(msg, source=self._uri.redacted)

        def read() -> RawSecret:
            with self._asking(deadline) as ask:
                return self._read(ask, version)

        return self._remote.call(read, deadline)

    def forget_login(self) -> None:
        """Log in anew at the next call."""
        _LOGINS.drop(self._login)

    def fetch_previous(self, deadline: Deadline) -> RawSecret:
        """Return the newest enabled version below the one that `fetch` reads."""
        return self._remote.call(lambda: self._previous(deadline), deadline)

    def store(
        self,
        fields: Mapping[str, Secret],
        deadline: Deadline,
        *,
        expected_version: str | None = None,
    ) -> str | None:
        """Add a version, which makes it the latest; create the secret if there is none.

        A secret without versions, such as Terraform's, needs no permission to create one.

        The API cannot make a write depend on a version: between the check and the write, some
        milliseconds, another writer can still come in. No version is lost then; both are kept.

        Raises:
            ConfigurationError: the latest version is another than the expected one. So it is, too,
                if the answer to the write was lost and the write had been done.
        """
        if self._uri.field or self._version != LATEST:
            msg = "only a whole secret's latest version can be stored."
            raise ConfigurationError(msg, source=self._uri.redacted)
        document = document_of(fields)
        return self._remote.call(
            lambda: self._written(document, expected_version, deadline), deadline, purpose="store"
        )

    def diagnose(self, deadline: Deadline, *, poll_seconds: float) -> Diagnosis:
        """Return who asks, what loading, watching and storing need, and the cost."""
        identity, permissions = self._remote.call(
            lambda: self._asked(deadline), deadline, purpose="diagnose"
        )
        per_day = round(86_400 / poll_seconds)
        is_free = permissions["secretmanager.versions.get"]
        return Diagnosis(
            identity, permissions, per_day, 0.0 if is_free else per_day * 30 * _DOLLARS_AN_ACCESS
        )

    def close(self) -> None:
        """Nothing is open: the login is the process's, and a channel ends with its call."""

    @contextmanager
    def _asking(self, deadline: Deadline) -> Iterator[_Ask]:
        """Give what asks the API; the connection ends with the block."""
        login = self._logged_in()
        headers = login.headers(deadline) if login else {}
        client = client_of(self._place, login.universe if login else "")

        def ask(method: str, /, **request: object) -> Any:
            return getattr(client, method)(
                request=request,
                retry=None,  # the SDK's own knows no Retry-After
                timeout=min(ATTEMPT_SECONDS, deadline.remaining_seconds),
                metadata=tuple(headers.items()),
            )

        try:
            yield ask
        finally:
            client.transport.close()

    def _logged_in(self) -> GoogleLogin | None:
        login = self._login
        return None if login is None else _LOGINS.get(login, lambda: GoogleLogin(*login))

    def _fetched(self, known_version: str | None, deadline: Deadline) -> RawSecret | Unchanged:
        with self._asking(deadline) as ask:
            if known_version is None:
                return self._read(ask, self._version)
            described = self._described(ask)
            if described is None:
                return self._read(ask, self._version)
            current = _number(described.name)
            if current == known_version:
                return Unchanged(current)
            return self._read(ask, current, created_at=described.create_time)

    def _probed(self, deadline: Deadline) -> Version:
        with self._asking(deadline) as ask:
            described = self._described(ask)
            if described is None:
                return Version(str(self._read(ask, self._version).version))
            return Version(_number(described.name))

    def _described(self, ask: _Ask) -> Any:
        """Return the metadata of the version, or `None` where this identity may not see it."""
        if not self._is_described:
            return None
        try:
            described = ask("get_secret_version", name=self._place.version(self._version))
        except exceptions.Forbidden as error:
            if _is_foreign(error):
                raise
            self._is_described = False
            return None
        _check(described)
        if described.state in _STATES:
            raise _STATES[described.state].error()
        return described

    def _read(self, ask: _Ask, version: str, created_at: datetime | None = None) -> RawSecret:
        answer = ask("access_secret_version", name=self._place.version(version))
        _check(answer)
        payload = answer.payload
        if "data_crc32c" in payload and payload.data_crc32c != crc32c(payload.data):
            raise _DAMAGED.error()
        return RawSecret(
            fields_of(payload.data, self._uri),
            origin=self._uri.redacted,
            version=_number(answer.name),
            created_at=created_at,
        )

    def _previous(self, deadline: Deadline) -> RawSecret:
        with self._asking(deadline) as ask:
            current = int(self._current(ask))
            versions = ask(
                "list_secret_versions",
                parent=self._place.name,
                filter="state:ENABLED",
                page_size=_PAGE_SIZE,
            )
            older = {int(_number(one.name)): one for one in versions}
            number = max((number for number in older if number < current), default=None)
            if number is None:
                raise _NO_PREVIOUS.error()
            return self._read(ask, str(number), created_at=older[number].create_time)

    def _current(self, ask: _Ask) -> str:
        """Return the number behind `version`, also of a version that is switched off."""
        if self._version.isdecimal():
            return self._version
        return _number(ask("get_secret_version", name=self._place.version(self._version)).name)

    def _written(self, document: Secret, expected_version: str | None, deadline: Deadline) -> str:
        with self._asking(deadline) as ask:
            if self._latest(ask) != expected_version:
                raise CHANGED.error()
            try:
                return self._added(ask, document)
            except exceptions.NotFound:
                if expected_version is not None:
                    raise
            self._create(ask)
            return self._added(ask, document)

    def _added(self, ask: _Ask, document: Secret) -> str:
        data = document.reveal().encode()
        added = ask(
            "add_secret_version",
            parent=self._place.name,
            payload={"data": data, "data_crc32c": crc32c(data)},
        )
        return _number(added.name)

    def _create(self, ask: _Ask) -> None:
        ask(
            "create_secret",
            parent=self._place.parent,
            secret_id=self._place.secret,
            secret={} if self._place.location else {"replication": {"automatic": {}}},
        )

    def _latest(self, ask: _Ask) -> str | None:
        try:
            return self._current(ask)
        except exceptions.NotFound as error:
            if _is_foreign(error):  # the secret may be there, and must not be written over
                raise
            return None

    def _asked(self, deadline: Deadline) -> tuple[str, dict[str, bool | None]]:
        login = self._logged_in()
        with self._asking(deadline) as ask:
            identity = login.identity if login else "nobody: there is no login over http"
            try:
                held = ask(
                    "test_iam_permissions",
                    resource=self._place.name,
                    permissions=_PERMISSIONS,
                ).permissions
            except (exceptions.NotFound, exceptions.MethodNotImplemented):
                return identity, dict.fromkeys(_PERMISSIONS)
        return identity, {name: name in held for name in _PERMISSIONS}


def _check(answer: Any) -> None:
    """Refuse what is no answer of Google: the SDK passes over members that it does not know."""
    if not answer.name:
        raise _FOREIGN.error()


def _number(name: str) -> str:
    return name.rpartition("/")[2]


_DISABLED: Final = ErrorRow(
    SecretDisabledError,
    "the version is disabled.",
    "Enable it: gcloud secrets versions enable ... or add a new one.",
    says="DISABLED state",
)
_DESTROYED: Final = ErrorRow(
    SecretDisabledError,
    "the version is destroyed; its value is gone.",
    "Add a new one: gcloud secrets versions add ...",
    says="DESTROYED state",
)
_STATES: Final = {
    secretmanager.SecretVersion.State.DISABLED: _DISABLED,
    secretmanager.SecretVersion.State.DESTROYED: _DESTROYED,
}
_NO_PREVIOUS: Final = ErrorRow(
    SecretNotFoundError, "no enabled version is older than the current one."
)
_DAMAGED: Final = ErrorRow(
    ProviderUnavailableError, "the value was damaged on its way: its checksum is another."
)
_THROTTLED: Final = ErrorRow(
    ThrottledError,
    "Google asks for fewer requests.",
    "Poll less often: a project has 600 metadata reads a minute.",
)
_DOWN: Final = ErrorRow(ProviderUnavailableError, "Google does not answer.")
_FOREIGN: Final = ErrorRow(ProviderUnavailableError, "the answer is not one of Google.")
_UNTRUSTED: Final = ErrorRow(
    ConfigurationError,
    "the certificate of the endpoint is not trusted.",
    "For a private CA set GRPC_DEFAULT_SSL_ROOTS_FILE_PATH, and REQUESTS_CA_BUNDLE for"
    " transport=rest and logins; else somebody may be reading along.",
)
# The handshake fails: a private or expired certificate, one of another host, or no TLS at all.
# gRPC reports it as unavailable, requests as an OSError, google.auth as either.
_UNTRUSTED_SAYS: Final = (
    "CERTIFICATE_VERIFY_FAILED",
    "Hostname Verification Check failed",
    "WRONG_VERSION_NUMBER",
    "TLS CA certificate bundle",  # REQUESTS_CA_BUNDLE names no file
)
# By the class of Google's error or the next base that is here; of a class the first row whose
# `says` is in the message. REST knows the classes of HTTP only, so gRPC's own are not used.
_CLASSES: Final[dict[type[Exception], tuple[ErrorRow, ...]]] = {
    # A number or alias that is not there; no such secret, or one without versions.
    exceptions.NotFound: (
        ErrorRow(
            SecretNotFoundError,
            "the secret is there and has no such version.",
            "Check the option 'version'.",
            says="Secret Version [",
        ),
        ErrorRow(
            SecretNotFoundError,
            "there is no such secret in this project and location, or it has no version.",
            "Check both names; a regional secret needs 'location'.",
        ),
    ),
    # The first three happen before IAM is asked; without a grant also absent secrets are denied.
    exceptions.Forbidden: (
        ErrorRow(
            ConfigurationError,
            "the Secret Manager API is off in this project.",
            "Run: gcloud services enable secretmanager.googleapis.com",
            says="SERVICE_DISABLED",
        ),
        ErrorRow(
            ConfigurationError,
            "the project has no active billing account.",
            "Link one: gcloud billing projects link ...",
            says="BILLING_DISABLED",
        ),
        # The default access scopes of a virtual machine do not reach Secret Manager.
        ErrorRow(
            AccessDeniedError,
            "the token's scopes do not reach Secret Manager.",
            "Give the virtual machine the scope cloud-platform.",
            says="ACCESS_TOKEN_SCOPE_INSUFFICIENT",
        ),
        # `fetch_previous` and `store`.
        ErrorRow(
            AccessDeniedError,
            "this identity may not list the versions.",
            "Grant it roles/secretmanager.viewer on the secret.",
            says="secretmanager.versions.list",
        ),
        ErrorRow(
            AccessDeniedError,
            "this identity may not see which version is current.",
            "Grant it roles/secretmanager.viewer on the secret.",
            says="secretmanager.versions.get",
        ),
        ErrorRow(
            AccessDeniedError,
            "this identity may not add a version.",
            "Grant it roles/secretmanager.secretVersionManager on the secret.",
            says="secretmanager.versions.add",
        ),
        ErrorRow(
            AccessDeniedError,
            "this identity may not create the secret.",
            "Create it: gcloud secrets create ... or grant roles/secretmanager.admin.",
            says="secretmanager.secrets.create",
        ),
        ErrorRow(
            AccessDeniedError,
            "this identity may not read the secret.",
            "Grant it roles/secretmanager.secretAccessor on the secret, and check its name.",
        ),
    ),
    # The token was revoked, its key deleted, or this machine's clock is off.
    exceptions.Unauthorized: (
        ErrorRow(
            AuthenticationError,
            "Google does not accept this login.",
            "Check whether the service account's key still exists, and this machine's clock.",
        ),
    ),
    # A version is switched off (FAILED_PRECONDITION, HTTP 400); else a request that is wrong.
    exceptions.BadRequest: (
        _DISABLED,
        _DESTROYED,
        ErrorRow(
            ConfigurationError,
            "Google refuses the request as invalid.",
            "Check project, secret, 'version' and 'location'.",
        ),
    ),
    # Another writer created the secret first.
    exceptions.Conflict: (CHANGED,),
    # The quota of the project for a minute, or two writes of one secret in a second.
    exceptions.TooManyRequests: (_THROTTLED,),
    # The endpoint is another service, or an emulator that lacks the method.
    exceptions.MethodNotImplemented: (
        ErrorRow(
            ConfigurationError,
            "the endpoint does not know this request.",
            "Check the options 'endpoint' and 'transport'.",
        ),
    ),
    # Faults of the service or the way to it: refused, reset, timed out; all of 5xx.
    exceptions.GoogleAPICallError: (_DOWN,),
    # REST answered 200 with something else: a captive portal, or a proxy.
    json_format.ParseError: (_FOREIGN,),
    **LOGIN_ERRORS,
    # requests: refused, reset, timed out, no such host, a body that ended early.
    OSError: (_DOWN,),
}


def _translated(error: Exception) -> CredentialsError:
    text = str(error)
    if any(says in text for says in _UNTRUSTED_SAYS):
        return _UNTRUSTED.error()
    if isinstance(error, exceptions.TooManyRequests):
        return ThrottledError(
            _THROTTLED.message, hint=_THROTTLED.hint, retry_after_seconds=_wait_seconds(error)
        )
    if _is_foreign(error):
        return _FOREIGN.error()
    if is_unanswered(error):
        return NO_LOGIN_SERVER.error()
    for kind in type(error).__mro__:
        for row in _CLASSES.get(kind, ()):
            if row.says in text:
                return row.error()
    return ProviderUnavailableError(f"the read failed ({type(error).__name__}).")


def _wait_seconds(error: exceptions.GoogleAPICallError) -> float | None:
    """Return what a Retry-After header or a RetryInfo detail asks for."""
    header = getattr(error.response, "headers", {}).get("Retry-After")
    for detail in error.details:
        if hasattr(detail, "retry_delay"):
            return float(detail.retry_delay.ToTimedelta().total_seconds())
    return retry_after_seconds(header)


def _is_foreign(error: Exception) -> bool:
    """Return whether a 4xx is in no words of Google's.

    The 404 of a proxy or gateway, in JSON or not, does not say that the secret is absent.
    """
    if not isinstance(error, exceptions.ClientError):
        return False
    read = getattr(error.response, "json", None)
    if read is None:  # of gRPC, which makes a code of a proxy's status
        return "Received http2 header with status" in str(error)
    try:
        return not isinstance(read()["error"], dict)
    except (KeyError, TypeError, ValueError):
        return True
