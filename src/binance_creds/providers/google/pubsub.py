"""`pubsub://PROJECT/SUBSCRIPTION`: notifications of GCP Secret Manager, on google-cloud-pubsub.

Messages are pulled: the service holds the request until there is one. Only their attributes are
read, and every one that was pulled is acknowledged, whatever it is. The channel is open from the
first wait to `close`, or to the first error; a forked child opens its own.
"""

from __future__ import annotations

import os
import re
import threading
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import grpc
from google import pubsub_v1 as pubsub
from google.api_core import exceptions
from google.auth.transport.grpc import SslCredentials
from google.pubsub_v1.services.subscriber import transports

from binance_creds._time._deadline import Deadline
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
from binance_creds.providers.google._login import (
    LOGIN_ERRORS,
    NO_LOGIN_SERVER,
    GoogleLogin,
    is_unanswered,
)
from binance_creds.providers.google._pubsub_message import announcement_of
from binance_creds.providers.google._secret_name import proxy_options
from binance_creds.providers.remote._call import ATTEMPT_SECONDS, CONNECT_SECONDS, warn_if_plain
from binance_creds.providers.remote._error_row import ErrorRow
from binance_creds.providers.remote._quiet import quiet

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from binance_creds._uri import SourceURI
    from binance_creds.providers._announcements import Announcement

__all__ = ["PubSubAnnouncements"]

_PROJECT: Final = r"(?P<project>[a-z0-9][a-z0-9.:-]{0,99})"  # an id, a number, or domain.com:id
_SUBSCRIPTION: Final = r"(?P<subscription>[A-Za-z][A-Za-z0-9._~+%-]{2,254})"  # resource names
_SHORT: Final = re.compile(f"{_PROJECT}/{_SUBSCRIPTION}")
_FULL: Final = re.compile(f"projects/{_PROJECT}/subscriptions/{_SUBSCRIPTION}")
_ENDPOINT: Final = re.compile(r"(?:(https?)://)?((?:[\w.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?)/?")
_MESSAGES: Final = 100  # at most, in one answer; a rotation makes a handful
_PULL_SECONDS: Final = 60.0  # of one request; the service answers earlier, with nothing if need be
_PAUSE_SECONDS: Final = 1.0  # after an answer without an announcement
_LOGGERS: Final = ("google", "grpc", "urllib3")
_CHANNEL: Final = (
    ("grpc.use_local_subchannel_pool", 1),  # else a broken connection outlives its channel
    ("grpc.max_receive_message_length", -1),  # what is refused here would come again for ever
    ("grpc.min_reconnect_backoff_ms", int(CONNECT_SECONDS * 1000)),  # it bounds a connect as well
    ("grpc.keepalive_time_ms", 30_000),  # as in Google's own client: finds a connection that died
    ("grpc.keepalive_timeout_ms", int(ATTEMPT_SECONDS * 1000)),
)


class _Place(NamedTuple):
    """Which subscription, and where it is asked for."""

    subscription: str
    endpoint: str | None
    is_plain: bool


