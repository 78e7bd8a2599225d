"""The keychain provider over keyring's own extension point: backends."""

from __future__ import annotations

import fcntl
import json
import os
import threading

import keyring
import pytest
from keyring import errors
from keyring.backend import KeyringBackend
from keyring.backends import chainer, fail, null
from support import caught, new_key, token
from waiting import PATIENCE, wait_for

from binance_creds import KeyType, Secret, SourceURI, load_credentials
from binance_creds._raw import VALUE
from binance_creds.errors import (
    AccessDeniedError,
    ConfigurationError,
    ConflictError,
    CredentialsWarning,
    MalformedSecretError,
    ProviderUnavailableError,
    SecretNotFoundError,
)
from binance_creds.providers import Deadline, Diagnose, Store
from binance_creds.providers.keychain.keyring import KeyringProvider
from binance_creds.testing import StoreContract, assert_no_leak

KEY, SECRET = token(), token()


class Items(KeyringBackend):
    """A backend that keeps its items in memory and can be told to fail."""

    priority = 0.1

    def __init__(self) -> None:
        super().__init__()
        self._items: dict[tuple[str, str], str] = {}
        self.error: Exception | None = None
        self.fails_on: str | None = None
        self.reads_left: int | None = None
        self.gate = threading.Event()
        self.gate.set()

    def get_password(self, service, username):
        self.gate.wait(20)
        if self.error is not None:
            raise self.error
        if self.reads_left is not None:
            self.reads_left -= 1
            if self.reads_left < 0:
                raise ConnectionResetError
        return self._items.get((service, username))

    def set_password(self, service, username, password):
        if username == self.fails_on:
            raise errors.PasswordSetError(password)
        self._items[service, username] = "garbled" if self.fails_on == "garble" else password

    def delete_password(self, service, username):
        del self._items[service, username]


@pytest.fixture(autouse=True)
def backend():
    before = keyring.get_keyring()
    items = Items()
    keyring.set_keyring(items)
    yield items
    items.gate.set()
    keyring.set_keyring(before)


def fetch(source: str, seconds: float = PATIENCE) -> dict[str, str]:
    raw = KeyringProvider(SourceURI.parse(source)).fetch(Deadline(seconds))
    return {name: secret.reveal() for name, secret in raw.fields.items()}


def store(source: str, *, expected: str | None = None, **fields: str) -> str | None:
    provider = KeyringProvider(SourceURI.parse(source))
    secrets = {name: Secret(text) for name, text in fields.items()}
    return provider.store(secrets, Deadline(PATIENCE), expected_version=expected)


class TestKeyring(StoreContract):
    """Obeys every law, written as one item of JSON."""

    source = "keyring://contract/main"

    def open(self, uri):
        return KeyringProvider(uri)

    version: str | None = None  # of what this test wrote

    def write(self, fields):
        self.version = store(self.source, expected=self.version, **fields)
        return self.source

    def missing(self):
        return "keyring://nothing/here"

    def malformed(self):
        keyring.set_password("contract", "bad", "{")
        return "keyring://contract/bad"


class TestItems(TestKeyring):
    """Obeys every law, one item a field."""

    source = "keyring://contract"


class TestSecurityLayout(TestKeyring):
    """Obeys every law, in the layout of macOS's `security`."""

    source = "keyring://contract?layout=security"


def test_it_says_which_backend_it_asks(backend) -> None:
    """Or why that cannot be read."""
    provider = KeyringProvider(SourceURI.parse("keyring://nothing/here"))
    assert isinstance(provider, Diagnose)
    told = provider.diagnose(Deadline(PATIENCE), poll_seconds=60)
    assert (f"this user's, at {backend.name}", {"read": True}, 1440, 0.0) == told
    backend.error = errors.KeyringLocked("locked")
    error = caught(provider.diagnose, Deadline(PATIENCE), poll_seconds=60)
    assert ProviderUnavailableError is type(error)
    assert error.source == "keyring:nothing/here"


