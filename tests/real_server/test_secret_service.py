"""A real Secret Service: written by secret-tool and read by us, the reverse, and when it fails."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import threading
from contextlib import closing, contextmanager

import keyring
import pytest
from support import caught, token
from waiting import PATIENCE, timed, wait_for_calls

from binance_creds import Secret, SourceURI, load_credentials
from binance_creds.diagnosis import Finding, Severity, diagnose
from binance_creds.errors import (
    ConfigurationError,
    MalformedSecretError,
    ProviderUnavailableError,
    SecretNotFoundError,
)
from binance_creds.providers import Deadline
from binance_creds.providers.keychain._items import replaced, values_of
from binance_creds.providers.keychain.keyring import KeyringProvider
from binance_creds.testing import StoreContract, assert_no_leak, watch_for_leaks

pytestmark = pytest.mark.real_server

MAIN = "keyring://binance/main"
KEY, SECRET, CANARY = token(), token(), token()
PAIR = {"api_key": KEY, "api_secret": SECRET}
DOCUMENT = json.dumps(PAIR)
SESSION = "/org/freedesktop/secrets/collection/session"  # kept in memory, beside `login`


def provider(uri: str = MAIN) -> KeyringProvider:
    return KeyringProvider(SourceURI.parse(uri))


def fetch(uri: str = MAIN, seconds: float = 20) -> dict[str, str]:
    raw = provider(uri).fetch(Deadline(seconds))
    return {field: secret.reveal() for field, secret in raw.fields.items()}


def failure(uri: str = MAIN, seconds: float = 20) -> BaseException:
    return caught(provider(uri).fetch, Deadline(seconds))


def secrets(fields: dict[str, str]) -> dict[str, Secret]:
    return {name: Secret(text) for name, text in fields.items()}


def store(uri: str = MAIN, *, expected: str | None = None, **fields: str) -> str | None:
    return provider(uri).store(
        secrets(fields or PAIR), Deadline(PATIENCE), expected_version=expected
    )


class TestContract(StoreContract):
    """Obeys every law."""

    @pytest.fixture(autouse=True)
    def _service(self, secret_service) -> None:
        self.service = secret_service

    def open(self, uri):
        return KeyringProvider(uri)

    def write(self, fields):
        self.service.put(json.dumps(fields), "service", "binance", "username", "main")
        return MAIN

    def missing(self):
        return "keyring://binance/nobody"

    def malformed(self):
        self.service.put("{", "service", "binance", "username", "half")
        return "keyring://binance/half"


@pytest.mark.parametrize("name", ["username", "account"])
def test_an_item_of_secret_tool_is_found_by_either_attribute(secret_service, name) -> None:
    """People write `username` as keyring does, or `account` as the keychain of macOS does."""
    secret_service.put(DOCUMENT, "service", "binance", name, "main")
    assert fetch() == PAIR


def test_credentials_load_from_what_secret_tool_wrote(secret_service) -> None:
    """And say which backend answered."""
    secret_service.put(DOCUMENT, "service", "binance", "username", "main")
    creds = load_credentials(MAIN)
    assert creds.api_key == Secret(KEY)
    assert creds.origin == "keyring:binance/main (SecretService Keyring)"


def test_one_item_a_field_is_read(secret_service) -> None:
    """A newline that echo adds does not count."""
    secret_service.put(f"{KEY}\n", "service", "binance", "username", "api-key")
    secret_service.put(f"{SECRET}\n", "service", "binance", "username", "api-secret")
    assert load_credentials("keyring://binance").api_secret == Secret(SECRET)


def test_the_layout_of_security_is_read(secret_service) -> None:
    """One service a field, as on macOS."""
    secret_service.put(KEY, "service", "binance-api-key", "account", "binance")
    secret_service.put(SECRET, "service", "binance-api-secret", "account", "binance")
    assert fetch("keyring://binance?layout=security") == PAIR


def test_an_item_in_another_collection_is_found(secret_service) -> None:
    """keyring alone looks into the default collection only."""
    secret_service.put(DOCUMENT, "service", "binance", "username", "main", collection=SESSION)
    assert keyring.get_password("binance", "main") is None
    assert fetch() == PAIR


def test_a_preferred_collection_is_the_only_one(secret_service) -> None:
    """It is keyring's own setting, KEYRING_PROPERTY_PREFERRED_COLLECTION."""
    keyring.set_keyring(keyring.get_keyring().with_properties(preferred_collection=SESSION))
    secret_service.put(DOCUMENT, "service", "binance", "username", "main")
    assert isinstance(failure(), SecretNotFoundError)
    secret_service.put(DOCUMENT, "service", "binance", "username", "main", collection=SESSION)
    assert fetch() == PAIR


