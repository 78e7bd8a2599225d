"""Listen to push sources: one thread for each, for all live handles that name it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from binance_creds._threads._fork import call_after_fork
from binance_creds._threads._spawn import no_thread, spawn
from binance_creds._time._backoff import next_pause
from binance_creds._uri import SourceURI
from binance_creds.errors import CredentialsError, ProviderUnavailableError
from binance_creds.live.decide._messages import Kind
from binance_creds.live.push._matching import is_about
from binance_creds.live.push._registry import change_source_for
from binance_creds.live.run._engine import ENGINE
from binance_creds.live.run._locks import LISTENERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from binance_creds.live.run._subject import Subject
    from binance_creds.providers._announcements import Announcement

__all__ = ["ALL", "Listeners"]

WAIT_SECONDS: Final = 20.0  # the longest that SQS allows
FIRST_WAIT_SECONDS: Final = 1.0  # until it is known whether the source can be listened to
FIRST_PAUSE_SECONDS: Final = 1.0
LONGEST_PAUSE_SECONDS: Final = 60.0


class _Listener:
    """One push source and the subjects that listen to it."""

    def __init__(self, text: str) -> None:
        self._text, self._name = text, SourceURI.parse(text).scheme
        self.source = change_source_for(text)
        self.subjects: dict[Subject, None] = {}
        self.is_closed = threading.Event()
        self._has_thread = False  # set by the thread itself, guarded by LISTENERS
        self._is_alive = False
        self._pause = 0.0

    def start(self) -> CredentialsError | None:
        """Start the thread unless there is one; return what that failed with."""
        is_running = self._has_thread or spawn(self._run, self._name)
        return None if is_running else no_thread()

    def _run(self) -> None:
        with LISTENERS:
            if self._has_thread or self.is_closed.is_set():
                return
            self._has_thread = True
        try:
            self._listen()
        finally:  # closed, or a defect; then nobody may say that anything is heard
            with LISTENERS:
                self._has_thread = False
            self._mark(is_alive=False, error=_ended())

    def _listen(self) -> None:
        """Wait and pass on until closed; an unreachable source is tried again, ever less often."""
        while not self.is_closed.is_set():
            announcements = self._waited()
            if isinstance(announcements, CredentialsError):
                self._mark(is_alive=False, error=announcements)
                self._pause = next_pause(
                    self._pause, first=FIRST_PAUSE_SECONDS, longest=LONGEST_PAUSE_SECONDS
                )
                self.is_closed.wait(self._pause)
                continue
            self._pause = 0.0
            self._mark(is_alive=True)
            for announcement in announcements:
                self._pass_on(announcement)

    def _waited(self) -> Sequence[Announcement] | CredentialsError:
        try:
            return self.source.wait(WAIT_SECONDS if self._is_alive else FIRST_WAIT_SECONDS)
        except CredentialsError as error:
            return error.again()
        except Exception as error:  # noqa: BLE001  # a defect must not end the listening in silence
            return ProviderUnavailableError(f"listening failed ({type(error).__name__}).")

    def _pass_on(self, announcement: Announcement) -> None:
        """Make every subject that it may be about look."""
        found = [
            subject
            for subject in list(self.subjects)
            if any(is_about(announcement, uri) for uri in subject.sources())
        ]
        version = announcement.version if announcement.name is not None else None
        ENGINE.ask(found, announced=version)

    def _mark(self, *, is_alive: bool, error: CredentialsError | None = None) -> None:
        self._is_alive = is_alive
        if not self.is_closed.is_set():
            for subject in list(self.subjects):
                self._tell(subject, error)

    def join(self, subject: Subject, error: CredentialsError | None) -> None:
        """Tell a new subject what is known: that it is heard, or that no thread can be had."""
        if error is not None:
            self._tell(subject, error)
        elif self._is_alive:  # else its next try tells
            subject.changes.set_alive(self._name, self._text, is_alive=True)

    def _tell(self, subject: Subject, error: CredentialsError | None) -> None:
        """Report what is news; what was announced meanwhile may be lost."""
        is_alive = self._is_alive
        if subject.changes.set_alive(self._name, self._text, is_alive=is_alive):
            ENGINE.tell(subject, Kind.PUSH_BACK if is_alive else Kind.PUSH_LOST, error)
            ENGINE.run(subject, subject.machine.look_by_poll)


def _ended() -> CredentialsError:
    return ProviderUnavailableError("the thread that listens has ended.")


class Listeners:
    """The push sources of a process, by URI. Threads may share it; a forked child starts clean."""

    def __init__(self) -> None:
        self._start_clean()
        call_after_fork(self, Listeners._start_clean)

    def _start_clean(self) -> None:
        self._listeners: dict[str, _Listener] = {}  # guarded by LISTENERS

    def add(self, text: str, subject: Subject) -> None:
        """Let a subject listen to a source. Where no thread can be had, `retry` begins with it.

        Raises:
            ConfigurationError: the URI is wrong.
            ProviderNotInstalledError: its package is missing.
        """
        with LISTENERS:
            listener = self._listeners.get(text)
            if listener is None:
                listener = self._listeners[text] = _Listener(text)
            listener.subjects[subject] = None
            error = listener.start()
        listener.join(subject, error)

    def retry(self, texts: Iterable[str]) -> None:
        """Start the threads that these sources lack."""
        for text in texts:
            with LISTENERS:
                listener = self._listeners.get(text)
                if listener is not None:
                    listener.start()

    def remove(self, text: str, subject: Subject) -> None:
        """End what `add` began; twice is fine, and so is what was never added."""
        with LISTENERS:
            listener = self._listeners.get(text)
            if listener is None:
                return
            listener.subjects.pop(subject, None)
            if listener.subjects:
                return
            del self._listeners[text]
            listener.is_closed.set()
        listener.source.close()


ALL: Final = Listeners()