def test_it_says_what_is_special_on_macos(backend, monkeypatch) -> None:
    monkeypatch.setattr(type(backend), "name", "macOS Keyring")
    it = KeyringProvider(SourceURI.parse("keyring://s/x"))
    with pytest.warns(CredentialsWarning, match="deletes the item before"):
        it.diagnose(Deadline(PATIENCE), poll_seconds=60)


def test_each_layout_has_its_items(backend) -> None:
    """As people write them with other tools."""
    keyring.set_password("one", "main", json.dumps({"apiKey": KEY, "secret": SECRET}))
    for name, text in (("api-key", KEY), ("api-secret", SECRET), ("environment", "testnet")):
        keyring.set_password("many", name, text)
    keyring.set_password("mac-api-key", "mac", KEY)
    keyring.set_password("mac-api-secret", "mac", SECRET)
    pair = {"api_key": KEY, "api_secret": SECRET}
    assert fetch("keyring://one/main") == fetch("keyring://mac?layout=security") == pair
    assert fetch("keyring://many") == {**pair, "environment": "testnet"}
    keyring.set_password("one", "pem", new_key(KeyType.ED25519).private_key_pem)
    assert list(fetch("keyring://one/pem")) == [VALUE]


def test_the_origin_names_the_backend() -> None:
    """So that explain() tells which keychain answered."""
    store("keyring://o/x", api_key=KEY, api_secret=SECRET)
    assert load_credentials("keyring://o/x").origin == "keyring:o/x (test keyring Items)"


@pytest.mark.parametrize(
    "source", ["keyring:", "keyring:///", "keyring://a?layout=odd", "keyring://a?nope=1"]
)
def test_a_wrong_source_is_refused_at_once(source) -> None:
    """No keychain is asked."""
    assert isinstance(caught(KeyringProvider, SourceURI.parse(source)), ConfigurationError)


@pytest.mark.parametrize("unusable", [null.Keyring, fail.Keyring])
def test_backends_that_keep_nothing_are_refused(unusable) -> None:
    """With the way out for machines without a desktop; a chain must not move on."""
    keyring.set_keyring(unusable())
    error = caught(fetch, "keyring://a/b")
    assert isinstance(error, ConfigurationError)
    assert "dbus-run-session" in error.hint


def plaintext() -> KeyringBackend:
    """Make a backend that lives where keyrings.alt keeps its plaintext ones."""
    kind = type("PlaintextKeyring", (Items,), {"__module__": "keyrings.alt.file", "priority": 0.05})
    return kind()


@pytest.mark.parametrize("is_chained", [False, True])
def test_plaintext_backends_are_refused_unless_allowed(is_chained, monkeypatch) -> None:
    """Also behind a chain of backends."""
    backend = plaintext()
    if is_chained:
        chain = chainer.ChainerBackend()
        monkeypatch.setattr(chainer.ChainerBackend, "backends", [backend])
        keyring.set_keyring(chain)
    else:
        keyring.set_keyring(backend)
    error = caught(fetch, "keyring://a/b")
    assert isinstance(error, AccessDeniedError)
    assert "readable on disk" in str(error)
    assert isinstance(caught(fetch, "keyring://a/b?allow_plaintext=true"), SecretNotFoundError)


def test_a_backend_can_be_named(monkeypatch) -> None:
    """By its class or its module; an unknown one lists the usable."""
    named = Items()
    named.set_password("a", "b", SECRET)
    monkeypatch.setattr(
        "binance_creds.providers.keychain._keyring.get_all_keyring", lambda: [named]
    )
    for name in ("test_keyring", f"{Items.__module__}.Items"):
        assert fetch(f"keyring://a/b?backend={name}") == {VALUE: SECRET}
    assert "usable: " in str(caught(fetch, "keyring://a/b?backend=nope"))
    monkeypatch.setattr(chainer.ChainerBackend, "backends", [])
    nothing = [null.Keyring(), fail.Keyring(), chainer.ChainerBackend()]
    monkeypatch.setattr(
        "binance_creds.providers.keychain._keyring.get_all_keyring", lambda: nothing
    )
    assert "usable: none" in str(caught(fetch, "keyring://a/b?backend=nope"))


