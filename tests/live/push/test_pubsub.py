"""Announcements through Pub/Sub: what a message says, what goes wrong, and how a wait ends."""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path

import grpc
import pytest
import trustme
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from waiting import LONG, PATIENCE, beside, timed

sys.path.insert(0, str(Path(__file__).parent))  # for pubsub_server.py

import google.auth.exceptions
from fault_proxy import refusing_address
from pubsub_server import SECRET, PubSubServer
from support import caught, token

from binance_creds import SourceURI
from binance_creds.errors import (
    AccessDeniedError,
    AuthenticationError,
    ClosedError,
    ConfigurationError,
    CredentialsError,
    ProviderUnavailableError,
    ThrottledError,
)
from binance_creds.live import Announcement, ChangeSource
from binance_creds.providers.google._pubsub import _listener as pubsub
from binance_creds.providers.google.pubsub import PubSubAnnouncements
from binance_creds.testing import assert_no_leak, watch_for_leaks

Code = grpc.StatusCode
CANARY = token()  # in messages, and in the texts of the server's errors
ADDED = {"eventType": "SECRET_VERSION_ADD", "secretId": SECRET, "versionId": f"{SECRET}/versions/7"}
NAMED = Announcement("gcp-sm", "binance", "7")


@pytest.fixture
def server():
    running = PubSubServer()
    yield running
    running.close()


@pytest.fixture
def source(server):
    made = source_at(server.port)
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch) -> None:
    monkeypatch.setattr(pubsub, "PAUSE_SECONDS", 0.02)


def source_at(port: int, more: str = "") -> PubSubAnnouncements:
    text = f"pubsub://my-project/bot?endpoint=http://localhost:{port}{more}"
    return PubSubAnnouncements(SourceURI.parse(text))


def test_it_is_a_change_source(source) -> None:
    """By its two methods."""
    assert isinstance(source, ChangeSource)


@pytest.mark.parametrize(
    ("event", "version"),
    [
        ("SECRET_VERSION_ADD", "7"),
        ("SECRET_VERSION_ENABLE", "7"),
        ("SECRET_VERSION_DISABLE", None),
        ("SECRET_VERSION_DESTROY", None),
        ("SECRET_UPDATE", None),
        ("SECRET_DELETE", None),
    ],
)
@pytest.mark.parametrize("where", ["", "/locations/europe-west3"])
def test_each_event_is_announced(server, source, event, version, where) -> None:
    """With the version only where it is the one to read now."""
    secret = SECRET.replace("/secrets/", f"{where}/secrets/")
    server.publish(
        json.dumps({"name": secret}).encode(),
        eventType=event,
        secretId=secret,
        versionId=f"{secret}/versions/7",
        dataFormat="JSON_API_V1",
    )
    assert (Announcement("gcp-sm", "binance", version),) == source.wait(PATIENCE)
    assert server.left == 0


@pytest.mark.parametrize(
    "named", ["", "7", "/versions/", f"{SECRET}/versions/latest", f"{SECRET}x/versions/7"]
)
def test_a_version_of_another_form_is_left_out(server, source, named) -> None:
    """The secret is announced nevertheless."""
    server.publish(**ADDED | {"versionId": named})
    assert (Announcement("gcp-sm", "binance"),) == source.wait(PATIENCE)


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"eventType": "SECRET_ROTATE", "secretId": SECRET},
        {"eventType": "SECRET_CREATE", "secretId": SECRET},
        {"eventType": "TOPIC_CONFIGURED"},
        {"secretId": SECRET},
        {"eventType": "SECRET_UPDATE", "secretId": f"projects/1/secrets/{'a' * 256}"},
        {"eventType": "SECRET_UPDATE", "secretId": f"{SECRET}/versions/7"},
        {"eventType": "SECRET_UPDATE", "secretId": CANARY},
    ],
)
def test_what_says_nothing_of_a_secret_is_acknowledged_and_dropped(
    server, source, attributes
) -> None:
    """So it does not come again; the wait goes on to the next message."""
    server.publish(CANARY.encode() * 20, **attributes)
    threading.Timer(0.05, server.publish, kwargs=ADDED).start()
    with watch_for_leaks(CANARY):
        assert (NAMED,) == source.wait(10)
    assert server.left == 0


def test_a_huge_message_is_acknowledged_and_dropped(server, source) -> None:
    """Above gRPC's default of 4 MiB: refusing it would block the subscription for ever."""
    server.publish(b"x" * 5_000_000, eventType="OTHER")
    server.publish(**ADDED)
    assert (NAMED,) == source.wait(PATIENCE)
    assert server.left == 0


