"""`storage-queue:https://ACCOUNT.queue.core.windows.net/QUEUE`: Key Vault's events from Event Grid.

On azure-storage-queue and azure-identity. A Storage Queue cannot hold a request until there is a
message, so it is asked: each second after a message, and ever less often, down to each five
seconds, while there is none. An announcement is therefore heard up to five seconds late, besides
what Event Grid takes. One listener makes half a million requests a month, and one more for each
message that it deletes; 10,000 cost about $0.004 (price list of Queue Storage, local redundancy).
"""

from __future__ import annotations

import logging
import os
import ssl
import threading
import time
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    DecodeError,
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseError,
)
from azure.storage.queue import QueueClient

from binance_creds._threads._spawn import no_thread, spawn
from binance_creds._time._deadline import Deadline
from binance_creds._time._retry_after import retry_after_seconds
from binance_creds._version import __version__
from binance_creds.errors import (
    AccessDeniedError,
    AuthenticationError,
    ClosedError,
    ConfigurationError,
    CredentialsError,
    ProviderUnavailableError,
    ThrottledError,
)
from binance_creds.providers._options import check_options
from binance_creds.providers.azure._login import (
    HINTS,
    LATE_LOGGERS,
    credential_of,
    transport_of,
)
from binance_creds.providers.azure._login_errors import login_failure, tls_fault_in
from binance_creds.providers.azure._queue_message import announcements_of
from binance_creds.providers.azure._queue_name import BY_KEY, Place, place_of
from binance_creds.providers.remote._call import (
    ATTEMPT_SECONDS,
    CONNECT_SECONDS,
    Remote,
)
from binance_creds.providers.remote._client_pool import ClientPool
from binance_creds.providers.remote._error_row import ErrorRow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from binance_creds._uri import SourceURI
    from binance_creds.providers._announcements import Announcement

__all__ = ["EventGridAnnouncements"]

_VARIABLE: Final = "AZURE_STORAGE_CONNECTION_STRING"
_MESSAGES: Final = 32  # the most that the service gives at once
_HIDDEN_SECONDS: Final = 60  # from being received to coming again, if it is not deleted
_FIRST_PAUSE_SECONDS: Final = 1.0
_LONGEST_PAUSE_SECONDS: Final = 5.0
_GROWTH: Final = 1.5


class _Answer(NamedTuple):
    """How many messages there were, and what they say."""

    messages: int
    told: tuple[Announcement, ...]


_NOTHING: Final = _Answer(0, ())
_CLIENTS: Final = ClientPool[QueueClient]()


