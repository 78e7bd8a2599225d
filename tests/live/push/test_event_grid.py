"""Announcements in a storage queue: what an event says, what goes wrong, and how a wait ends."""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import trustme
from waiting import LONG, PATIENCE, beside, timed, wait_for, wait_until_it_waits

sys.path.insert(0, str(Path(__file__).parent))  # for queue_server.py
sys.path.insert(0, str(Path(__file__).parents[2] / "providers" / "azure"))  # for the login

from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError
from azure.storage.queue import QueueClient
from azure_server import LOGIN, TENANT, FakeAzure
from fault_proxy import refusing_address
from queue_server import ACCOUNT, QUEUE, QueueServer
from support import caught, plain_environ, token

from binance_creds import SourceURI
from binance_creds.errors import (
    AccessDeniedError,
    AuthenticationError,
    ClosedError,
    ConfigurationError,
    ProviderUnavailableError,
    ThrottledError,
)
from binance_creds.live import Announcement, ChangeSource
from binance_creds.providers import Deadline
from binance_creds.providers.azure._storage_queue import _announcements as event_grid
from binance_creds.providers.azure._storage_queue import _queue as queues
from binance_creds.providers.azure._storage_queue._name import place_of
from binance_creds.providers.azure.storage_queue import EventGridAnnouncements
from binance_creds.providers.remote import _retries
from binance_creds.testing import assert_no_leak, watch_for_leaks

CANARY = token()  # in messages, bodies, headers, and as the account's key
VERSION = "ec96f02080254f109c51a1f14cdb1931"
DATA = {
    "Id": f"https://my-vault.vault.azure.net/secrets/binance/{VERSION}", "VaultName": "my-vault",
    "ObjectType": "Secret", "ObjectName": "binance", "Version": VERSION, "NBF": None, "EXP": 1,
}  # fmt: skip
CREATED = "Microsoft.KeyVault.SecretNewVersionCreated"
NAMED = Announcement("azure-kv", "binance", VERSION)
UNNAMED = Announcement("azure-kv", "binance")


def event_grid_form(kind: str = CREATED, data: object = DATA) -> dict[str, object]:
    return {
        "id": "00eccf70-95a7-4e7c-8299-2eb17ee9ad64", "topic": "/subscriptions/x", "data": data,
        "subject": "binance", "eventType": kind, "eventTime": "2026-11-21T08:00:00Z",
        "dataVersion": "1", "metadataVersion": "1",
    }  # fmt: skip


def cloud_event(kind: str = CREATED, data: object = DATA) -> dict[str, object]:
    return {
        "id": "00eccf70", "source": "/subscriptions/x", "specversion": "1.0", "type": kind,
        "subject": "binance", "time": "2026-11-21T08:00:00Z", "data": data,
    }  # fmt: skip


def plain(event: object) -> str:
    return json.dumps(event)


def encoded(event: object) -> str:
    return base64.b64encode(json.dumps(event).encode()).decode()