def test_twins_that_differ_are_refused(secret_service) -> None:
    """`keyring set` after `secret-tool store` makes a second item; keyring reads either."""
    secret_service.put(CANARY, "service", "binance", "username", "main")
    keyring.set_password("binance", "main", DOCUMENT)
    assert keyring.get_password("binance", "main") in {CANARY, DOCUMENT}  # whichever comes first
    error = failure()
    assert isinstance(error, MalformedSecretError)
    assert error.reason == "ambiguous"
    assert_no_leak(CANARY, error)
    assert_no_leak(SECRET, error)
    secret_service.tool(*error.hint.rpartition(": secret-tool ")[2].split())
    assert isinstance(failure(), SecretNotFoundError)


def test_twins_that_agree_are_fine(secret_service) -> None:
    """It does not matter which is read."""
    secret_service.put(DOCUMENT, "service", "binance", "username", "main")
    keyring.set_password("binance", "main", DOCUMENT)
    assert fetch() == PAIR


def test_what_we_store_secret_tool_reads(secret_service) -> None:
    """One item with JSON, under the attributes of keyring."""
    version = store()
    assert (
        json.loads(secret_service.tool("lookup", "service", "binance", "username", "main")) == PAIR
    )
    assert provider().fetch(Deadline(PATIENCE)).version == version


def test_a_stored_field_is_one_item(secret_service) -> None:
    """And the items that the new version does not have are gone."""
    version = store("keyring://binance", api_key="old", private_key="old too")
    store("keyring://binance", expected=version)
    assert secret_service.tool("lookup", "service", "binance", "username", "api-key") == KEY
    assert fetch("keyring://binance") == PAIR


@pytest.mark.parametrize("name", ["username", "account"])
def test_storing_replaces_what_secret_tool_wrote(secret_service, name) -> None:
    """In its own item: no old twin stays to be read by somebody else."""
    secret_service.put(
        '{"api_key": "old", "api_secret": "older"}', "service", "binance", name, "main"
    )
    assert "has changed" in str(caught(store))
    store(expected=provider().fetch(Deadline(PATIENCE)).version)
    assert fetch() == PAIR
    assert json.loads(secret_service.tool("lookup", "service", "binance", name, "main")) == PAIR
    assert secret_service.tool("search", "--all", "service", "binance").count("secret = ") == 1


def test_what_is_absent_is_not_found(secret_service) -> None:
    """With the command that stores it."""
    error = failure()
    assert type(error) is SecretNotFoundError
    assert "keyring set binance main" in str(error)


def test_bytes_that_are_not_text_are_malformed(secret_service) -> None:
    """Not absent, and not shown."""
    import secretstorage

    with closing(secretstorage.dbus_init()) as connection:
        attributes = {"service": "binance", "username": "main"}
        secretstorage.Collection(connection).create_item("x", attributes, b"\xff" + CANARY.encode())
    error = failure()
    assert isinstance(error, MalformedSecretError)
    assert_no_leak(CANARY, error)