def test_duplicates_and_disorder_are_fine(server, source) -> None:
    """Told once an answer, in the order they came."""
    older = ADDED | {"versionId": f"{SECRET}/versions/6"}
    for attributes in (ADDED, older, ADDED, ADDED):
        server.publish(**attributes)
    assert (NAMED, Announcement("gcp-sm", "binance", "6")) == source.wait(PATIENCE)


def test_the_full_name_of_a_subscription_is_taken(server) -> None:
    """As gcloud prints it."""
    server.publish(**ADDED)
    text = f"pubsub:projects/my-project/subscriptions/bot?endpoint=http://localhost:{server.port}"
    source = PubSubAnnouncements(SourceURI.parse(text))
    assert (NAMED,) == source.wait(PATIENCE)
    source.close()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("pubsub://my-project", "a project and a subscription"),
        ("pubsub://my-project/topics/bot", "a project and a subscription"),
        ("pubsub://my-project/bot?token=x", "valid options of 'pubsub'"),
        ("pubsub://my-project/bot?endpoint=ftp://x", "'endpoint' is a host"),
        ("pubsub://my-project/bot?endpoint=http://localhost:1&credentials_file=x", "no login"),
    ],
)
def test_a_wrong_source_is_refused(text, says) -> None:
    """When it is built, without a request."""
    error = caught(PubSubAnnouncements, SourceURI.parse(text))
    assert isinstance(error, ConfigurationError)
    assert says in str(error)


@pytest.mark.parametrize("holds", [True, False])
def test_the_timeout_is_respected(server, source, holds) -> None:
    """Whether the service holds the request or answers with nothing."""
    server.holds = holds
    with timed() as took:
        assert source.wait(0.3) == ()
    assert took.wall > 0.25
    assert took.fair < 5


def test_a_timeout_of_nothing_asks_once(server, source) -> None:
    """And blocks no longer than that takes."""
    assert source.wait(0) == ()


def test_a_message_ends_a_wait(server, source) -> None:
    """At once, not at the end of a slice."""
    waiting = beside(lambda: source.wait(LONG))
    server.await_request("Pull", 1)
    server.publish(**ADDED)
    assert (NAMED,) == waiting.result(PATIENCE)


def test_close_ends_a_wait_of_another_thread(server, source) -> None:
    """Without an error; afterwards a wait says what is wrong."""
    waiting = beside(lambda: source.wait(LONG))
    server.await_request("Pull", 1)
    source.close()
    assert waiting.result(PATIENCE) == ()
    source.close()
    assert isinstance(caught(source.wait, 1), ClosedError)


def test_close_between_login_and_request_ends_a_wait(source, monkeypatch) -> None:
    """No channel is opened that nobody would close."""
    monkeypatch.setattr(source, "_headers", lambda deadline: source.close() or {})
    assert source.wait(PATIENCE) == ()
    assert source._client is None


@pytest.mark.parametrize(
    ("code", "text", "kind", "says"),
    [
        (Code.NOT_FOUND, "Resource not found", ConfigurationError, "no such subscription"),
        (Code.PERMISSION_DENIED, "not authorized", AccessDeniedError, "roles/pubsub.subscriber"),
        (Code.PERMISSION_DENIED, "SERVICE_DISABLED", ConfigurationError, "gcloud services enable"),
        (Code.UNAUTHENTICATED, "who", AuthenticationError, "does not accept this login"),
        (Code.FAILED_PRECONDITION, "push", ConfigurationError, "cannot be pulled from"),
        (Code.INVALID_ARGUMENT, "push", ConfigurationError, "cannot be pulled from"),
        (Code.RESOURCE_EXHAUSTED, "quota", ThrottledError, "fewer requests"),
        (Code.UNIMPLEMENTED, "what", ConfigurationError, "does not know this request"),
        (Code.UNAVAILABLE, "down", ProviderUnavailableError, "internal error"),
        (Code.INTERNAL, "oops", ProviderUnavailableError, "internal error"),
        (Code.CANCELLED, "gone", ProviderUnavailableError, "does not answer"),
    ],
)
def test_each_refusal_has_its_class(server, source, code, text, kind, says) -> None:
    """Nothing of the server's text is in it; the same object hears the next message."""
    server.faults["Pull"].append((code, f"{text} {CANARY}"))
    with watch_for_leaks(CANARY):
        error = caught(source.wait, PATIENCE)
    assert type(error) is kind
    assert says in str(error)
    assert "pubsub:my-project/bot" in str(error)
    assert error.__context__ is None
    assert_no_leak(CANARY, error)
    server.publish(**ADDED)
    assert (NAMED,) == source.wait(PATIENCE)


