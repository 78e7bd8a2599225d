"""Listen to push sources: one thread for each, for all live handles that name it."""

from __future__ import annotations

import importlib
import os
import threading
from random import uniform
from typing import TYPE_CHECKING, Final, NamedTuple

from binance_creds._uri import SourceURI
from binance_creds.errors import (
    ConfigurationError,
    CredentialsError,
    ProviderNotInstalledError,
    ProviderUnavailableError,
)
from binance_creds.live._engine import ENGINE
from binance_creds.live._lock import LISTENERS
from binance_creds.live._outcomes import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from binance_creds.live._change_source import Announcement, ChangeSource
    from binance_creds.live._keeper import Keeper

__all__ = ["Listeners", "change_source_for", "is_about"]

WAIT_SECONDS: Final = 20.0  # the longest that SQS allows
FIRST_WAIT_SECONDS: Final = 1.0  # until it is known whether the source can be listened to
FIRST_PAUSE_SECONDS: Final = 1.0
LONGEST_PAUSE_SECONDS: Final = 60.0


class _Row(NamedTuple):
    module: str
    kind: str
    requires: tuple[str, ...] = ()
    extra: str | None = None


_BUILT_IN: Final = {
    "pubsub": _Row("pubsub", "PubSubAnnouncements", ("google.cloud", "google"), "pubsub"),
    "redis": _Row("redis", "RedisAnnouncements", ("redis",), "redis"),
    "rediss": _Row("redis", "RedisAnnouncements", ("redis",), "redis"),
    "signal": _Row("sighup", "SignalAnnouncements"),
    "sqs": _Row("sqs", "SqsAnnouncements", ("boto3", "botocore"), "aws"),
    "storage-queue": _Row("event_grid", "EventGridAnnouncements", ("azure",), "azure-queue"),
}


def change_source_for(text: str) -> ChangeSource:
    """Build the push source of a URI.

    Raises:
        ConfigurationError: the scheme is unknown, or an option is wrong.
        ProviderNotInstalledError: with the `pip install` line of the missing extra.
    """
    uri = SourceURI.parse(text)
    row = _BUILT_IN.get(uri.scheme)
    if row is None:
        msg = f"no push source has this scheme; there are {', '.join(sorted(_BUILT_IN))}."
        raise ConfigurationError(msg)
    module = None
    try:
        module = importlib.import_module(f"binance_creds.live.{row.module}")
    except ModuleNotFoundError as error:
        if not any(f"{error.name}.".startswith(f"{name}.") for name in row.requires):
            raise
    if module is None:
        raise ProviderNotInstalledError(
            f"the package that {uri.scheme!r} needs is not installed.",
            source=uri.redacted,
            hint=f"Run: pip install 'binance-creds[{row.extra}]'",
        )
    kind: Callable[[SourceURI], ChangeSource] = getattr(module, row.kind)
    return kind(uri)


def is_about(announcement: Announcement, uri: SourceURI) -> bool:
    """Return whether an announcement may be about a source; in doubt it is."""
    schemes = {"openbao": "vault"}
    scheme = schemes.get(uri.scheme, uri.scheme)
    if (
        announcement.scheme is not None
        and schemes.get(announcement.scheme, announcement.scheme) != scheme
    ):
        return False
    if announcement.name is None:
        return True
    if scheme == "azure-kv":  # names of Key Vault know no case
        return announcement.name.casefold() == uri.location.rpartition("/")[2].casefold()
    return announcement.name in _names_of(uri, scheme)


def _names_of(uri: SourceURI, scheme: str) -> tuple[str, ...]:
    """Return what the secret's own name may be, as `Announcement.name` has it."""
    location = uri.location
    if scheme == "aws-sm" and location.startswith("arn:"):
        # With AWS's suffix, a dash and six characters, or without it and of a name that ends so.
        name = location.split(":", 6)[-1]
        head, _, tail = name.rpartition("-")
        return (name, head) if len(tail) == 6 and tail.isalnum() else (name,)  # noqa: PLR2004  # as above
    if scheme == "gcp-sm":
        parts = location.split("/")
        return (parts[parts.index("secrets") + 1] if "secrets" in parts[:-1] else parts[-1],)
    return (location.strip("/"),)


class _Listener:
    """One push source and the keepers that listen to it."""

    def __init__(self, source: ChangeSource, name: str, text: str) -> None:
        self.source, self.name, self._text = source, name, text
        self.keepers: dict[Keeper, None] = {}
        self.is_closed = threading.Event()
        self._pause = 0.0
        self.is_alive = False

    def run(self) -> None:
        """Wait and pass on until closed; an unreachable source is tried again, ever less often."""
        while not self.is_closed.is_set():
            announcements = self._waited()
            if isinstance(announcements, CredentialsError):
                self._mark(is_alive=False, error=announcements)
                self._pause = min(
                    LONGEST_PAUSE_SECONDS,
                    uniform(FIRST_PAUSE_SECONDS, max(FIRST_PAUSE_SECONDS, self._pause * 3)),  # noqa: S311  # spreads retries
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
        """Make every keeper that it may be about look."""
        for keeper in list(self.keepers):
            if any(is_about(announcement, uri) for uri in keeper.sources()):
                ask = keeper.machine.ask
                version = announcement.version if announcement.name is not None else None
                ENGINE.run(keeper, lambda now, a=ask, v=version: a(now, announced=v))  # type: ignore[misc]  # bound now

    def _mark(self, *, is_alive: bool, error: CredentialsError | None = None) -> None:
        """Tell the keepers what is news; what was announced meanwhile may be lost."""
        self.is_alive = is_alive
        if self.is_closed.is_set():
            return
        for keeper in list(self.keepers):
            if keeper.set_alive(self.name, self._text, is_alive=is_alive):
                ENGINE.tell(keeper, Kind.PUSH_BACK if is_alive else Kind.PUSH_LOST, error)
                ENGINE.run(keeper, keeper.machine.look_by_poll)


class Listeners:
    """The push sources of a process, by URI. Threads may share it; a forked child starts clean."""

    def __init__(self) -> None:
        self._start_clean()
        if hasattr(os, "register_at_fork"):  # pragma: no branch  # absent on Windows only
            os.register_at_fork(after_in_child=self._start_clean)

    def _start_clean(self) -> None:
        self._listeners: dict[str, _Listener] = {}  # guarded by LISTENERS

    def add(self, text: str, keeper: Keeper) -> Callable[[], None]:
        """Let a keeper listen to a source; return what ends that.

        Raises:
            ConfigurationError: the URI is wrong.
            ProviderNotInstalledError: its package is missing.
        """
        with LISTENERS:
            listener = self._listeners.get(text)
            if listener is None:
                name = SourceURI.parse(text).scheme
                listener = _Listener(change_source_for(text), name, text)
                self._listeners[text] = listener
                thread = threading.Thread(
                    target=listener.run, name=f"binance-creds {name}", daemon=True
                )
                thread.start()
            listener.keepers[keeper] = None
        if listener.is_alive:  # else its next try tells
            keeper.set_alive(listener.name, text, is_alive=True)
        return lambda: self._remove(text, keeper)

    def _remove(self, text: str, keeper: Keeper) -> None:
        with LISTENERS:
            listener = self._listeners.get(text)
            if listener is None:
                return
            listener.keepers.pop(keeper, None)
            if listener.keepers:
                return
            del self._listeners[text]
        listener.is_closed.set()
        listener.source.close()