@pytest.mark.parametrize("is_there", [True, False])
def test_a_locked_collection_is_never_absence(secret_service, is_there) -> None:
    """Nothing here can show a prompt; the hint says how to unlock."""
    if is_there:
        secret_service.put(CANARY, "service", "binance", "username", "main")
    secret_service.lock()
    error = failure()
    assert type(error) is ProviderUnavailableError
    assert "locked" in str(error)
    assert "gnome-keyring-daemon --unlock" in str(error)
    assert_no_leak(CANARY, error)


def test_a_locked_collection_is_not_asked_for_what_another_holds(secret_service) -> None:
    """No prompt for nothing."""
    secret_service.put(DOCUMENT, "service", "binance", "username", "main", collection=SESSION)
    secret_service.lock()
    assert fetch() == PAIR


def test_a_locked_collection_takes_nothing(secret_service) -> None:
    """Told before anything is written."""
    secret_service.lock()
    error = caught(store)
    assert type(error) is ProviderUnavailableError
    assert "locked" in str(error)
    assert_no_leak(SECRET, error)


@contextmanager
def prompter():
    """Own the name of the program that shows prompts, and never answer."""
    from jeepney import message_bus
    from jeepney.io.blocking import Proxy, open_dbus_connection

    with closing(open_dbus_connection()) as connection:
        Proxy(message_bus, connection).RequestName("org.gnome.keyring.SystemPrompter")
        yield
    wait_for_calls()


def test_a_prompt_that_nobody_answers_ends_with_the_deadline(secret_service) -> None:
    """A prompter is there, and no user; when it goes, the keychain is asked again."""
    secret_service.lock()
    with prompter():
        with timed() as took:
            error = failure(seconds=0.5)
        assert took.fair < 5
        assert "earlier call" in str(failure(seconds=1000))
    assert type(error) is ProviderUnavailableError
    assert "Answer its prompt" in str(error)
    assert "locked" in str(failure())


def test_a_daemon_that_dies_behind_its_prompt_does_not_block_for_ever(
    secret_service, monkeypatch
) -> None:
    """Nobody tells that the prompt ended."""
    module = importlib.import_module("binance_creds.providers.keychain._secret_service")
    monkeypatch.setattr(module, "PROMPT", {"timeout": 1.0})
    secret_service.lock()
    with prompter():
        assert type(failure(seconds=0.2)) is ProviderUnavailableError
        secret_service.kill()
    assert "does not answer" in str(failure())


def ours() -> set[threading.Thread]:
    """The threads of calls; other tests' servers come and go."""
    return {one for one in threading.enumerate() if one.name.startswith("binance-creds")}


def test_a_hung_daemon_costs_one_deadline_and_one_thread(secret_service) -> None:
    """Over a hundred tries; and it is asked again once it answers."""
    secret_service.put(DOCUMENT, "service", "binance", "username", "main")
    assert fetch() == PAIR
    before = ours()
    with secret_service.stopped():
        with timed() as took:
            errors = [failure(seconds=0.5) for _ in range(100)]
        assert took.fair < 5
        assert len(ours() - before) == 1
    assert {type(error) for error in errors} == {ProviderUnavailableError}
    assert fetch() == PAIR


@pytest.mark.parametrize("hangs_at", ["reading", "writing"])
def test_a_store_that_hangs_past_its_deadline_is_undone(secret_service, hangs_at) -> None:
    """Its caller was told that nothing was stored."""
    old = {"api_key": token(), "api_secret": token()}
    it = provider("keyring://binance")
    version = store("keyring://binance", **old)
    keychain = it._members(Deadline(PATIENCE))[0]
    values = values_of(it._items, secrets(PAIR))

    def write():
        return it._bounded(
            keychain.name, lambda: replaced(keychain, values, deadline) or (), deadline
        )

    def read_and_write():
        return it.store(secrets(PAIR), deadline, expected_version=version)

    with secret_service.stopped():
        deadline = Deadline(0.5)
        error = caught(write if hangs_at == "writing" else read_and_write)
    assert type(error) is ProviderUnavailableError
    assert fetch("keyring://binance") == old
    assert_no_leak(SECRET, error)


