"""Every row of the error table, provoked; and none of them shows anything."""

from __future__ import annotations

import json
import logging
import socket
import ssl
import threading
from urllib.parse import urlsplit

import google.auth.exceptions
import google.auth.iam
import grpc
import pytest
import trustme
from fault_proxy import FaultProxy, status
from gcp_server import BOT, Backend, Code, Refusal, Server, State, write_key
from google.api_core import exceptions
from support import caught, token
from waiting import PATIENCE

from binance_creds import Secret, SourceURI
from binance_creds.errors import (
    AccessDeniedError,
    AuthenticationError,
    ConfigurationError,
    ConflictError,
    CredentialsError,
    ProviderUnavailableError,
    SecretDisabledError,
    SecretNotFoundError,
    ThrottledError,
)
from binance_creds.providers import Deadline
from binance_creds.providers.google import secret_manager as module
from binance_creds.providers.google._errors import SECRETS, translated
from binance_creds.testing import assert_no_leak, watch_for_leaks

NAME = "projects/my-project/secrets/bot"
HERE = "gcp-sm://my-project/bot"
ACCESS = "AccessSecretVersion"


class Records(logging.Handler):
    """Keeps all that a record carries; Google's libraries put requests and headers beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""

    def emit(self, record) -> None:
        self.text += str(vars(record))


@pytest.fixture(autouse=True)
def records(monkeypatch):
    """What Google's libraries log at DEBUG, with what structured logging would show of it."""
    google = logging.getLogger("google")
    monkeypatch.setattr(google, "propagate", True)  # as it comes it keeps it from the root
    handler = Records()
    logging.getLogger().addHandler(handler)
    yield handler
    logging.getLogger().removeHandler(handler)


def provider(source: str):
    return module.SecretManagerProvider(SourceURI.parse(source))


def refusal(
    source: str, call: str = "fetch", seconds: float = PATIENCE, **options
) -> CredentialsError:
    if call == "store":
        options["fields"] = {"api_key": Secret("k" * 64)}
    error = caught(getattr(provider(source), call), deadline=Deadline(seconds), **options)
    assert error.source.startswith("gcp-sm:my-project/bot")
    assert error.__cause__ is None
    return error


# What the API answers: code, message, reason; then the class and what our message or hint says.
ANSWERS = [
    (Code.NOT_FOUND, "Secret Version [x] not found.", None, SecretNotFoundError, "no such version"),
    (Code.NOT_FOUND, "Secret [x] not found or has no versions.", None, SecretNotFoundError, "no such secret"),
    (Code.PERMISSION_DENIED, "Secret Manager API has not been used in project 1 before or it is disabled.",
     "SERVICE_DISABLED", ConfigurationError, "gcloud services enable secretmanager"),
    (Code.PERMISSION_DENIED, "This API method requires billing to be enabled.",
     "BILLING_DISABLED", ConfigurationError, "billing account"),
    (Code.PERMISSION_DENIED, "Request had insufficient authentication scopes.",
     "ACCESS_TOKEN_SCOPE_INSUFFICIENT", AccessDeniedError, "scope cloud-platform"),
    (Code.PERMISSION_DENIED, "Permission 'secretmanager.versions.list' denied for resource 'x'.",
     "IAM_PERMISSION_DENIED", AccessDeniedError, "secretmanager.viewer"),
    (Code.PERMISSION_DENIED, "Permission 'secretmanager.versions.get' denied for resource 'x'.",
     "IAM_PERMISSION_DENIED", AccessDeniedError, "secretmanager.viewer"),
    (Code.PERMISSION_DENIED, "Permission 'secretmanager.versions.add' denied for resource 'x'.",
     "IAM_PERMISSION_DENIED", AccessDeniedError, "secretVersionManager"),
    (Code.PERMISSION_DENIED, "Permission 'secretmanager.secrets.create' denied for resource 'x'.",
     "IAM_PERMISSION_DENIED", AccessDeniedError, "gcloud secrets create"),
    (Code.PERMISSION_DENIED, "Permission 'secretmanager.versions.access' denied for resource 'x'.",
     "IAM_PERMISSION_DENIED", AccessDeniedError, "roles/secretmanager.secretAccessor"),
    (Code.UNAUTHENTICATED, "Request had invalid authentication credentials.", None,
     AuthenticationError, "clock"),
    (Code.FAILED_PRECONDITION, "Secret Version [x] is in DISABLED state.", None,
     SecretDisabledError, "gcloud secrets versions enable"),
    (Code.FAILED_PRECONDITION, "Secret Version [x] is in DESTROYED state.", None,
     SecretDisabledError, "gcloud secrets versions add"),
    (Code.INVALID_ARGUMENT, "The provided Secret Version ID is invalid.", None,
     ConfigurationError, "refuses the request"),
    (Code.ALREADY_EXISTS, "Secret [x] already exists.", None, ConflictError, "changed"),
    (Code.RESOURCE_EXHAUSTED, "Quota exceeded for quota metric 'Read requests'.", "RATE_LIMIT_EXCEEDED",
     ThrottledError, "600 metadata reads"),
    (Code.UNIMPLEMENTED, "Method not found.", None, ConfigurationError, "`endpoint`"),
    (Code.UNAVAILABLE, "The service is currently unavailable.", None, ProviderUnavailableError, "internal error"),
    (Code.INTERNAL, "Internal error encountered.", None, ProviderUnavailableError, "internal error"),
    (Code.DEADLINE_EXCEEDED, "Deadline expired.", None, ProviderUnavailableError, "internal error"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "message", "reason", "kind", "says"), ANSWERS)