@pytest.fixture(autouse=True)
def _alone(monkeypatch) -> None:
    """No client or variable of another test; the login is this machine; short pauses."""
    for name in list(os.environ):
        if name.upper().startswith(("AZURE_", "IDENTITY_", "MSI_", "IMDS_")):
            monkeypatch.delenv(name)
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "https_proxy", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(_retries, "FIRST_PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(event_grid, "FIRST_PAUSE_SECONDS", 0.02)
    monkeypatch.setattr(event_grid, "LONGEST_PAUSE_SECONDS", 0.05)
    queues.CLIENTS.clear()
    resolve = socket.getaddrinfo

    def local(host, *args, **kwargs):
        return resolve("127.0.0.1" if host == LOGIN else host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", local)


@pytest.fixture(scope="module")
def login_server():
    running = FakeAzure()
    yield running
    running.close()


@pytest.fixture
def azure(login_server, tmp_path, monkeypatch) -> FakeAzure:
    """The login, trusted, with a client of which the environment knows the secret."""
    login_server.reset()
    bundle = tmp_path / "ca.pem"
    login_server.ca.cert_pem.write_to_path(bundle)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    client_id, secret = login_server.client()
    monkeypatch.setenv("AZURE_TENANT_ID", TENANT)
    monkeypatch.setenv("AZURE_CLIENT_ID", client_id)
    monkeypatch.setenv("AZURE_CLIENT_SECRET", secret)
    return login_server


@pytest.fixture
def server(azure):
    running = QueueServer(azure)
    yield running
    running.close()


@pytest.fixture
def source(server, monkeypatch) -> EventGridAnnouncements:
    """Listening by the account's key."""
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", key_of(server.account))
    return source_at(server.account, "auth=connection-string")


def key_of(account: str) -> str:
    key = base64.b64encode(CANARY.encode()).decode()
    return f"AccountName={ACCOUNT};AccountKey={key};QueueEndpoint={account};"


def uri_of(account: str, options: str) -> SourceURI:
    return SourceURI.parse(f"storage-queue:{account}/{QUEUE}?{options}")


def source_at(account: str, options: str) -> EventGridAnnouncements:
    return EventGridAnnouncements(uri_of(account, options))


def logged_in(server: QueueServer, more: str = "") -> EventGridAnnouncements:
    return source_at(server.account, f"auth=secret&authority={server.azure.authority}{more}")


def test_it_is_a_change_source(source) -> None:
    """By its two methods."""
    assert isinstance(source, ChangeSource)


@pytest.mark.parametrize("body", [plain, encoded])
@pytest.mark.parametrize("form", [event_grid_form, cloud_event])
@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (CREATED, NAMED),
        ("Microsoft.KeyVault.SecretNearExpiry", UNNAMED),
        ("Microsoft.KeyVault.SecretExpired", UNNAMED),
    ],
)
def test_each_event_is_announced_in_each_form(server, source, body, form, kind, told) -> None:
    """With the version only where it is the one to read now."""
    server.put(body(form(kind)))
    assert (told,) == source.wait(PATIENCE)
    assert server.messages == {}


def test_a_list_of_events_and_small_letters_are_understood(server, source) -> None:
    """As Event Grid sends to some other receivers, and as older samples have it."""
    small = {name[0].lower() + name[1:]: value for name, value in DATA.items()}
    server.put(plain([event_grid_form(data=small), event_grid_form(data=DATA | {"Version": "1"})]))
    assert (NAMED, NAMED._replace(version="1")) == source.wait(PATIENCE)


@pytest.mark.parametrize("version", [None, 7, "", "../x", "a" * 65])
def test_a_version_of_another_form_is_left_out(server, source, version) -> None:
    """The secret is announced nevertheless."""
    server.put(plain(event_grid_form(data=DATA | {"Version": version})))
    assert (UNNAMED,) == source.wait(PATIENCE)


POISON = {
    "empty": "",
    "text": f"{CANARY} {{",
    "base64 of text": base64.b64encode(CANARY.encode()).decode(),
    "half an event": plain(event_grid_form())[:40],
    "nested": "[" * 90_000,
    "a number": "7",
    "a list of numbers": "[7]",
    "no data": plain({"eventType": CREATED, "note": CANARY}),
    "data that is text": plain(event_grid_form(data=CANARY)),
    "no type": plain({"data": DATA}),
    "a type that is a list": plain(event_grid_form(kind=[CREATED])),
    "a type of keys": plain(event_grid_form("Microsoft.KeyVault.KeyNewVersionCreated")),
    "another type": plain(cloud_event("Microsoft.EventGrid.SubscriptionDeletedEvent")),
    "no name": plain(event_grid_form(data={"Version": VERSION})),
    "a name that is none": plain(event_grid_form(data=DATA | {"ObjectName": f"../{CANARY}"})),
    "a name that is a number": plain(event_grid_form(data=DATA | {"ObjectName": 7})),
    "huge": plain(event_grid_form(data=DATA | {"more": "x" * 100_000})),
}


