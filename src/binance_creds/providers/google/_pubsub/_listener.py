"""`PubSubAnnouncements`: listen to one subscription."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any, Final

from google.api_core import exceptions

from binance_creds._time._deadline import Deadline
from binance_creds.errors import AuthenticationError, ClosedError, CredentialsError
from binance_creds.providers._options import check_options
from binance_creds.providers.google._errors import translated
from binance_creds.providers.google._login import GoogleLogin
from binance_creds.providers.google._pubsub._message import announcement_of
from binance_creds.providers.google._pubsub._subscription import (
    MESSAGES,
    client_of,
    subscription_of,
)
from binance_creds.providers.remote._call import ATTEMPT_SECONDS
from binance_creds.providers.remote._quiet import quiet

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from binance_creds._uri import SourceURI
    from binance_creds.providers._announcements import Announcement

__all__ = ["PubSubAnnouncements"]

_MESSAGES: Final = 100  # at most, in one answer; a rotation makes a handful
_PULL_SECONDS: Final = 60.0  # of one request; the service answers earlier, with nothing if need be
PAUSE_SECONDS: Final = 1.0  # after an answer without an announcement
_CLOSED: Final = "this subscription is closed."
_LOGGERS: Final = ("google", "grpc", "urllib3")


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
        self._place = subscription_of(uri)
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
            CredentialsError: as the table in `_subscription` says.
        """
        self._start_clean_in_child()
        deadline = Deadline(max(timeout_seconds, 0.001))
        if self._closed.is_set():
            raise ClosedError(_CLOSED, source=self._uri.redacted)
        refusal, self._unheard = self._unheard, None
        while refusal is None and not self._closed.is_set():
            outcome = self._pulled(deadline)
            if isinstance(outcome, CredentialsError):
                refusal = outcome
            elif outcome or deadline.is_over:
                return outcome
            else:
                self._closed.wait(min(PAUSE_SECONDS, deadline.remaining_seconds))
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
                refusal = translated(error, MESSAGES)
            self._drop()
        if isinstance(refusal, AuthenticationError):
            self._login = None
        return refusal

    def _asked(self, deadline: Deadline) -> tuple[Announcement, ...]:
        headers = self._headers(deadline)
        client = self._opened()
        answer = client.pull(
            request={"subscription": self._place.name, "max_messages": _MESSAGES},
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
                request={"subscription": self._place.name, "ack_ids": ids},
                retry=None,
                timeout=ATTEMPT_SECONDS,
                metadata=tuple(headers.items()),
            )
        except exceptions.GoogleAPICallError as error:
            self._unheard = translated(error, MESSAGES)

    def _headers(self, deadline: Deadline) -> dict[str, str]:
        if self._place.endpoint.is_plain:
            return {}
        if self._login is None:
            self._login = GoogleLogin(self._uri.option("credentials_file"), None)
        return self._login.headers(deadline)

    def _opened(self) -> Any:
        universe = self._login.universe if self._login else ""
        with self._lock:
            if self._closed.is_set():
                raise ClosedError(_CLOSED)
            if self._client is None:
                self._client = client_of(self._place, universe)
            return self._client