class EventGridAnnouncements:
    """Listen to one queue, which no other program should share: each message goes to one.

    Options: `auth` chooses who asks: `default` (azure-identity's own chain), `managed`, `workload`,
    `secret`, `certificate` or `cli`, with `client_id` and `tenant_id` where they apply; secrets of
    the login come from the environment. `connection-string` takes the account's key from the
    variable AZURE_STORAGE_CONNECTION_STRING, and is what emulators need. `authority` names the
    login of a private cloud.

    `close` ends a `wait` at once, also one for a server that hangs.

    Raises:
        ConfigurationError: an unknown option, no queue, or options that do not fit.
    """

    def __init__(self, uri: SourceURI) -> None:
        check_options(uri)
        self._uri = uri
        self._place = place_of(uri)
        self._start_clean(is_closed=False)
        self._pause_seconds = _FIRST_PAUSE_SECONDS
        self._next_at = 0.0  # of time.monotonic; not asked before
        self._unheard: CredentialsError | None = None  # told by the next wait
        for name in LATE_LOGGERS:
            logging.getLogger(name)
        self._remote = Remote(
            uri,
            loggers=("azure", "msal", "urllib3", "requests"),
            translated=self._translated,
            forget_login=lambda before: _CLIENTS.drop(self._place, built_before=before),
        )

    def _start_clean(self, *, is_closed: bool) -> None:
        """Make what a thread that did not come along into a forked child may have locked."""
        self._pid = os.getpid()
        self._answers = SimpleQueue[_Answer | CredentialsError]()  # of `_ask`, or of `close`
        self._closed = threading.Event()
        if is_closed:
            self._closed.set()

    def _start_clean_in_child(self) -> None:
        if self._pid != os.getpid():
            self._start_clean(is_closed=self._closed.is_set())

    def wait(self, timeout_seconds: float) -> Sequence[Announcement]:
        """Return what was announced; blocks until there is something, or for the timeout.

        What was received is deleted before it is returned. If that fails, the next wait tells so,
        and the messages come again. A server that hangs may hold a wait for five seconds more.

        Raises:
            ClosedError: it was closed before.
            CredentialsError: as the table at the end of this file says.
        """
        self._start_clean_in_child()
        ends_at = time.monotonic() + timeout_seconds
        if self._closed.is_set():
            raise ClosedError("it was closed.", source=self._uri.redacted)
        refusal, self._unheard = self._unheard, None
        if refusal is not None:
            raise refusal.at(self._uri.redacted)
        while self._is_time(ends_at):
            told = self._asked(max(CONNECT_SECONDS, ends_at - time.monotonic()))
            if told:
                return told
        return ()

    def close(self) -> None:
        """Forget the connection and the login, and end a `wait` of another thread."""
        self._start_clean_in_child()
        self._closed.set()
        self._answers.put(_NOTHING)
        _CLIENTS.drop(self._place)

    def _is_time(self, ends_at: float) -> bool:
        """Sleep until the queue may be asked again; return whether that is before the end."""
        until = min(self._next_at, ends_at)
        if self._closed.wait(max(0.0, until - time.monotonic())):
            return False
        return self._next_at <= ends_at

    def _asked(self, seconds: float) -> tuple[Announcement, ...]:
        """Ask in a thread of its own, so that `close` can end the wait for its answer."""
        deadline = Deadline(min(ATTEMPT_SECONDS, seconds))
        is_started = spawn(partial(self._ask, deadline), "storage-queue")
        answer = self._answers.get() if is_started else no_thread()
        self._next_at = time.monotonic() + self._pause_seconds
        self._pause_seconds = min(self._pause_seconds * _GROWTH, _LONGEST_PAUSE_SECONDS)
        if isinstance(answer, CredentialsError):
            raise answer.at(self._uri.redacted)
        if answer.messages:  # there may be more
            self._pause_seconds, self._next_at = _FIRST_PAUSE_SECONDS, 0.0
        return answer.told

    def _ask(self, deadline: Deadline) -> None:
        answer: _Answer | CredentialsError
        try:
            answer = self._remote.call(lambda: self._heard(deadline), deadline, purpose="listen")
        except CredentialsError as error:
            answer = error.again()
        self._answers.put(answer)

    def _heard(self, deadline: Deadline) -> _Answer:
        if self._closed.is_set():  # tried again after `close`: who listens now shall hear it
            return _NOTHING
        client = _CLIENTS.get(self._place, self._built)
        pages = client.receive_messages(
            messages_per_page=_MESSAGES, visibility_timeout=_HIDDEN_SECONDS, **_limits(deadline)
        ).by_page()
        messages = list(next(pages, ()))
        for one in messages:
            if not self._is_deleted(client, one, deadline):
                break
        told = (announcements_of(one.content) for one in messages)
        return _Answer(len(messages), tuple(dict.fromkeys(one for some in told for one in some)))

    def _is_deleted(self, client: QueueClient, message: Any, deadline: Deadline) -> bool:
        try:
            client.delete_message(message, **_limits(deadline))
        except AzureError as error:
            if _code(error) not in _ALREADY_DELETED:
                self._unheard = self._translated(error)
                return False
        return True

    def _built(self) -> QueueClient:
        more: dict[str, Any] = {
            "transport": transport_of(),
            "retry_total": 0,  # the SDK's retries know no deadline
            "permit_redirects": False,
            "user_agent": f"binance-creds/{__version__}",
        }
        try:
            if self._place.login.auth == BY_KEY:
                client = _by_key(self._place, more)
            else:
                credential = credential_of(self._place.login, self._translated)
                client = QueueClient(self._place.account, self._place.queue, credential, **more)
        except (ValueError, TypeError):  # no certificate in the file, a wrong or missing password
            client = None
        if client is None:
            raise _BAD_SETTINGS.error()
        return client

    def _translated(self, error: Exception) -> CredentialsError:
        return _translated(error, self._place)


def _by_key(place: Place, more: Mapping[str, Any]) -> QueueClient:
    if not os.environ.get(_VARIABLE):
        raise _NO_VARIABLE.error()
    client = QueueClient.from_connection_string(os.environ[_VARIABLE], place.queue, **more)
    if f"{client.scheme}://{client.primary_hostname}".lower() != place.account.lower():
        raise _OTHER_ACCOUNT.error()  # the source says where to go, and the variable only how
    return client


def _limits(deadline: Deadline) -> dict[str, Any]:
    left = max(0.001, deadline.remaining_seconds)  # 0 would be refused
    return {
        "connection_timeout": min(CONNECT_SECONDS, left),
        "read_timeout": min(ATTEMPT_SECONDS, left),
    }


_ALREADY_DELETED: Final = frozenset({"MessageNotFound", "PopReceiptMismatch"})  # it came again
_NO_VARIABLE: Final = ErrorRow(
    AuthenticationError, f"the login by {BY_KEY!r} needs the variable {_VARIABLE}."
)
_OTHER_ACCOUNT: Final = ErrorRow(
    ConfigurationError,
    f"{_VARIABLE} is of another account than the location.",
    "Write the account's URL in the source as the variable has it.",
)
_BAD_SETTINGS: Final = ErrorRow(ConfigurationError, "the settings of this login are not usable.")
_NO_QUEUE: Final = ErrorRow(
    ConfigurationError, "there is no such queue in this account.", "Run: az storage queue create"
)
_DENIED: Final = ErrorRow(
    AccessDeniedError,
    "this identity may not read the queue.",
    "Assign it 'Storage Queue Data Message Processor'; that takes some minutes to count.",
)
_REFUSED: Final = ErrorRow(
    AuthenticationError,
    "the account does not accept this login.",
    "Check tenant, key or signature, and this machine's clock.",
)
_THROTTLED: Final = "the account asks for fewer requests."
_TOO_MANY: Final = 429
_DOWN: Final = ErrorRow(ProviderUnavailableError, "the queue service had an internal fault.")
_NOT_A_QUEUE: Final = ErrorRow(ProviderUnavailableError, "the answer is not one of a queue.")
_SILENT: Final = ErrorRow(
    ProviderUnavailableError,
    "the queue service or its login does not answer.",
    "Check the account's name, and the network between.",
)

