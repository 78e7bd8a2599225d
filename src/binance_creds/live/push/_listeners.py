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
    from collections.abc import Callable, Sequence

    from binance_creds.live.run._subject import Subject
    from binance_creds.providers._announcements import Announcement, ChangeSource

__all__ = ["Listeners"]

WAIT_SECONDS: Final = 20.0  # the longest that SQS allows
FIRST_WAIT_SECONDS: Final = 1.0  # until it is known whether the source can be listened to
FIRST_PAUSE_SECONDS: Final = 1.0
LONGEST_PAUSE_SECONDS: Final = 60.0


class _Listener:
    """One push source and the subjects that listen to it."""

    def __init__(self, source: ChangeSource, name: str, text: str) -> None:
        self.source, self.name, self._text = source, name, text
        self.subjects: dict[Subject, None] = {}
        self.is_closed = threading.Event()
        self._pause = 0.0
        self.is_alive = False

    def run(self) -> None:
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
                self.pass_on(announcement)

    def _waited(self) -> Sequence[Announcement] | CredentialsError:
        try:
            return self.source.wait(WAIT_SECONDS if self.is_alive else FIRST_WAIT_SECONDS)
        except CredentialsError as error:
            return error.again()
        except Exception as error:  # noqa: BLE001  # a defect must not end the listening in silence
            return ProviderUnavailableError(f"listening failed ({type(error).__name__}).")

    def pass_on(self, announcement: Announcement) -> None:
        """Make every subject that it may be about look."""
        for subject in list(self.subjects):
            if any(is_about(announcement, uri) for uri in subject.sources()):
                ask = subject.machine.ask
                version = announcement.version if announcement.name is not None else None
                ENGINE.run(subject, lambda now, a=ask, v=version: a(now, announced=v))  # type: ignore[misc]  # bound now

    def _mark(self, *, is_alive: bool, error: CredentialsError | None = None) -> None:
        """Tell the subjects what is news; what was announced meanwhile may be lost."""
        self.is_alive = is_alive
        if self.is_closed.is_set():
            return
        for subject in list(self.subjects):
            if subject.set_alive(self.name, self._text, is_alive=is_alive):
                ENGINE.tell(subject, Kind.PUSH_BACK if is_alive else Kind.PUSH_LOST, error)
                ENGINE.run(subject, subject.machine.look_by_poll)


class Listeners:
    """The push sources of a process, by URI. Threads may share it; a forked child starts clean."""

    def __init__(self) -> None:
        self._start_clean()
        call_after_fork(self, Listeners._start_clean)

    def _start_clean(self) -> None:
        self._listeners: dict[str, _Listener] = {}  # guarded by LISTENERS

    def add(self, text: str, subject: Subject) -> Callable[[], None]:
        """Let a subject listen to a source; return what ends that.

        Raises:
            ConfigurationError: the URI is wrong.
            ProviderNotInstalledError: its package is missing.
            ProviderUnavailableError: no thread could be started.
        """
        with LISTENERS:
            listener = self._listeners.get(text)
            if listener is None:
                name = SourceURI.parse(text).scheme
                listener = _Listener(change_source_for(text), name, text)
                if not spawn(listener.run, name):
                    listener.source.close()
                    raise no_thread()
                self._listeners[text] = listener
            listener.subjects[subject] = None
        if listener.is_alive:  # else its next try tells
            subject.set_alive(listener.name, text, is_alive=True)
        return lambda: self._remove(text, subject)

    def _remove(self, text: str, subject: Subject) -> None:
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