def test_a_killed_daemon_is_unavailable(secret_service) -> None:
    """Not absent: a chain must not move on to an old file."""
    secret_service.put(DOCUMENT, "service", "binance", "username", "main")
    secret_service.kill()
    error = caught(load_credentials, [MAIN, "memory:never-asked"])
    assert type(error) is ProviderUnavailableError
    assert error.retryable


def test_a_bus_without_a_daemon_is_unavailable(bus) -> None:
    """Named explicitly, the backend is known; nobody answers for it."""
    error = run(bus, "print(type(caught(load, 'keyring://binance/main')).__name__)")
    assert error == "ConfigurationError"


def test_a_machine_without_a_bus_is_told_how_to_get_one(home) -> None:
    """keyring finds no backend; a retry would not help, and a chain must not move on."""
    text = run(home, "e = caught(load, 'keyring://binance/main'); print(type(e).__name__, e)")
    assert text.startswith(ConfigurationError.__name__)
    assert "dbus-run-session" in text


def test_the_recipe_for_machines_without_a_desktop_works(home) -> None:
    """Word for word as the hint and the documentation give it."""
    program = (
        "from binance_creds import Secret, SourceURI\n"
        "from binance_creds.providers import Deadline\n"
        "from binance_creds.providers.keychain.keyring import KeyringProvider\n"
        f"fields = {{'api_key': Secret({KEY!r}), 'api_secret': Secret({SECRET!r})}}\n"
        "uri = SourceURI.parse('keyring://binance/main')\n"
        f"KeyringProvider(uri).store(fields, Deadline({PATIENCE}))\n"
        "print(load(uri).origin)"
    )
    shell = 'printf "pw\\n" | gnome-keyring-daemon --unlock --components=secrets >&2; exec "$@"'
    origin = run(home, program, "dbus-run-session", "--", "sh", "-c", shell, "sh")
    assert origin == "keyring:binance/main (SecretService Keyring)"


def test_every_error_class_of_the_secret_service_is_mapped(programs) -> None:
    """A new one in a later version fails here first."""
    from secretstorage import exceptions

    from binance_creds.providers.keychain._errors import TABLE

    kinds = [kind for kind in vars(exceptions).values() if isinstance(kind, type)]
    assert {f"{kind.__module__}.{kind.__qualname__}" for kind in kinds} <= TABLE.rows.keys()


def test_reading_shows_nothing_at_debug(secret_service) -> None:
    """Neither of ours nor of the libraries below."""
    secret_service.put(DOCUMENT, "service", "binance", "username", "main")
    for canary in PAIR.values():
        with watch_for_leaks(canary):
            raw = provider().fetch(Deadline(PATIENCE))
            store(expected=raw.version)
        assert_no_leak(canary, raw)


def run(environ: dict[str, str], program: str, *wrapper: str) -> str:
    """Run a program where keyring chooses its backend afresh; return what it prints."""
    prelude = (
        "from binance_creds import load_credentials as load\n"
        "def caught(call, *arguments):\n"
        "    try: call(*arguments)\n"
        "    except Exception as error: return error\n"
    )
    command = [*wrapper, sys.executable, "-c", prelude + program]
    # keyrings.alt would join a chain; what is tested here is keyring's own choice.
    done = subprocess.run(command, env=environ, capture_output=True, timeout=60, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def problems_of(source: str) -> list[Finding]:
    found = diagnose(source, is_offline=True, timeout_seconds=5)
    return [one for one in found if one.severity is Severity.PROBLEM]


def test_doctor_names_a_locked_keychain_and_how_to_unlock_it(secret_service) -> None:
    secret_service.put(DOCUMENT, "service", "binance", "username", "main")
    secret_service.lock()
    problem = problems_of(MAIN)[0]
    assert "locked" in problem.text
    assert "unlock" in (problem.fix or "").lower()
    assert CANARY not in str(problem)