# By the code that the service gives. None is "not found": that says that the secret itself is gone.
# Source: learn.microsoft.com, "Common REST API error codes" and "Queue Storage error codes".
_CODES: Final[dict[str, ErrorRow]] = {
    # It was never made, or was deleted, or is being deleted.
    "QueueNotFound": _NO_QUEUE,
    "QueueBeingDeleted": _NO_QUEUE,
    "ResourceNotFound": _NO_QUEUE,
    # The key was rotated, a signature has expired, or the clock is off by a quarter of an hour.
    "AuthenticationFailed": _REFUSED,
    # The token is of another tenant, was revoked, or is none.
    "InvalidAuthenticationInfo": _REFUSED,
    # The account's network rules do not know this address.
    "AuthorizationFailure": ErrorRow(
        AccessDeniedError,
        "the account does not allow this, or its firewall refuses this address.",
        "Add the address: az storage account network-rule add ..., or assign the role.",
    ),
    # The account takes no keys, only logins.
    "KeyBasedAuthenticationNotPermitted": ErrorRow(
        AccessDeniedError, "the account takes no keys.", "Log in: ?auth=managed, workload, ..."
    ),
}

# By status, where the code has no row. A 404 without its code is not of a queue.
_STATUSES: Final[dict[int, ErrorRow]] = {
    # Also: the API version is not known in a private cloud, or to an older emulator.
    400: ErrorRow(ConfigurationError, "the queue service refuses the request as invalid."),
    401: _REFUSED,
    # No role for this identity (AuthorizationPermissionMismatch), or it was assigned a moment ago.
    403: _DENIED,
    # A proxy, a load balancer, or a host that is no queue service.
    404: ErrorRow(
        ConfigurationError, "what answers at this host is not a queue service.", "Check the URL."
    ),
}

_CLASSES: Final[dict[type[BaseException], ErrorRow]] = {
    # Not XML, or cut short: a captive portal, or a connection lost in mid-body.
    DecodeError: _NOT_A_QUEUE,
    # Refused, no such host, no route, a proxy that is down; lost or timed out after the request.
    ServiceRequestError: _SILENT,
    ServiceResponseError: _SILENT,
    # An expired certificate, a private CA, or somebody in between; never read without TLS.
    ssl.SSLCertVerificationError: ErrorRow(
        ConfigurationError,
        "the certificate of the account or its login is not trusted.",
        "For a private CA set REQUESTS_CA_BUNDLE; else somebody may be reading along.",
    ),
    # REQUESTS_CA_BUNDLE, the certificate or the federated token is not there or not readable.
    OSError: ErrorRow(
        ConfigurationError,
        "a file that the login or TLS needs cannot be read.",
        "Check REQUESTS_CA_BUNDLE, AZURE_CLIENT_CERTIFICATE_PATH, AZURE_FEDERATED_TOKEN_FILE.",
    ),
    # The connection was cut in the handshake, or there is no TLS at that port.
    ssl.SSLError: _SILENT,
}


def _translated(error: Exception, place: Place) -> CredentialsError:
    if isinstance(error.__cause__, CredentialsError):
        return error.__cause__.again()  # the login server failed; azure-identity wraps that
    if isinstance(error, ClientAuthenticationError) and not _is_of_queue(error, place):
        hint = HINTS.get(place.login.auth)
        return login_failure(error, hint, partial(_translated, place=place))
    if isinstance(error, HttpResponseError) and error.response is not None:
        return _of_response(error)
    for kind in type(tls_fault_in(error)).__mro__:
        if kind in _CLASSES:
            return _CLASSES[kind].error()
    return ProviderUnavailableError(f"the request failed ({type(error).__name__}).")


def _is_of_queue(error: HttpResponseError, place: Place) -> bool:
    request = getattr(error.response, "request", None)
    return getattr(request, "url", "").startswith(place.account)


def _of_response(error: HttpResponseError) -> CredentialsError:
    code = _code(error)
    if error.status_code == _TOO_MANY or code == "ServerBusy":
        headers: Mapping[str, str] = getattr(error.response, "headers", {})
        delay = retry_after_seconds(headers.get("Retry-After"))
        return ThrottledError(_THROTTLED, retry_after_seconds=delay)
    if isinstance(error, DecodeError):
        return _NOT_A_QUEUE.error()
    if code in _CODES:
        return _CODES[code].error()
    return _STATUSES.get(error.status_code or 0, _DOWN).error()


def _code(error: AzureError) -> str:
    headers: Mapping[str, str] = getattr(getattr(error, "response", None), "headers", {})
    return headers.get("x-ms-error-code", "")