@pytest.mark.parametrize("name", POISON)
def test_what_says_nothing_of_a_secret_is_deleted_and_dropped(server, source, name) -> None:
    """So it does not come again; the wait goes on to the next message."""
    server.put(POISON[name])
    threading.Timer(0.05, server.put, [plain(event_grid_form())]).start()
    with watch_for_leaks(CANARY):
        assert (NAMED,) == source.wait(10)
    assert server.messages == {}


def test_duplicates_and_disorder_are_fine(server, source) -> None:
    """Told once an answer, in the order they came."""
    older = event_grid_form(data=DATA | {"Version": "0"})
    for event in (event_grid_form(), older, cloud_event(), event_grid_form()):
        server.put(encoded(event))
    assert (NAMED, NAMED._replace(version="0")) == source.wait(PATIENCE)
    assert server.messages == {}


def test_what_was_deleted_already_is_no_error(server, source) -> None:
    """It was hidden for longer than the minute, and came again."""
    server.faults["DELETE"].append((404, "MessageNotFound", {}, ""))
    server.faults["DELETE"].append((400, "PopReceiptMismatch", {}, ""))
    server.put(plain(event_grid_form()))
    server.put(plain(event_grid_form()))
    assert (NAMED,) == source.wait(PATIENCE)
    assert source.wait(0.1) == ()


def test_a_deletion_that_fails_is_told_by_the_next_wait(server, source) -> None:
    """What was heard is passed on, and comes again."""
    server.faults["DELETE"].append((403, "AuthorizationPermissionMismatch", {}, CANARY))
    server.put(plain(event_grid_form()))
    server.put(plain(event_grid_form(data=DATA | {"ObjectName": "other"})))
    with watch_for_leaks(CANARY):
        assert (NAMED, NAMED._replace(name="other")) == source.wait(PATIENCE)
        error = caught(source.wait, PATIENCE)
    assert type(error) is AccessDeniedError
    assert_no_leak(CANARY, error)
    assert len(server.messages) == 2
    server.hidden.clear()
    assert source.wait(PATIENCE)
    assert server.messages == {}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("storage-queue:account/queue", "the URL of a queue"),
        ("storage-queue:https://a.queue.core.windows.net/UPPER", "the URL of a queue"),
        ("storage-queue:https://a.queue.core.windows.net/a/b/c", "the URL of a queue"),
        ("storage-queue:https://a.queue.core.windows.net/bot?sig=x", "valid options of"),
        ("storage-queue:https://a.queue.core.windows.net/bot?auth=key", "must be one of"),
        ("storage-queue:https://a/bot?auth=managed&tenant_id=x", "cannot honour 'tenant_id'"),
        ("storage-queue:https://a/bot?auth=connection-string&client_id=x", "cannot honour"),
        ("storage-queue:https://a/bot?client_id=a/b", "not valid in Azure"),
        ("storage-queue:http://a/bot", "not sent over http"),
    ],
)
def test_a_wrong_source_is_refused(text, says) -> None:
    """When it is built, without a request."""
    error = caught(EventGridAnnouncements, SourceURI.parse(text))
    assert isinstance(error, ConfigurationError)
    assert says in str(error)


@pytest.mark.parametrize(
    ("suffix", "authority"),
    [
        ("core.windows.net", None),
        ("core.chinacloudapi.cn", "https://login.chinacloudapi.cn"),
        ("core.usgovcloudapi.net", "https://login.microsoftonline.us"),
    ],
)
def test_the_suffix_of_the_account_chooses_the_login(suffix, authority) -> None:
    """Each national cloud has its own."""
    place = place_of(uri_of(f"https://a.queue.{suffix}", "auth=cli"))
    assert place.login.authority == authority