ROWS = {
    "NoKeyringError": (errors.NoKeyringError(SECRET), ConfigurationError),
    "KeyringLocked": (errors.KeyringLocked(SECRET), ProviderUnavailableError),
    "InitError": (errors.InitError(SECRET), ProviderUnavailableError),
    "PasswordSetError": (errors.PasswordSetError(SECRET), AccessDeniedError),
    "PasswordDeleteError": (errors.PasswordDeleteError(SECRET), AccessDeniedError),
    "KeyringError": (errors.KeyringError(SECRET), ProviderUnavailableError),
    "UnicodeDecodeError": (
        UnicodeDecodeError("utf-8", SECRET.encode(), 0, 1, "x"),
        MalformedSecretError,
    ),
    "an unknown one": (type("Odd", (Exception,), {})(SECRET), ProviderUnavailableError),
    "ours": (MalformedSecretError("x", reason="x"), MalformedSecretError),
    "ConnectionError": (ConnectionResetError(SECRET), ProviderUnavailableError),
}


@pytest.mark.parametrize(("raised", "kind"), ROWS.values(), ids=ROWS.keys())
def test_what_a_backend_raises_becomes_ours_and_leaks_nothing(backend, raised, kind) -> None:
    """Its text is not repeated, and it is not reachable from ours."""
    backend.error = raised
    error = caught(fetch, "keyring://a/b")
    assert type(error) is kind
    assert error.source == "keyring:a/b"
    assert (error.__cause__, error.__context__) == (None, None)
    assert_no_leak(SECRET, error)


def test_every_error_class_of_keyring_is_mapped() -> None:
    """A new one in a later version fails here first."""
    known = {
        name
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, Exception)
    }
    assert known <= ROWS.keys()


def test_a_prompt_that_nobody_answers_ends_with_the_deadline(backend) -> None:
    """With the way out, and without a second thread."""
    backend.gate.clear()
    for _ in range(3):
        error = caught(fetch, "keyring://a/b", 0.02)
        assert isinstance(error, ProviderUnavailableError)
        assert "dbus-run-session" in error.hint
    backend.gate.set()
    wait_for(lambda: isinstance(caught(fetch, "keyring://a/b"), SecretNotFoundError))


def test_it_can_store_and_gives_the_version_that_it_reads_later() -> None:
    """The `Store` capability."""
    provider = KeyringProvider(SourceURI.parse("keyring://s/x"))
    assert isinstance(provider, Store)
    version = store("keyring://s/x", api_key=KEY, api_secret=SECRET)
    assert version == provider.fetch(Deadline(PATIENCE)).version


@pytest.mark.parametrize("source", ["keyring://s/x", "keyring://s", "keyring://s?layout=security"])
def test_only_the_version_that_was_read_is_replaced(backend, source) -> None:
    """Nor is anything written over where nothing was read."""
    old, new = {"api_key": KEY, "api_secret": SECRET}, {"api_key": token(), "api_secret": token()}
    assert "has changed" in str(caught(store, source, expected="content-0", **new))
    assert backend._items == {}
    first = store(source, **old)
    for other in (None, "content-0"):
        error = caught(store, source, expected=other, **new)
        assert type(error) is ConflictError
        assert error.source.startswith("keyring:s")
        assert "has changed" in str(error)
        assert_no_leak(SECRET, error)
    assert old == fetch(source)
    second = store(source, expected=first, **new)
    assert "has changed" in str(caught(store, source, expected=first, **old))
    assert second == KeyringProvider(SourceURI.parse(source)).fetch(Deadline(PATIENCE)).version


