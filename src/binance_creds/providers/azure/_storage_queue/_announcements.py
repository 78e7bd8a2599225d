"""The code behind `storage_queue`; it needs the SDK."""

from __future__ import annotations

import os
import threading
import time
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING, Final

from binance_creds._threads._spawn import no_thread, spawn
from binance_creds._time._deadline import Deadline
from binance_creds.errors import ClosedError, CredentialsError
from binance_creds.providers._options import check_options
from binance_creds.providers.azure._login import LOGGERS, make_loggers
from binance_creds.providers.azure._storage_queue._name import place_of
from binance_creds.providers.azure._storage_queue._queue import (
    CLIENTS,
    NOTHING,
    Heard,
    heard,
    refusal_of,
)
from binance_creds.providers.remote._call import ATTEMPT_SECONDS, CONNECT_SECONDS, Remote

if TYPE_CHECKING:
    from collections.abc import Sequence

    from binance_creds._uri import SourceURI
    from binance_creds.providers._announcements import Announcement

__all__ = ["EventGridAnnouncements"]

FIRST_PAUSE_SECONDS: Final = 1.0
LONGEST_PAUSE_SECONDS: Final = 5.0
_GROWTH: Final = 1.5


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
        self._pause_seconds = FIRST_PAUSE_SECONDS
        self._next_at = 0.0  # of time.monotonic; not asked before
        self._owed: CredentialsError | None = None  # of a deletion, after messages were received
        make_loggers()
        self._remote = Remote(
            uri,
            loggers=LOGGERS,
            translated=lambda error: refusal_of(error, self._place),
            forget_login=lambda before: CLIENTS.drop(self._place, built_before=before),
        )

    def _start_clean(self, *, is_closed: bool) -> None:
        """Make what a thread that did not come along into a forked child may have locked."""
        self._pid = os.getpid()
        self._answers = SimpleQueue[Heard | CredentialsError]()  # of `_ask`, or of `close`
        self._closed = threading.Event()
        if is_closed:
            self._closed.set()

    def _start_clean_in_child(self) -> None:
        if self._pid != os.getpid():
            self._start_clean(is_closed=self._closed.is_set())

    def wait(self, timeout_seconds: float) -> Sequence[Announcement]:
        """Return what was announced; blocks until there is something, or for the timeout.

        What was received is deleted before it is returned. If that fails, the next wait raises the
        error, and the messages come again. A server that hangs may hold a wait for five seconds
        more.

        Raises:
            ClosedError: it was closed before.
            CredentialsError: as the table of `_queue_errors` says.
        """
        self._start_clean_in_child()
        ends_at = time.monotonic() + timeout_seconds
        if self._closed.is_set():
            raise ClosedError("this source of announcements is closed.", source=self._uri.redacted)
        owed, self._owed = self._owed, None
        if owed is not None:
            raise owed.at(self._uri.redacted)
        while self._is_time(ends_at):
            found = self._asked(max(CONNECT_SECONDS, ends_at - time.monotonic()))
            if found:
                return found
        return ()

    def close(self) -> None:
        """Forget the connection and the login, and end a `wait` of another thread."""
        self._start_clean_in_child()
        self._closed.set()
        self._answers.put(NOTHING)
        CLIENTS.drop(self._place)

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
        self._pause_seconds = min(self._pause_seconds * _GROWTH, LONGEST_PAUSE_SECONDS)
        if isinstance(answer, CredentialsError):
            raise answer.at(self._uri.redacted)
        if answer.messages:  # there may be more
            self._pause_seconds, self._next_at = FIRST_PAUSE_SECONDS, 0.0
        self._owed = answer.failure
        return answer.announcements

    def _ask(self, deadline: Deadline) -> None:
        answer: Heard | CredentialsError
        try:
            answer = self._remote.call(lambda: self._heard(deadline), deadline, purpose="listen")
        except CredentialsError as error:
            answer = error.again()
        self._answers.put(answer)

    def _heard(self, deadline: Deadline) -> Heard:
        if self._closed.is_set():  # tried again after `close`: who listens now shall hear it
            return NOTHING
        return heard(self._place, deadline)