@pytest.mark.parametrize("auth", ["default", "managed", "secret"])
def test_no_logger_of_a_login_is_too_late_to_be_silenced(auth) -> None:
    """The SDK makes some with its first client, and then says too much through them."""
    code = f"""if True:
        import logging
        from binance_creds import SourceURI
        from binance_creds.providers.azure.storage_queue import EventGridAnnouncements
        from binance_creds.errors import CredentialsError
        queue = "https://localhost:1/account/events"
        it = EventGridAnnouncements(SourceURI.parse(f"storage-queue:{{queue}}?auth={auth}"))
        before = set(logging.root.manager.loggerDict)
        try:
            it.wait(60)
        except CredentialsError:
            pass
        late = set(logging.root.manager.loggerDict) - before
        print(sorted(name for name in late if name.startswith(("azure.", "msal."))))
    """
    login = {f"AZURE_{name}": "x" for name in ("TENANT_ID", "CLIENT_ID", "CLIENT_SECRET")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=plain_environ(**login),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout == "[]\n", done.stderr


def test_a_login_is_made_once_and_used(server) -> None:
    """A token for storage, with every request."""
    source = logged_in(server)
    server.put(plain(event_grid_form()))
    assert (NAMED,) == source.wait(PATIENCE)
    assert source.wait(0.1) == ()
    assert server.azure.requests["tokens"] == 1


def test_a_token_that_is_revoked_is_made_anew(server) -> None:
    """Within the same wait."""
    source = logged_in(server)
    assert source.wait(0.05) == ()
    server.azure.tokens.clear()
    server.put(plain(event_grid_form()))
    assert (NAMED,) == source.wait(PATIENCE)


def test_a_wrong_client_secret_is_told(server, monkeypatch) -> None:
    """By the way of this login."""
    monkeypatch.setenv("AZURE_CLIENT_SECRET", CANARY)
    with watch_for_leaks(CANARY):
        error = caught(logged_in(server).wait, PATIENCE)
    assert type(error) is AuthenticationError
    assert "AZURE_CLIENT_SECRET" in str(error)
    assert_no_leak(CANARY, error)


def test_a_login_server_that_fails_is_a_passing_fault(server) -> None:
    """Though azure-identity calls it a refused login."""
    server.azure.fail("login", *[(500, {}, CANARY)] * 20)
    error = caught(logged_in(server).wait, PATIENCE)
    assert type(error) is ProviderUnavailableError
    assert_no_leak(CANARY, error)


def test_a_login_server_that_is_not_there_is_a_passing_fault(server) -> None:
    """As above."""
    host = refusing_address()
    error = caught(source_at(server.account, f"auth=secret&authority={host}").wait, PATIENCE)
    assert type(error) is ProviderUnavailableError


def test_a_metadata_server_that_is_not_ready_is_a_passing_fault(server, monkeypatch) -> None:
    """It is asked until the deadline of the request."""
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", f"http://{refusing_address()}")
    error = caught(source_at(server.account, "auth=managed").wait, 0.1)
    assert type(error) is ProviderUnavailableError
    assert "metadata server" in str(error)


def test_no_login_at_all_is_told(server, monkeypatch) -> None:
    """The tool is not installed."""
    monkeypatch.setenv("PATH", "/nowhere")
    error = caught(source_at(server.account, "auth=cli").wait, PATIENCE)
    assert type(error) is AuthenticationError
    assert "az login" in str(error)


def test_a_certificate_that_is_none_is_told(server, monkeypatch, tmp_path) -> None:
    """Of the login."""
    path = tmp_path / "bot.pem"
    path.write_text(f"-----BEGIN {CANARY}")
    monkeypatch.setenv("AZURE_CLIENT_CERTIFICATE_PATH", str(path))
    source = source_at(server.account, f"auth=certificate&authority={server.azure.authority}")
    error = caught(source.wait, PATIENCE)
    assert type(error) is ConfigurationError
    assert_no_leak(CANARY, error)


@pytest.mark.parametrize(
    ("text", "kind", "says"),
    [
        ("", AuthenticationError, "AZURE_STORAGE_CONNECTION_STRING"),
        (CANARY, ConfigurationError, "not usable"),
        (key_of("https://elsewhere/botaccount"), ConfigurationError, "another account"),
    ],
    ids=["none", "no pairs", "another account"],
)
def test_a_connection_string_must_fit(source, monkeypatch, text, kind, says) -> None:
    """It is read when it is needed, and never shown."""
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", text)
    with watch_for_leaks(CANARY):
        error = caught(source.wait, PATIENCE)
    assert type(error) is kind
    assert says in str(error)
    assert_no_leak(CANARY, error)


@pytest.mark.parametrize(
    ("status", "code", "kind", "says"),
    [
        (404, "QueueNotFound", ConfigurationError, "no such queue"),
        (409, "QueueBeingDeleted", ConfigurationError, "no such queue"),
        (404, "", ProviderUnavailableError, "not from the queue service"),
        (403, "AuthenticationFailed", AuthenticationError, "does not accept this login"),
        (401, "InvalidAuthenticationInfo", AuthenticationError, "does not accept this login"),
        (401, "", ProviderUnavailableError, "not from the queue service"),
        (403, "AuthorizationPermissionMismatch", AccessDeniedError, "Message Processor"),
        (403, "AuthorizationFailure", AccessDeniedError, "firewall"),
        (403, "KeyBasedAuthenticationNotPermitted", AccessDeniedError, "no keys"),
        (400, "InvalidHeaderValue", ConfigurationError, "invalid"),
        (302, "", ProviderUnavailableError, "answer (HTTP 302) is not from"),
        (500, "InternalError", ProviderUnavailableError, "internal error (HTTP 500)"),
        (503, "ServerBusy", ThrottledError, "fewer requests"),
        (429, "", ThrottledError, "fewer requests"),
    ],
)
def test_each_refusal_has_its_class(server, source, status, code, kind, says) -> None:
    """Nothing of the answer is in it; the same object hears the next message."""
    body = f"<Error><Code>{code}</Code><Message>{CANARY}</Message></Error>"
    headers = {"Location": f"https://localhost/{CANARY}", "x-ms-request-id": CANARY}
    server.faults["GET"] = [(status, code, headers, body)] * 8
    with watch_for_leaks(CANARY):
        error = caught(source.wait, PATIENCE)
    assert type(error) is kind
    assert says in str(error)
    assert f"/{QUEUE}" in str(error)
    assert error.__context__ is None
    assert_no_leak(CANARY, error)
    server.faults["GET"] = []
    server.put(plain(event_grid_form()))
    assert (NAMED,) == source.wait(PATIENCE)


def test_a_delay_that_the_account_asks_for_is_told(server, source) -> None:
    """In seconds."""
    server.faults["GET"].append((503, "ServerBusy", {"Retry-After": "77"}, ""))
    error = caught(source.wait, PATIENCE)
    assert error.retry_after_seconds == 77


PORTAL = f"<html><body>{CANARY}</body></html>"  # which is XML


@pytest.mark.parametrize(
    "body",
    [f"!{CANARY}", f"<QueueMessagesList>{CANARY}", PORTAL, "<Error/>", '{"status": "ok"}'],
    ids=["no XML", "half of it", "a page", "another document", "JSON"],
)
def test_an_answer_that_is_not_of_a_queue_is_a_passing_fault(server, source, body) -> None:
    """A captive portal."""
    server.faults["GET"] = [(200, "", {}, body)] * 8
    error = caught(source.wait, PATIENCE)
    assert type(error) is ProviderUnavailableError
    assert "not from the queue service" in str(error)
    assert_no_leak(CANARY, error)


def test_a_dead_server_is_unavailable_and_heard_again_when_it_is_back(server, source) -> None:
    """On the same object, at the next wait."""
    assert source.wait(0.05) == ()
    server.close()
    assert type(caught(source.wait, PATIENCE)) is ProviderUnavailableError
    again = QueueServer(server.azure, server.port)
    again.put(plain(event_grid_form()))
    assert (NAMED,) == source.wait(PATIENCE)
    again.close()


def test_a_certificate_that_is_not_trusted_is_no_passing_fault(
    server, source, monkeypatch, tmp_path
) -> None:
    """Somebody may be in between."""
    trustme.CA().cert_pem.write_to_path(tmp_path / "other.pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "other.pem"))
    error = caught(source.wait, PATIENCE)
    assert type(error) is ConfigurationError
    assert "not signed by a CA that this machine trusts" in str(error)
    assert "the connection may be intercepted" in error.hint


def test_a_missing_bundle_is_told(source, monkeypatch) -> None:
    """As a matter of this machine."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/ca.pem")
    error = caught(source.wait, PATIENCE)
    assert type(error) is ConfigurationError
    assert "REQUESTS_CA_BUNDLE" in error.hint


def test_the_timeout_is_respected(server, source) -> None:
    """The queue is asked between the pauses only."""
    with timed() as took:
        assert source.wait(0.3) == ()
    assert took.wall > 0.25
    assert took.fair < 5
    assert 1 <= server.requests["GET"] <= 9


def test_the_pauses_hold_from_wait_to_wait(server, source, monkeypatch) -> None:
    """So short waits cost no more than long ones; the pause grows up to its limit."""
    monkeypatch.setattr(event_grid, "LONGEST_PAUSE_SECONDS", 40)
    source._pause_seconds = 30
    for _ in range(20):
        assert source.wait(0.001) == ()
    assert server.requests["GET"] == 1
    assert source._pause_seconds == 40


def test_a_message_resets_the_pause(server, source) -> None:
    """The next one is looked for at once."""
    source._pause_seconds = 0.05
    server.put(plain(event_grid_form()))
    assert (NAMED,) == source.wait(PATIENCE)
    assert source._pause_seconds == 0.02
    server.put(plain(event_grid_form()))
    assert (NAMED,) == source.wait(0.001)


def test_close_ends_a_wait_of_another_thread(server, source, monkeypatch) -> None:
    """Without an error; afterwards a wait says what is wrong."""
    monkeypatch.setattr(event_grid, "LONGEST_PAUSE_SECONDS", 20)
    source._pause_seconds = 20
    waiting = beside(lambda: source.wait(LONG))
    wait_for(lambda: source._next_at)
    source.close()
    assert waiting.result(PATIENCE) == ()
    source.close()
    assert isinstance(caught(source.wait, 1), ClosedError)


def test_close_ends_a_wait_for_a_server_that_hangs(server, source) -> None:
    """As soon as any other; the request is left to its own end."""
    server.delays.set()
    waiting = beside(lambda: source.wait(LONG))
    wait_for(lambda: server.requests["GET"])
    source.close()
    assert waiting.result(PATIENCE) == ()
    assert source._heard(Deadline(PATIENCE)) == queues.NOTHING
    assert server.requests["GET"] == 1


def test_a_forked_child_listens_by_itself(server, source) -> None:
    """As a child sees it: a number of its own, and nothing that may be locked for ever."""
    source._answers.put(queues.NOTHING)  # of the parent
    source._pid = 0
    server.put(plain(event_grid_form()))
    assert (NAMED,) == source.wait(PATIENCE)
    source._pid = 0
    source.close()
    source._pid = 0
    assert isinstance(caught(source.wait, 1), ClosedError)


def test_a_process_without_threads_is_told(source, monkeypatch) -> None:
    """As a passing fault."""

    def refuse(self) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert type(caught(source.wait, PATIENCE)) is ProviderUnavailableError


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (ssl.SSLEOFError(8, "EOF occurred in violation of protocol"), ProviderUnavailableError),
        (ServiceRequestError(CANARY), ProviderUnavailableError),
        (KeyError(CANARY), ProviderUnavailableError),
        (ClientAuthenticationError(CANARY), AuthenticationError),
    ],
    ids=lambda value: type(value).__name__,
)
def test_rare_faults_have_their_class(fault, kind) -> None:
    """A connection that is cut in the handshake; a fault of the SDK."""
    error = queues.refusal_of(
        fault, place_of(uri_of("https://a.queue.core.windows.net", "auth=cli"))
    )
    assert type(error) is kind
    assert_no_leak(CANARY, error)


@pytest.fixture(scope="module")
def azurite():
    """Microsoft's emulator; the account URL of its queue service."""
    command = [shutil.which("azurite-queue")]
    if command[0] is None:
        pytest.skip("not installed: azurite-queue (npm install azurite)")
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    command += ["--queuePort", str(port), "--inMemoryPersistence", "--disableTelemetry", "--silent"]
    command += ["--skipApiVersionCheck"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        wait_for(lambda: process.poll() is not None or listens(port), "the start of azurite")
        assert process.poll() is None
        yield f"http://127.0.0.1:{port}/devstoreaccount1"
        process.terminate()
        process.wait(PATIENCE)


def listens(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


# Published by Microsoft for the emulator: "Use the Azurite emulator", well-known account and key.
EMULATOR_KEY = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)


@pytest.fixture
def real(azurite, monkeypatch):
    """A queue in Azurite, and a listener at it."""
    text = f"AccountName=devstoreaccount1;AccountKey={EMULATOR_KEY};QueueEndpoint={azurite};"
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", text)
    queue = QueueClient.from_connection_string(text, QUEUE)
    queue.create_queue()
    yield queue, source_at(azurite, "auth=connection-string")
    queue.delete_queue()
    queue.close()


@pytest.mark.real_server
def test_azurite_gives_what_was_put(real) -> None:
    """In each form, among poison; nothing stays."""
    queue, source = real
    texts = [*POISON.values()]
    texts.remove(POISON["huge"])  # the service takes 64 KiB
    texts.remove(POISON["nested"])
    texts.remove(POISON["empty"])
    texts += [plain(event_grid_form()), encoded(cloud_event("Microsoft.KeyVault.SecretExpired"))]
    for text in texts:
        queue.send_message(text)
    with watch_for_leaks(CANARY):
        assert (NAMED, UNNAMED) == source.wait(PATIENCE)
        assert source.wait(0.1) == ()
    assert list(queue.peek_messages(32)) == []


@pytest.mark.real_server
def test_azurite_refuses_a_wrong_key(real, azurite, monkeypatch) -> None:
    """As the real service does."""
    text = f"AccountName=devstoreaccount1;AccountKey={CANARY}==;QueueEndpoint={azurite};"
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", text)
    error = caught(source_at(azurite, "auth=connection-string").wait, PATIENCE)
    assert type(error) is AuthenticationError
    assert_no_leak(CANARY, error)


@pytest.mark.real_server
def test_azurite_has_no_such_queue(real, azurite) -> None:
    """And says so by its code."""
    uri = SourceURI.parse(f"storage-queue:{azurite}/no-such-queue?auth=connection-string")
    error = caught(EventGridAnnouncements(uri).wait, PATIENCE)
    assert type(error) is ConfigurationError
    assert "no such queue" in str(error)


@pytest.mark.real_server
def test_a_message_ends_a_wait_for_azurite(real) -> None:
    """At the next question."""
    queue, source = real
    waiting = beside(lambda: source.wait(LONG))
    wait_until_it_waits(waiting)
    queue.send_message(encoded(cloud_event()))
    assert (NAMED,) == waiting.result(PATIENCE)