def test_an_answer_of_the_api(
    backend, endpoint, records, code, message, reason, kind, says
) -> None:
    """Over both transports, with nothing of Google's text, request or token in it."""
    canary = token()
    backend.faults["*"] = [Refusal(code, f"{message} {canary}", reason=reason)]
    with watch_for_leaks(canary):
        error = refusal(f"{HERE}?{endpoint}")
    assert type(error) is kind
    assert says in str(error)
    assert_no_leak(canary, error, records.text)


@pytest.mark.parametrize(
    ("permission", "call", "options", "says"),
    [
        ("versions.access", "fetch", {}, "secretAccessor"),
        ("versions.list", "fetch_previous", {}, "list the versions"),
        ("versions.get", "fetch_previous", {}, "which version is current"),
        ("versions.add", "store", {"expected_version": "1"}, "add a version"),
    ],
)
def test_a_permission_that_is_missing_is_named(
    backend, endpoint, permission, call, options, says
) -> None:
    backend.put(NAME, "{}")
    backend.denied.add((BOT, f"secretmanager.{permission}"))
    error = refusal(f"{HERE}?{endpoint}", call, **options)
    assert type(error) is AccessDeniedError
    assert says in str(error)


def test_creating_may_be_denied(backend, endpoint) -> None:
    backend.denied.add((BOT, "secretmanager.secrets.create"))
    error = refusal(f"{HERE}?{endpoint}", "store")
    assert type(error) is AccessDeniedError
    assert "create" in error.message


@pytest.mark.parametrize("state", [State.DISABLED, State.DESTROYED])
def test_disabled_and_destroyed_are_told_apart(backend, endpoint, state) -> None:
    backend.put(NAME, "{}", state=state)
    error = refusal(f"{HERE}?{endpoint}")
    assert type(error) is SecretDisabledError
    assert state.name.lower() in error.message


@pytest.mark.parametrize("reason", ["RATE_LIMIT_EXCEEDED", None])
def test_a_throttled_read_says_how_long_to_wait(backend, endpoint, reason) -> None:
    """REST by the header, both by RetryInfo; no wait is begun that ends after the deadline."""
    after = Refusal(Code.RESOURCE_EXHAUSTED, "Quota exceeded.", reason=reason, retry_after=700)
    backend.faults[ACCESS] = [after]
    error = refusal(f"{HERE}?{endpoint}")
    assert (ThrottledError, 700.0) == (type(error), error.retry_after_seconds)
    assert 1 == backend.requests[ACCESS]


# What is not an answer of the API

PAGE = b"<html><title>canary-of-a-captive-portal-page</title></html>"


@pytest.mark.parametrize(
    "raw",
    [
        (404, "text/html", PAGE),
        (403, "text/html", PAGE),
        (401, "text/html", PAGE),
        (400, "text/html", PAGE),
        (200, "text/html", PAGE),
        (200, "application/json", b'{"name": "projects/1/secr'),
    ],
)
def test_a_page_of_a_proxy_is_no_answer(backend, server, raw) -> None:
    """Above all its 404 does not say that the secret is absent."""
    backend.raw = [raw]
    source = f"{HERE}?transport=rest&endpoint={server.rest}"
    with watch_for_leaks("canary-of-a-captive-portal-page"):
        error = refusal(source)
    assert type(error) is ProviderUnavailableError
    assert_no_leak("canary-of-a-captive-portal-page", error)