class PubSubAnnouncements:
    """Listen to one subscription, which no other program should share: each message goes to one.

    Options: `credentials_file` names a JSON file; else application default credentials are used.
    `endpoint` is a host or a URL; over http, which is for emulators, there is no login.

    `wait` ends with its first announcements, which is usually within a second of the change. What
    the service sends in the moment in which a wait runs out is lost until the acknowledgement
    deadline of the subscription, so let it be 10 seconds, and wait for a minute rather than for a
    second. `close` ends a `wait` at once, except while that logs in.

    Raises:
        ConfigurationError: an unknown option, no subscription, or options that do not fit.
    """

    def __init__(self, uri: SourceURI) -> None:
        check_options(uri)
        self._uri = uri
        self._place = _place_of(uri)
        self._unheard: CredentialsError | None = None  # told by the next wait
        self._inherited: Any = None  # closing it in a child would wait for the parent's threads
        self._start_clean(is_closed=False)

    def _start_clean(self, *, is_closed: bool) -> None:
        """Make what a thread that did not come along into a forked child may have locked."""
        self._pid = os.getpid()
        self._lock = threading.Lock()  # guards _client
        self._client: Any = None
        self._login: GoogleLogin | None = None
        self._closed = threading.Event()
        if is_closed:
            self._closed.set()

    def _start_clean_in_child(self) -> None:
        if self._pid != os.getpid():
            self._inherited = self._inherited, self._client
            self._start_clean(is_closed=self._closed.is_set())

    def wait(self, timeout_seconds: float) -> Sequence[Announcement]:
        """Return what was announced; blocks until there is something, or for the timeout.

        What was pulled is acknowledged before it is returned. If that fails, the next wait tells
        so, and the messages come again.

        Raises:
            ClosedError: it was closed before.
            CredentialsError: as the table at the end of this file says.
        """
        self._start_clean_in_child()
        deadline = Deadline(max(timeout_seconds, 0.001))
        if self._closed.is_set():
            raise _CLOSED.error().at(self._uri.redacted)
        refusal, self._unheard = self._unheard, None
        while refusal is None and not self._closed.is_set():
            outcome = self._pulled(deadline)
            if isinstance(outcome, CredentialsError):
                refusal = outcome
            elif outcome or deadline.is_over:
                return outcome
            else:
                self._closed.wait(min(_PAUSE_SECONDS, deadline.remaining_seconds))
        if refusal is None or self._closed.is_set():
            return ()
        raise refusal.at(self._uri.redacted)

    def close(self) -> None:
        """Close the channel, which ends a request that another thread waits for."""
        self._start_clean_in_child()
        self._closed.set()
        self._drop()

    def _drop(self) -> None:
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.transport.close()

    def _pulled(self, deadline: Deadline) -> tuple[Announcement, ...] | CredentialsError:
        with quiet(*_LOGGERS):
            try:
                return self._asked(deadline)
            except exceptions.DeadlineExceeded:  # nothing was published
                return ()
            except Exception as error:  # noqa: BLE001  # SDKs raise a hundred classes
                refusal = _translated(error)
            self._drop()
        if isinstance(refusal, AuthenticationError):
            self._login = None
        return refusal

    def _asked(self, deadline: Deadline) -> tuple[Announcement, ...]:
        headers = self._headers(deadline)
        client = self._opened()
        answer = client.pull(
            request={"subscription": self._place.subscription, "max_messages": _MESSAGES},
            retry=None,  # the caller's pauses are longer
            timeout=min(_PULL_SECONDS, deadline.remaining_seconds),
            metadata=tuple(headers.items()),
        )
        pulled = answer.received_messages
        if pulled:
            self._acknowledge(client, [one.ack_id for one in pulled], headers)
        told = (announcement_of(one.message.attributes) for one in pulled)
        return tuple(dict.fromkeys(one for one in told if one is not None))

    def _acknowledge(self, client: Any, ids: list[str], headers: Mapping[str, str]) -> None:
        try:
            client.acknowledge(
                request={"subscription": self._place.subscription, "ack_ids": ids},
                retry=None,
                timeout=ATTEMPT_SECONDS,
                metadata=tuple(headers.items()),
            )
        except exceptions.GoogleAPICallError as error:
            self._unheard = _translated(error)

    def _headers(self, deadline: Deadline) -> dict[str, str]:
        if self._place.is_plain:
            return {}
        if self._login is None:
            self._login = GoogleLogin(self._uri.option("credentials_file"), None)
        return self._login.headers(deadline)

    def _opened(self) -> Any:
        universe = self._login.universe if self._login else ""
        with self._lock:
            if self._closed.is_set():
                raise _CLOSED.error()
            if self._client is None:
                self._client = _client(self._place, universe)
            return self._client


def _place_of(uri: SourceURI) -> _Place:
    found = _FULL.fullmatch(uri.location) or _SHORT.fullmatch(uri.location)
    if found is None:
        msg = "the location is a project and a subscription, such as pubsub://my-project/bot."
        raise ConfigurationError(msg, source=uri.redacted)
    given = uri.option("endpoint")
    parts = _ENDPOINT.fullmatch(given) if given is not None else None
    if given is not None and parts is None:
        msg = "the option 'endpoint' is a host, with a port or without, or http://HOST:PORT."
        raise ConfigurationError(msg, source=uri.redacted)
    is_plain = parts is not None and parts[1] == "http"
    if is_plain and uri.option("credentials_file"):
        msg = "there is no login over http: 'credentials_file' cannot be honoured."
        raise ConfigurationError(msg, source=uri.redacted)
    warn_if_plain(given)
    name = f"projects/{found['project']}/subscriptions/{found['subscription']}"
    return _Place(name, parts[2] if parts else None, is_plain)