def test_the_servers_own_deadline_is_no_error(server, source) -> None:
    """There was nothing to tell."""
    server.faults["Pull"].append((Code.DEADLINE_EXCEEDED, "late"))
    server.publish(**ADDED)
    assert (NAMED,) == source.wait(PATIENCE)


def test_a_dead_server_is_unavailable_and_heard_again_when_it_is_back() -> None:
    """On the same object, at the next wait."""
    first = PubSubServer()
    source = source_at(first.port)
    first.publish(**ADDED)
    assert (NAMED,) == source.wait(PATIENCE)
    first.close()
    for _ in range(2):
        assert (
            type(beside(lambda: source.wait(LONG)).exception(PATIENCE)) is ProviderUnavailableError
        )
    second = PubSubServer(port=first.port)
    second.publish(**ADDED)
    assert (NAMED,) == source.wait(PATIENCE)
    source.close()
    second.close()


def test_an_acknowledgement_that_fails_is_told_by_the_next_wait(server, source) -> None:
    """What was heard is passed on, and comes again."""
    server.faults["Acknowledge"].append((Code.PERMISSION_DENIED, CANARY))
    server.publish(CANARY.encode(), **ADDED)
    with watch_for_leaks(CANARY):
        assert (NAMED,) == source.wait(PATIENCE)
        error = caught(source.wait, PATIENCE)
    assert type(error) is AccessDeniedError
    assert_no_leak(CANARY, error)
    assert server.left == 1
    server.redeliver()
    assert (NAMED,) == source.wait(PATIENCE)
    assert server.left == 0