BODIES = {
    "an error in words": b'{"error": "canary-of-a-captive-portal-page"}',
    "an error of no form": b'{"error": {"message": "canary-of-a-captive-portal-page"}}',
    "details of no form": b'{"error": {"status": 7, "details": "x"}}',
    "a string": b'"canary-of-a-captive-portal-page"',
    "a list": b"[1]",
    "a number": b"404",
    "null": b"null",
    "deep": b"[" * 100_000,
    "nothing": b"",
    "a page": PAGE,
}


CODES = [200, 302, 400, 401, 403, 404, 409, 500, 503]


@pytest.mark.unmeasured
@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param(
            body, code, marks=() if code in {404, CODES[turn % 9]} else pytest.mark.product
        )
        for turn, body in enumerate(BODIES)
        for code in CODES
    ],
)
def test_json_of_another_server_is_no_answer(backend, server, body, code) -> None:
    """Nor an error of ours whose text is the name of a Python class."""
    backend.raw = [(code, "application/json", BODIES[body])]
    with watch_for_leaks("canary-of-a-captive-portal-page"):
        error = refusal(f"{HERE}?transport=rest&endpoint={server.rest}")
    assert type(error) is ProviderUnavailableError
    assert "GCP Secret Manager" in error.message
    assert "Error" not in error.message
    assert (f"HTTP {code}" in error.message) == (code >= 400)


@pytest.mark.parametrize("status", [407, 429])
def test_a_status_of_a_gateway_is_kept(backend, server, status) -> None:
    backend.raw = [(status, "text/html", PAGE)]
    error = refusal(f"{HERE}?transport=rest&endpoint={server.rest}")
    assert ("login" if status == 407 else "fewer requests") in error.message


@pytest.mark.parametrize("text", ["in DISABLED state.", "switched off", "is in an odd state"])
def test_the_status_tells_that_a_version_is_off(backend, endpoint, text) -> None:
    """Its text may change."""
    backend.faults["*"] = [Refusal(Code.FAILED_PRECONDITION, f"Secret Version [x] {text}")]
    error = refusal(f"{HERE}?{endpoint}")
    assert type(error) is SecretDisabledError
    assert "gcloud secrets versions enable" in error.hint


def _frames(connection):
    """Give the type and stream of each HTTP/2 frame that a client sends."""
    file = connection.makefile("rb")
    file.read(24)  # the preface of a connection. Source: RFC 9113, section 3.4
    while head := file.read(9):
        file.read(int.from_bytes(head[:3], "big"))
        yield head[3], head[5:]


def _refuse_all(listener) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:  # closed
            return
        with connection:
            connection.sendall(b"\0\0\0\x04\0" + bytes(4))  # SETTINGS
            stream = next(stream for kind, stream in _frames(connection) if kind == 1)
            connection.sendall(b"\0\0\x05\x01\x05" + stream + b"\x48\x03403")  # :status 403
            connection.recv(1024)


def test_a_status_of_a_proxy_is_no_denial_to_grpc_either() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_refuse_all, args=(listener,), daemon=True).start()
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        source = f"gcp-sm://my-project/x?transport=grpc&endpoint={address}"
        it = module.SecretManagerProvider(SourceURI.parse(source))
        errors = [caught(ask, Deadline(PATIENCE)) for ask in (it.fetch, it.probe)]
    for error in errors:
        assert type(error) is ProviderUnavailableError
        assert "not from GCP Secret Manager" in str(error)


@pytest.mark.parametrize("transport", ["grpc", "rest"])
def test_nobody_listens(transport) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{unused.getsockname()[1]}"
        error = refusal(f"{HERE}?transport={transport}&endpoint={address}")
    assert type(error) is ProviderUnavailableError


@pytest.fixture(scope="module")
def stranger():
    server = Server(trustme.CA().issue_cert("localhost"))
    yield server
    server.close()


@pytest.fixture(scope="module")
def misnamed(ca):
    server = Server(ca[0].issue_cert("other.example"))
    yield server
    server.close()


