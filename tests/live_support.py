"""What tests of live credentials share: a store that a test controls, and waiting without sleep."""

from __future__ import annotations

import importlib.metadata
import os
import threading
from dataclasses import dataclass, field
from datetime import datetime

from support import pair
from waiting import PATIENCE, wait_for

from binance_creds import Secret
from binance_creds.errors import ProviderUnavailableError, SecretNotFoundError
from binance_creds.providers import RawSecret, Unchanged
from binance_creds.providers._registry import SOURCES


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def inside(live):
    """Return what runs behind a handle.

    Here alone tests of the engine reach into it: a fetch under way, somebody who waits or the time
    of the next look are nothing that a user sees, and what they must wait for.
    """
    return live._subject


def answers_of(live):
    """Return what answers the rejections of a handle; for its clock, and its lock after a fork."""
    return live._rejections


def threads(name: str = "binance-creds") -> list[str]:
    return [one.name for one in threading.enumerate() if one.name.startswith(name)]


def settle_threads() -> None:
    """Wait until threads that end with their work have ended."""
    wait_for(
        lambda: (
            not any(
                threads(f"binance-creds {what}") for what in ("fetch", "hook", "events", "status")
            )
        )
    )


class Told:
    """A hook that remembers, and can be waited for."""

    def __init__(self) -> None:
        self.values: list = []
        self._changed = threading.Condition()

    def __call__(self, value) -> None:
        with self._changed:
            self.values.append(value)
            self._changed.notify_all()

    def wait(self, count: int = 1) -> list:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.values) >= count, PATIENCE), self.values
            return list(self.values)

    def wait_kind(self, kind, count: int = 1) -> None:
        def seen() -> bool:
            return sum(one.kind is kind for one in self.values) >= count

        with self._changed:
            assert self._changed.wait_for(seen, PATIENCE), (kind, self.values)

    @property
    def kinds(self) -> list:
        return [one.kind for one in self.values]


@dataclass
class Store:
    """A store whose answers, delays and errors a test sets; the scheme is `held`."""

    secrets: dict[str, tuple[int, dict[str, str]]] = field(default_factory=dict)
    error: Exception | None = None
    fetches: int = 0
    batches: list[int] = field(default_factory=list)
    named: list[str] = field(default_factory=list)
    inside: int = 0
    most_inside: int = 0
    opened: int = 0
    closed: int = 0
    logins: int = 0
    next_rotation_at: datetime | None = None
    batch_key: str | None = None

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()

    @property
    def still_open(self) -> int:
        return self.opened - self.closed

    def put(self, name: str, fields: dict[str, str] | None = None) -> dict[str, str]:
        fields = fields or pair()
        version = self.secrets.get(name, (0, {}))[0] + 1
        self.secrets[name] = (version, fields)
        return fields

    def hang(self) -> None:
        self.entered.clear()
        self.gate.clear()

    def read(self, name: str) -> RawSecret:
        with self._lock:
            self.fetches += 1
            self.inside += 1
            self.most_inside = max(self.most_inside, self.inside)
        self.entered.set()
        try:
            assert self.gate.wait(PATIENCE)
            if self.error is not None:
                raise self.error
            if name not in self.secrets:
                raise SecretNotFoundError("nothing is here.", source=f"held:{name}")
            version, fields = self.secrets[name]
            safe = {n: Secret(v) for n, v in fields.items()}
            return RawSecret(safe, origin=f"held:{name}", version=str(version))
        finally:
            with self._lock:
                self.inside -= 1

    def open(self, uri):
        uri.allow_options("version")
        return Held(self, uri)

    def load(self):
        """Stand for the entry point, as `importlib.metadata` gives it."""
        return self.open

    name = "held"


class Held:
    """The provider of a `Store`."""

    def __init__(self, store: Store, uri) -> None:
        self.store, self.uri = store, uri
        store.opened += 1

    @property
    def batch_key(self):
        return self.store.batch_key

    @property
    def is_pinned(self) -> bool:
        return self.uri.option("version") is not None

    def fetch(self, deadline, *, known_version=None):
        raw = self.store.read(self.uri.location)
        if raw.version == known_version:
            return Unchanged(known_version, self.store.next_rotation_at)
        return raw

    def fetch_version(self, version, deadline):
        self.store.named.append(version)
        return self.store.read(self.uri.location)

    def fetch_many(self, providers, deadline):
        self.store.batches.append(len(providers))
        return [self.store.read(one.uri.location) for one in providers]

    def forget_login(self) -> None:
        self.store.logins += 1

    def close(self) -> None:
        self.store.closed += 1


def install(store: Store, monkeypatch) -> Store:
    """Publish the store's scheme, without the milliseconds that looking for packages takes."""
    real = importlib.metadata.entry_points

    def entry_points(**wanted):
        return [store] if wanted == {"group": SOURCES.group} else real(**wanted)

    monkeypatch.setattr(importlib.metadata, "entry_points", entry_points)
    return store


def down() -> ProviderUnavailableError:
    return ProviderUnavailableError("the store is down.", source="held:a")