def in_child(work) -> bytes:
    """Return what a forked child says; it must say it within ten seconds."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover  # measured in the parent only
        try:
            os.write(writer, repr(work()).encode())
        except BaseException as error:
            os.write(writer, repr(error).encode())
        os._exit(0)
    os.close(writer)
    timer = threading.Timer(10, os.kill, (child, 9))
    timer.start()
    with os.fdopen(reader, "rb") as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    timer.cancel()
    return said


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_opens_its_own_channel() -> None:
    """And leaves its parent's alone; the server is in another process, as gRPC's must be."""
    import subprocess

    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import pubsub_server as p;"
        "s = p.PubSubServer(); [s.publish(eventType='SECRET_UPDATE', secretId=p.SECRET)];"
        "print(s.port, flush=True);"
        "[s.publish(eventType='SECRET_UPDATE', secretId=p.SECRET) for _ in sys.stdin]"
    )
    command = [sys.executable, "-c", code, str(Path(__file__).parent)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as one:
        source = source_at(int(one.stdout.readline()))
        updated = (Announcement("gcp-sm", "binance"),)
        assert updated == source.wait(PATIENCE)
        print(file=one.stdin, flush=True)
        said = in_child(lambda: (source.wait(PATIENCE), source.close()))
        print(file=one.stdin, flush=True)
        again = source.wait(PATIENCE)
        source.close()
        one.stdin.close()
    assert repr((updated, None)) == said.decode()
    assert updated == again


def test_what_was_open_before_a_fork_is_left_alone(server, source) -> None:
    """As a child sees it: a number of its own, and nothing that may be locked for ever."""
    server.publish(**ADDED)
    assert (NAMED,) == source.wait(PATIENCE)
    before, lock = source._client, source._lock
    lock.acquire()
    source._pid = 0
    server.publish(**ADDED)
    assert (NAMED,) == source.wait(PATIENCE)
    after = source._client
    assert before in source._inherited
    assert after is not before
    source._pid = 0
    source.close()
    assert isinstance(caught(source.wait, 1), ClosedError)
    source._pid = 0
    assert isinstance(caught(source.wait, 1), ClosedError)
    for client in (before, after):
        client.transport.close()


@pytest.fixture(scope="module")
def ca():
    return trustme.CA()


@pytest.fixture
def tls_server(ca, monkeypatch):
    """A server behind TLS, trusted; gRPC reads its own variable once in a process only."""
    certificate = ca.issue_cert("localhost")
    pair = certificate.private_key_pem.bytes(), certificate.cert_chain_pems[0].bytes()
    credentials, roots = grpc.ssl_channel_credentials, ca.cert_pem.bytes()
    monkeypatch.setattr(grpc, "ssl_channel_credentials", lambda: credentials(roots))
    running = PubSubServer(grpc.ssl_server_credentials([pair]))
    yield running
    running.close()


@pytest.fixture
def key_file(tmp_path) -> str:
    """The JSON file of a service account; its tokens are made without a request."""
    key = rsa.generate_private_key(65537, 1024)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path = tmp_path / "key.json"
    info = {
        "type": "service_account", "client_email": "bot@my-project.iam.gserviceaccount.com",
        "private_key": pem.decode(), "private_key_id": CANARY, "token_uri": "https://localhost:1",
    }  # fmt: skip
    path.write_text(json.dumps(info))
    return str(path)


def logged_in(server, path: str) -> PubSubAnnouncements:
    text = f"pubsub://my-project/bot?endpoint=localhost:{server.port}&credentials_file={path}"
    return PubSubAnnouncements(SourceURI.parse(text))


def test_a_service_account_logs_in_by_its_file(tls_server, key_file) -> None:
    """Every request carries a token; a refused one is made anew at the next wait."""
    source = logged_in(tls_server, key_file)
    tls_server.publish(**ADDED)
    assert (NAMED,) == source.wait(PATIENCE)
    assert all(one.startswith("Bearer ") for one in tls_server.authorizations)
    tls_server.faults["Pull"].append((Code.UNAUTHENTICATED, CANARY))
    tls_server.publish(**ADDED)
    with watch_for_leaks(CANARY):
        error = caught(source.wait, PATIENCE)
    assert type(error) is AuthenticationError
    assert_no_leak(CANARY, error)
    assert source._login is None
    assert (NAMED,) == source.wait(PATIENCE)
    source.close()


def test_a_certificate_that_is_not_trusted_is_no_passing_fault(
    tls_server, key_file, monkeypatch
) -> None:
    """Somebody may be in between."""
    monkeypatch.undo()
    roots = trustme.CA().cert_pem.bytes()
    credentials = grpc.ssl_channel_credentials
    monkeypatch.setattr(grpc, "ssl_channel_credentials", lambda: credentials(roots))
    source = logged_in(tls_server, key_file)
    error = caught(source.wait, PATIENCE)
    assert type(error) is ConfigurationError
    assert "not signed by a CA" in str(error)
    source.close()


def test_without_an_endpoint_the_service_of_the_login_is_meant(monkeypatch, key_file) -> None:
    """At the port of HTTPS."""
    asked = []

    def secure_channel(target, credentials, options):
        asked.append(target)
        return grpc.insecure_channel(refusing_address(), options=options)

    monkeypatch.setattr(grpc, "secure_channel", secure_channel)
    uri = SourceURI.parse(f"pubsub://my-project/bot?credentials_file={key_file}")
    source = PubSubAnnouncements(uri)
    assert type(caught(source.wait, PATIENCE)) is ProviderUnavailableError
    assert ["pubsub.googleapis.com:443"] == asked
    source.close()


def raising(error: Exception):
    def headers(deadline: object) -> dict[str, str]:
        raise error

    return headers


def with_cause(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("fault", "kind", "says"),
    [
        (
            google.auth.exceptions.DefaultCredentialsError(CANARY),
            AuthenticationError,
            "no Google cred",
        ),
        (google.auth.exceptions.RefreshError(CANARY), AuthenticationError, "was refused"),
        (
            google.auth.exceptions.RefreshError(CANARY, retryable=True),
            ProviderUnavailableError,
            "gives tokens",
        ),
        (
            with_cause(
                google.auth.exceptions.RefreshError(CANARY),
                google.auth.exceptions.TransportError(CANARY),
            ),
            ProviderUnavailableError,
            "gives tokens",
        ),
        (google.auth.exceptions.TransportError(CANARY), ProviderUnavailableError, "gives tokens"),
        (google.auth.exceptions.MutualTLSChannelError(CANARY), ConfigurationError, "not usable"),
        (OSError(CANARY), ProviderUnavailableError, "gives tokens"),
        (KeyError(CANARY), ProviderUnavailableError, "not from Pub/Sub"),
        (RuntimeError(CANARY), ProviderUnavailableError, "request failed (RuntimeError)"),
        (ConfigurationError("ours."), ConfigurationError, "ours."),
    ],
    ids=lambda value: type(value).__name__,
)
def test_each_fault_of_a_login_has_its_class(source, monkeypatch, fault, kind, says) -> None:
    """What google.auth raises is not reachable from it."""
    monkeypatch.setattr(source, "_headers", raising(fault))
    error = caught(source.wait, PATIENCE)
    assert type(error) is kind
    assert says in str(error)
    assert isinstance(error, CredentialsError)
    assert error.__context__ is None
    assert_no_leak(CANARY, error)


def test_a_missing_credentials_file_is_told() -> None:
    """As for a secret: by the login itself, without its path."""
    uri = SourceURI.parse("pubsub://my-project/bot?endpoint=localhost:1&credentials_file=none.json")
    error = caught(PubSubAnnouncements(uri).wait, 5)
    assert type(error) is ConfigurationError
    assert "the credentials file cannot be used" in str(error)
    assert "none.json" not in str(error)