CHECKS = {
    "stranger": ("GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", "REQUESTS_CA_BUNDLE"),
    "misnamed": ("`endpoint`",),
}


@pytest.mark.parametrize("transport", ["grpc", "rest"])
@pytest.mark.parametrize("who", CHECKS)
def test_a_certificate_that_is_not_trusted_is_permanent(who, transport, request) -> None:
    """Another CA, or another host; never read without TLS, and the hint says what to check."""
    server = request.getfixturevalue(who)
    server.backend = Backend()
    error = refusal(f"{HERE}?transport={transport}&endpoint={getattr(server, transport)}")
    assert type(error) is ConfigurationError
    for word in CHECKS[who]:
        assert word in error.hint
    assert not server.backend.requests


@pytest.mark.parametrize("transport", ["grpc", "rest"])
def test_a_server_without_tls_is_not_read(server, backend, transport) -> None:
    address = getattr(server, f"plain_{transport}")
    error = refusal(f"{HERE}?transport={transport}&endpoint={address}")
    assert type(error) is ConfigurationError
    assert "does not speak TLS" in error.message
    assert not backend.requests


@pytest.mark.parametrize("transport", ["grpc", "rest"])
def test_the_port_of_the_other_transport_is_named(server, backend, transport) -> None:
    """One needs HTTP/2, the other takes none."""
    other = {"grpc": server.plain_rest, "rest": server.plain_grpc}[transport]
    error = refusal(f"{HERE}?transport={transport}&endpoint=http://{other}")
    assert type(error) is ProviderUnavailableError
    assert "does not speak the protocol of GCP Secret Manager" in error.message
    assert "`endpoint` and `transport`" in error.hint