@pytest.mark.parametrize("source", ["keyring://s/x", "keyring://s", "keyring://s?layout=security"])
def test_only_the_version_that_was_read_is_erased(backend, source) -> None:
    it = KeyringProvider(SourceURI.parse(source))
    version = store(source, api_key=KEY, api_secret=SECRET)
    for other in (None, "content-0"):
        error = caught(it.erase, Deadline(PATIENCE), expected_version=other)
        assert type(error) is ConflictError
    it.erase(Deadline(PATIENCE), expected_version=version)
    assert backend._items == {}


def test_a_writer_waits_for_another_program_and_not_for_ever(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    locked = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(locked, fcntl.LOCK_EX)
    it = KeyringProvider(SourceURI.parse("keyring://s/x"))
    fields = {"api_key": Secret(KEY), "api_secret": Secret(SECRET)}
    error = caught(it.store, fields, Deadline(0.05))
    assert isinstance(error, ProviderUnavailableError)
    assert error.source == "keyring:s/x"
    os.close(locked)
    it.store(fields, Deadline(PATIENCE))
    assert fetch("keyring://s/x") == {"api_key": KEY, "api_secret": SECRET}


def test_what_is_there_in_another_spelling_has_the_version_that_is_read() -> None:
    """As `secret-tool` users write it."""
    keyring.set_password("s", "x", json.dumps({"apiKey": KEY, "secret": SECRET}))
    version = KeyringProvider(SourceURI.parse("keyring://s/x")).fetch(Deadline(PATIENCE)).version
    assert store("keyring://s/x", expected=version, api_key=KEY, api_secret=token())


def test_what_cannot_be_read_is_not_written_over() -> None:
    """Its version is not known, so nobody can have read it."""
    keyring.set_password("s", "x", "{")
    error = caught(store, "keyring://s/x", api_key=KEY, api_secret=SECRET)
    assert isinstance(error, MalformedSecretError)
    assert keyring.get_password("s", "x") == "{"


@pytest.mark.parametrize("had_before", [False, True])
@pytest.mark.parametrize("defect", ["api-secret", "garble"])
def test_a_failed_store_leaves_what_was_there(backend, had_before, defect) -> None:
    """Never half a pair; the secret that was refused is not shown."""
    old = {"api_key": token(), "api_secret": token()}
    version = store("keyring://pair", **old) if had_before else None
    before = dict(backend._items)
    backend.fails_on = defect
    if defect == "garble":
        original = backend.set_password

        def once(service, username, password):
            original(service, username, password)
            backend.fails_on = None

        backend.set_password = once
    error = caught(store, "keyring://pair", expected=version, api_key=KEY, api_secret=SECRET)
    assert isinstance(error, AccessDeniedError | ProviderUnavailableError)
    assert before == backend._items
    assert_no_leak(SECRET, error)
    assert_no_leak(KEY, error)


def macos(status: int) -> errors.KeyringError:
    """Make what the backend of macOS raises."""
    error = errors.KeyringError("Can't fetch password from system")
    error.__cause__ = OSError(status, "Unknown Error")
    return error


@pytest.mark.parametrize(
    ("status", "kind", "says"),
    [
        (-25308, ProviderUnavailableError, "is locked"),
        (-128, ProviderUnavailableError, "was dismissed or denied"),
        (-25293, AccessDeniedError, "refused this program"),
        (-1, ProviderUnavailableError, "returned an error"),
    ],
)
def test_the_statuses_of_macos_are_told_apart(backend, status, kind, says) -> None:
    """No prompt possible, the user pressed Deny, refused, anything else."""
    backend.error = macos(status)
    error = caught(fetch, "keyring://a/b")
    assert type(error) is kind
    assert says in str(error)


def test_an_item_that_is_too_large_for_windows_is_told(backend) -> None:
    """It was called a keychain that failed, with the advice to check its daemon."""
    error = type("error", (Exception,), {"winerror": 1783})(1783, "CredWrite", SECRET)
    backend.error = error
    told = caught(store, "keyring://a/b", api_key=KEY, private_key=SECRET)
    assert type(told) is ConfigurationError
    assert "1,280 characters" in str(told)
    assert_no_leak(SECRET, told)


@pytest.mark.parametrize("source", ["keyring://a/b?layout=security", "keyring://a#member"])
def test_options_that_a_layout_cannot_use_are_refused(source) -> None:
    """At once."""
    assert isinstance(caught(KeyringProvider, SourceURI.parse(source)), ConfigurationError)


def test_what_cannot_be_stored_is_refused() -> None:
    """A member, no field, a field of nobody; one value is fine."""
    assert "cannot be stored" in str(caught(store, "keyring://a/b#m", api_key=KEY))
    for fields in ({}, {"other": KEY}):
        assert "can be stored" in str(caught(store, "keyring://a/b", **fields))
    store("keyring://a/b", value=KEY)
    assert fetch("keyring://a/b") == {VALUE: KEY}


def test_a_new_version_deletes_what_it_does_not_have(backend) -> None:
    """An old secret must not stay with a new key."""
    version = store("keyring://pair", api_key=KEY, api_secret=SECRET)
    store("keyring://pair", expected=version, api_key=KEY, private_key="pem")
    assert fetch("keyring://pair") == {"api_key": KEY, "private_key": "pem"}


@pytest.mark.parametrize("reads", [0, 7, 14, 16, 19])
def test_a_keychain_that_dies_while_storing_is_told(backend, reads) -> None:
    """Twice before, while reading back, while putting back, and at the very end."""
    version = store("keyring://pair", api_key=KEY, api_secret=SECRET)
    backend.reads_left = reads
    new = {"api_key": token(), "api_secret": token()}
    error = caught(store, "keyring://pair", expected=version, **new)
    assert isinstance(error, ProviderUnavailableError)


def test_a_store_that_takes_too_long_is_undone(backend) -> None:
    """The caller has been told that nothing was stored."""
    from binance_creds.providers.keychain._items import Item, replaced
    from binance_creds.providers.keychain._keyring import BackendItems
    from binance_creds.testing import FakeClock

    clock = FakeClock()
    deadline = Deadline(1, clock=clock)
    clock.advance(2)
    items = BackendItems(backend)
    error = replaced(items, {Item("api_key", "late", "api-key"): Secret(KEY)}, deadline)
    assert isinstance(error, ProviderUnavailableError)
    assert "there again" in error.hint
    assert backend._items == {}


def test_a_backend_that_cannot_be_loaded_is_named(monkeypatch) -> None:
    """PYTHON_KEYRING_BACKEND may name anything."""

    def fail_to_load():
        raise ImportError

    monkeypatch.setattr(
        "binance_creds.providers.keychain._keyring.keyring.get_keyring", fail_to_load
    )
    assert "PYTHON_KEYRING_BACKEND" in str(caught(fetch, "keyring://a/b"))


def test_a_chain_of_nothing_is_no_keychain(monkeypatch) -> None:
    """It would answer "absent" to everything."""
    monkeypatch.setattr(chainer.ChainerBackend, "backends", [])
    keyring.set_keyring(chainer.ChainerBackend())
    assert isinstance(caught(fetch, "keyring://a/b"), ConfigurationError)


def test_an_encrypting_backend_of_keyrings_alt_is_fine() -> None:
    """Not all of that package is plaintext."""
    kind = type("EncryptedKeyring", (Items,), {"__module__": "keyrings.alt.file", "priority": 0.04})
    keyring.set_keyring(kind())
    assert isinstance(caught(fetch, "keyring://a/b"), SecretNotFoundError)


def test_a_hint_runs_nothing_that_a_source_names() -> None:
    """A source may be of a file that was merely found, and a command of a hint is pasted."""
    assert "keyring set '$(touch ran)' 'a;b'" in str(caught(fetch, "keyring://$(touch ran)/a;b"))