def _client(place: _Place, universe: str) -> Any:
    """Return a client without credentials: they are in the headers."""
    host = place.endpoint or f"pubsub.{universe}"
    target = host if re.search(r":\d+$", host) else f"{host}:443"
    options = (*_CHANNEL, *proxy_options(target))
    if place.is_plain:
        channel = grpc.insecure_channel(target, options=options)
    else:
        tls = SslCredentials().ssl_credentials
        channel = grpc.secure_channel(target, tls, options=options)
    transport = transports.SubscriberGrpcTransport(host=host, channel=channel)
    return pubsub.SubscriberClient(transport=transport)


_CLOSED: Final = ErrorRow(ClosedError, "it was closed.")
_UNTRUSTED: Final = ErrorRow(
    ConfigurationError,
    "the certificate of the endpoint is not trusted.",
    "For a private CA set GRPC_DEFAULT_SSL_ROOTS_FILE_PATH, and REQUESTS_CA_BUNDLE for logins.",
)
# The handshake fails: a private or expired certificate, one of another host, or no TLS at all.
_UNTRUSTED_SAYS: Final = (
    "CERTIFICATE_VERIFY_FAILED",
    "Hostname Verification Check failed",
    "WRONG_VERSION_NUMBER",
    "TLS CA certificate bundle",  # REQUESTS_CA_BUNDLE names no file
)

# By the class of Google's error or the next base that is here; of a class the first row whose
# `says` is in the message. None is "not found": that says that the secret itself is gone.
_CLASSES: Final[dict[type[Exception], tuple[ErrorRow, ...]]] = {
    # The subscription was never made, was deleted, or has expired after 31 days without a reader.
    exceptions.NotFound: (
        ErrorRow(
            ConfigurationError,
            "there is no such subscription in this project.",
            "Check both names; an idle one expires: gcloud pubsub subscriptions create ...",
        ),
    ),
    exceptions.Forbidden: (
        # The API was never used in this project.
        ErrorRow(
            ConfigurationError,
            "the Pub/Sub API is off in this project.",
            "Run: gcloud services enable pubsub.googleapis.com",
            says="SERVICE_DISABLED",
        ),
        # No grant on the subscription; without one also an absent subscription is denied.
        ErrorRow(
            AccessDeniedError,
            "this identity may not read the subscription.",
            "Grant it roles/pubsub.subscriber on the subscription.",
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
    # It is a push subscription, or its topic is gone (FAILED_PRECONDITION, INVALID_ARGUMENT).
    exceptions.BadRequest: (
        ErrorRow(
            ConfigurationError,
            "this subscription cannot be pulled from.",
            "Check that it is a pull subscription and that its topic exists.",
        ),
    ),
    # The quota of the project, or of the subscriber.
    exceptions.TooManyRequests: (ErrorRow(ThrottledError, "Google asks for fewer requests."),),
    # The endpoint is another service.
    exceptions.MethodNotImplemented: (
        ErrorRow(
            ConfigurationError,
            "the endpoint does not know this request.",
            "Check the option 'endpoint'.",
        ),
    ),
    # Faults of the service or the way to it: refused, reset, timed out; the channel was closed.
    exceptions.GoogleAPICallError: (
        ErrorRow(ProviderUnavailableError, "Pub/Sub does not answer."),
    ),
    **LOGIN_ERRORS,
    # requests: refused, reset, timed out, no such host.
    OSError: (NO_LOGIN_SERVER,),
}


def _translated(error: Exception) -> CredentialsError:
    if isinstance(error, CredentialsError):
        return error.again()
    text = str(error)
    if any(says in text for says in _UNTRUSTED_SAYS):
        return _UNTRUSTED.error()
    if is_unanswered(error):
        return NO_LOGIN_SERVER.error()
    for kind in type(error).__mro__:
        for row in _CLASSES.get(kind, ()):
            if row.says in text:
                return row.error()
    return ProviderUnavailableError(f"the request failed ({type(error).__name__}).")