def test_a_bundle_of_certificates_that_is_absent(server, monkeypatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere.pem")
    error = refusal(f"{HERE}?transport=rest&endpoint={server.rest}")
    assert type(error) is ConfigurationError
    assert "REQUESTS_CA_BUNDLE" in error.hint


# Logins


def test_no_credentials_at_all(endpoint, monkeypatch) -> None:
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS")
    error = refusal(f"{HERE}?{endpoint}")
    assert type(error) is AuthenticationError
    assert "gcloud auth application-default login" in error.hint


FILES = {
    "absent": None,
    "no JSON": "private canary",
    "no object": "[1]",
    "nested without end": "[" * 100_000,
    "of no type": "{}",
    "of another type": '{"type": "gdch_service_account"}',
    "without a key": '{"type": "service_account", "client_email": "a@b.c"}',
    "with a key that is none": json.dumps(
        {
            "type": "service_account",
            "client_email": "a@b.c",
            "token_uri": "https://x",
            "private_key": "k",
        }
    ),
}


@pytest.mark.parametrize("by", ["option", "environment"])
@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_a_credentials_file_that_cannot_be_used(server, tmp_path, monkeypatch, text, by) -> None:
    path = tmp_path / "credentials.json"
    if text is not None:
        path.write_text(text)
    source = f"{HERE}?endpoint={server.grpc}"
    if by == "environment":
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
    else:
        source += f"&credentials_file={path}"
    error = refusal(source)
    assert type(error) is ConfigurationError
    assert "credentials_file" in error.hint


@pytest.fixture
def iam(server, monkeypatch):
    url = f"https://{server.rest}/v1/projects/-/serviceAccounts/{{}}:generateAccessToken"
    monkeypatch.setattr(google.auth.iam, "_IAM_ENDPOINT", url)
    return f"{HERE}?endpoint={server.grpc}&impersonate=reader@my-project.iam.gserviceaccount.com"


def test_impersonation_may_be_denied(backend, iam) -> None:
    backend.denied.add((BOT, "iam.serviceAccounts.getAccessToken"))
    error = refusal(iam)
    assert type(error) is AccessDeniedError
    assert "roles/iam.serviceAccountTokenCreator" in error.hint


def test_impersonation_may_be_refused(backend, iam) -> None:
    """The key behind it was deleted."""
    backend.keys.clear()
    assert type(refusal(iam)) is AuthenticationError


def test_the_server_of_tokens_may_be_down(iam, monkeypatch) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"https://127.0.0.1:{unused.getsockname()[1]}/{{}}"
        monkeypatch.setattr(google.auth.iam, "_IAM_ENDPOINT", url)
        error = refusal(iam)
    assert type(error) is ProviderUnavailableError
    assert "tokens" in error.message


def test_the_server_of_tokens_may_not_be_trusted(iam, stranger, monkeypatch) -> None:
    monkeypatch.setattr(google.auth.iam, "_IAM_ENDPOINT", f"https://{stranger.rest}/{{}}")
    assert type(refusal(iam)) is ConfigurationError


def federated(tmp_path, server) -> str:
    info = {
        "type": "external_account",
        "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/x",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": f"https://{server.rest}/v1/token",
        "credential_source": {"file": str(tmp_path / "token")},
    }
    path = tmp_path / "federated.json"
    path.write_text(json.dumps(info))
    return f"{HERE}?endpoint={server.grpc}&credentials_file={path}"


def test_the_federated_token_may_be_absent(server, tmp_path) -> None:
    error = refusal(federated(tmp_path, server))
    assert type(error) is AuthenticationError
    assert "OIDC" in error.hint


def test_the_pool_may_not_trust_the_federated_token(server, tmp_path, records) -> None:
    """The exchange answers 400: google.auth's OAuthError."""
    canary = token()
    (tmp_path / "token").write_text(canary)
    with watch_for_leaks(canary):
        error = refusal(federated(tmp_path, server))
    assert type(error) is AuthenticationError
    assert_no_leak(canary, error, records.text)


PORTAL = {"body": b"<html>Log in</html>", "Content_Type": "text/html"}
NOT_TOKENS = "is not from the server that gives tokens"
TOKENS = {
    "down": (status(503), "unavailable", "internal error (HTTP 503)"),
    "busy": (status(429), "resource_exhausted", "the server that gives tokens asks for fewer"),
    "a proxy": (status(407, **PORTAL), "unavailable", "a proxy asks for a login"),
    "no page": (status(404, **PORTAL), "unavailable", NOT_TOKENS),
    "a firewall": (status(403, **PORTAL), "unavailable", NOT_TOKENS),
    "a portal": (status(200, **PORTAL), "unavailable", NOT_TOKENS),
    "a redirect": (status(302, Location="https://portal.invalid"), "unavailable", NOT_TOKENS),
    "a list": (status(200, b"[]"), "unavailable", NOT_TOKENS),
    "no token": (status(200, b"{}"), "unavailable", NOT_TOKENS),
    "a number": (status(200, b'{"access_token": 5, "expires_in": 9}'), "unavailable", NOT_TOKENS),
    "no time": (
        status(200, b'{"access_token": "x", "expires_in": "x"}'),
        "unavailable",
        NOT_TOKENS,
    ),
    "a refusal": (status(400, b'{"error": "invalid_grant"}'), "unauthenticated", "was refused"),
}


@pytest.fixture
def tokens(ca, server):
    """A server that takes the token of CI for one of Google's."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca[0].issue_cert("localhost").configure_cert(context)
    proxy = FaultProxy("http://127.0.0.1:1", server_tls=context, host="localhost")
    proxy.rest, proxy.grpc = urlsplit(proxy.url).netloc, server.grpc
    yield proxy
    proxy.close()


@pytest.mark.parametrize("by", ["option", "variable"])
@pytest.mark.parametrize("said", TOKENS)
def test_what_a_server_of_tokens_says_is_told_apart(
    tokens, tmp_path, monkeypatch, said, by
) -> None:
    """One that is down for a moment does not refuse: a live bot would stop for that."""
    (tmp_path / "token").write_text("a-job-of-ci")
    source = federated(tmp_path, tokens)
    if by == "variable":
        source, _, path = source.partition("&credentials_file=")
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", path)
    tokens.fault, code, says = TOKENS[said]
    error = refusal(source)
    assert code == error.code
    assert says in str(error)


def test_nobody_is_asked_for_the_project(backend, server, tmp_path, monkeypatch) -> None:
    """The source names it; the API that knows it may be off or out of reach."""
    (tmp_path / "token").write_text("a-job-of-ci")
    path = federated(tmp_path, server).partition("&credentials_file=")[2]
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", path)
    resolve = socket.getaddrinfo

    def here(host, *args, **kwargs):
        assert host == "localhost"
        return resolve(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", here)
    backend.put(NAME, '{"api_key": "x"}')
    it = module.SecretManagerProvider(
        SourceURI.parse(f"{HERE}?transport=rest&endpoint={server.rest}")
    )
    assert it.fetch(Deadline(PATIENCE)).version


METADATA = (
    "Failed to retrieve http://169.254.169.254/computeMetadata/v1/ from the Google Compute Engine "
    "metadata service. Status: {} Response:\nx"
)
PERIMETER = "Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: x"


@pytest.mark.parametrize(
    ("error", "kind", "says"),
    [
        # The metadata server of a virtual machine, whose address nothing can stand in for.
        (
            google.auth.exceptions.RefreshError("x", retryable=True),
            ProviderUnavailableError,
            "tokens",
        ),
        (google.auth.exceptions.TransportError("x"), ProviderUnavailableError, "tokens"),
        (
            google.auth.exceptions.TransportError(METADATA.format(404)),
            AuthenticationError,
            "no service account for this machine",
        ),
        (
            google.auth.exceptions.TransportError(METADATA.format(403)),
            AccessDeniedError,
            "roles/iam.workloadIdentityUser",
        ),
        (
            google.auth.exceptions.TransportError(METADATA.format(503)),
            ProviderUnavailableError,
            "tokens",
        ),
        # A perimeter around the project; DNS that is down; an answer of many megabytes.
        (exceptions.Forbidden(PERIMETER), AccessDeniedError, "VPC Service Controls"),
        (
            exceptions.ServiceUnavailable("errors resolving secretmanager.googleapis.com: [x]"),
            ProviderUnavailableError,
            "does not resolve",
        ),
        (
            exceptions.TooManyRequests("Received message larger than max (5 vs. 4)"),
            ProviderUnavailableError,
            "is not from",
        ),
        # A client certificate of a device, which needs a device.
        (
            google.auth.exceptions.MutualTLSChannelError("x"),
            ConfigurationError,
            "print-access-token",
        ),
        (ZeroDivisionError("canary"), ProviderUnavailableError, "ZeroDivisionError"),
    ],
)
def test_what_no_server_here_can_provoke(error, kind, says) -> None:
    ours = translated(error, SECRETS)
    assert type(ours) is kind
    assert says in str(ours)


def test_a_payload_does_not_leak_from_a_failure_after_the_read(backend, endpoint, records) -> None:
    """The checksum is wrong: the payload was in this process, and is nowhere to be seen."""
    canary = token()
    backend.put(NAME, json.dumps({"api_key": canary, "api_secret": canary}))
    backend.is_damaging = True
    with watch_for_leaks(canary):
        error = refusal(f"{HERE}?{endpoint}")
    assert_no_leak(canary, error, records.text)


@pytest.mark.parametrize("code", [Code.PERMISSION_DENIED, Code.UNAUTHENTICATED, Code.UNAVAILABLE])
def test_a_token_does_not_leak(backend, endpoint, iam, records, code) -> None:
    """It is a header of every request, and Google's libraries log headers."""
    backend.next_token = token()
    backend.faults[ACCESS] = [Refusal(code, "no")]
    with watch_for_leaks(backend.next_token):
        error = refusal(f"{HERE}?{endpoint}&impersonate=a@b.iam.gserviceaccount.com")
    assert backend.next_token in backend.tokens
    assert_no_leak(backend.next_token, error, records.text)


def test_nothing_leaks_from_a_good_read(backend, endpoint, records) -> None:
    """With every logger of Google's at DEBUG."""
    canary = token()
    backend.put(NAME, json.dumps({"api_key": canary, "api_secret": canary}))
    made = provider(f"{HERE}?{endpoint}")
    with watch_for_leaks(canary):
        raw = made.fetch(Deadline(PATIENCE))
    assert_no_leak(canary, raw, made, records.text)


def test_the_names_of_grpc_are_those_of_http() -> None:
    """The table is written in the classes that both transports know."""
    for code in grpc.StatusCode:
        if code is not grpc.StatusCode.OK:
            error = exceptions.from_grpc_status(code, "x")
            assert isinstance(translated(error, SECRETS), CredentialsError)


def test_a_file_of_another_account_is_another_login(backend, server, key, tmp_path) -> None:
    """What one account may not read is not read with the token of another."""
    backend.put(NAME, "{}")
    write_key(tmp_path / "other.json", key, client_email="other@b.iam.gserviceaccount.com")
    other = f"&credentials_file={tmp_path / 'other.json'}"
    assert (
        type(refusal(f"{HERE}?transport=grpc&endpoint={server.grpc}{other}")) is AuthenticationError
    )
