"""Each row of the error table, provoked by the server, and what may be seen of it: nothing."""

from __future__ import annotations

import os
import ssl
import threading
from email.utils import formatdate

import azure.core.exceptions
import azure.identity
import pytest
import trustme
from azure.core.exceptions import IncompleteReadError
from azure_server import error
from support import caught, token
from waiting import PATIENCE

from binance_creds import SourceURI
from binance_creds.errors import (
    AccessDeniedError,
    AuthenticationError,
    ConfigurationError,
    ConflictError,
    MalformedSecretError,
    ProviderUnavailableError,
    SecretDisabledError,
    SecretNotFoundError,
    ThrottledError,
)
from binance_creds.providers import Deadline
from binance_creds.providers.azure._errors import TABLE
from binance_creds.providers.azure._errors import translated as translated_by
from binance_creds.providers.azure._login import Login
from binance_creds.providers.azure.key_vault import KeyVaultProvider
from binance_creds.testing import assert_no_leak, watch_for_leaks

CANARY = token()  # in bodies, headers and descriptions that the server sends
HTML = {"Content-Type": "text/html"}


class Bench:
    """What a row needs to go wrong."""

    def __init__(self, server, monkeypatch, tmp_path) -> None:
        self.azure = server
        self.setenv = monkeypatch.setenv
        self.delenv = monkeypatch.delenv
        self.tmp_path = tmp_path
        self.auth = "secret"
        self.host = server.host
        self.more = ""
        server.put("bot", '{"api_key": "%s", "api_secret": "x"}' % CANARY)

    def vault(self, status: int, code: str = "", inner: str | None = None, **headers: str) -> None:
        """Answer every attempt so, after the challenge."""
        body = error(code, inner)
        body["error"]["message"] = CANARY
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self.azure.fail("vault", None, *[(status, headers, body)] * 8)

    def raw(self, status: int, text: str, headers: dict[str, str] | None = None) -> None:
        self.azure.fail("vault", None, *[(status, headers or {}, text)] * 8)

    def fetch(self, seconds: float = PATIENCE):
        options = f"auth={self.auth}{self.more}"
        if self.auth not in {"managed", "cli"}:
            options += f"&authority={self.azure.authority}"
        uri = SourceURI.parse(f"azure-kv://{self.host}/bot?{options}")
        return KeyVaultProvider(uri).fetch(Deadline(seconds))


@pytest.fixture
def bench(azure, monkeypatch, tmp_path):
    return Bench(azure, monkeypatch, tmp_path)


def not_there(b):
    b.azure.versions.clear()


def disabled(b):
    b.azure.versions["bot"][0].attributes["enabled"] = False


def deleted(b):
    b.azure.delete("bot")


def wrong_secret(b):
    b.setenv("AZURE_CLIENT_SECRET", CANARY)


def wrong_tenant(b):
    b.more = "&tenant_id=00000000-0000-0000-0000-000000000000"


def unknown_tenant(b):
    b.azure.fail(
        "login", *[(400, {}, {"error": "invalid_tenant", "error_description": CANARY})] * 8
    )


def odd_secret_file(b):
    b.auth = "certificate"
    path = b.tmp_path / "bot.pem"
    path.write_text(f"-----BEGIN {CANARY}")
    b.setenv("AZURE_CLIENT_CERTIFICATE_PATH", str(path))


def no_certificate(b):
    b.auth = "certificate"
    b.setenv("AZURE_CLIENT_CERTIFICATE_PATH", str(b.tmp_path / "none.pem"))


def no_federated_file(b):
    b.auth = "workload"
    b.setenv("AZURE_FEDERATED_TOKEN_FILE", str(b.tmp_path / "none"))


def untrusted_federated(b):
    b.auth = "workload"
    path = b.tmp_path / "federated"
    path.write_text(CANARY)
    b.setenv("AZURE_FEDERATED_TOKEN_FILE", str(path))


def no_variable(b):
    b.delenv("AZURE_CLIENT_SECRET")


def no_command_line(b):
    b.auth = "cli"
    b.setenv("PATH", str(b.tmp_path))


def command_line_fails(b):
    b.auth = "cli"
    program = b.tmp_path / "az"
    program.write_text(f"#!/bin/sh\necho '{CANARY} AADSTS50076' >&2\nexit 1\n")
    program.chmod(0o700)
    b.setenv("PATH", f"{b.tmp_path}{os.pathsep}{os.environ['PATH']}")


def nobody(b):
    b.auth = "default"
    b.setenv("AZURE_TOKEN_CREDENTIALS", "EnvironmentCredential")
    b.delenv("AZURE_CLIENT_SECRET")


def wrong_secret_in_chain(b):
    b.auth = "default"
    wrong_secret(b)


def login_down_in_chain(b):
    b.auth = "default"
    login_down(b)


def no_login_server_in_chain(b):
    b.auth = "default"
    b.azure.fail("login", *["reset"] * 12)


def odd_chain(b):
    b.auth = "default"
    b.setenv("AZURE_TOKEN_CREDENTIALS", CANARY)


def managed(b):
    b.auth = "managed"
    b.setenv("IDENTITY_ENDPOINT", f"https://localhost:{b.azure.port}/msi/token")
    b.setenv("IDENTITY_HEADER", b.azure.identity_secret)
    b.azure.allowed["system"] = {"get"}


def no_such_identity(b):
    managed(b)
    b.more = "&client_id=nobody"


def login_down(b):
    b.azure.fail("login", *[(503, {}, CANARY)] * 8)


def login_down_federated(b):
    untrusted_federated(b)
    login_down(b)


def login_throttles(b):
    b.azure.fail("login", *[(429, {"Retry-After": "99"}, {"error": CANARY})] * 8)


def login_resets(b):
    b.azure.fail("login", *["reset"] * 12)


def login_is_a_portal(b):
    b.azure.fail("login", *[(200, {}, f"<html>{CANARY}")] * 8)


def other_resource(b):
    b.azure.resource = "https://vault.azure.net"


def token_refused(b):
    b.vault(401, "Unauthorized")


def reset(b):
    b.azure.fail("vault", *["reset"] * 8)


def reset_in_body(b):
    b.azure.fail("vault", None, *["half"] * 8)


def deleted_by_another(b):
    """Whoever answers whether it is deleted is no vault."""
    not_there(b)
    b.azure.fail("vault", None, *[None, (200, {}, {"status": "ok"})] * 8)


def page_before_challenge(status: int, **headers: str):
    """Give the page that a captive portal or proxy shows whoever comes."""
    headers = {"Content-Type": "text/html", **headers}
    return lambda b: b.azure.fail("vault", *[(status, headers, f"<html>{CANARY}")] * 8)


def refused(b):
    b.host = f"myvault.vault.test:{free_port()}"


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def untrusted(b):
    path = b.tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(path)
    b.setenv("REQUESTS_CA_BUNDLE", str(path))


def no_bundle(b):
    b.setenv("REQUESTS_CA_BUNDLE", str(b.tmp_path / "none.pem"))


def plain_http(b):
    talk(b, b"HTTP/1.1 400 Bad Request\r\n\r\n")


def hangs_up_in_handshake(b):
    talk(b, b"")


def talk(b, answer: bytes) -> None:
    """Point the source at something that says this to whoever calls, and hangs up."""
    import socket

    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(5)

    def serve() -> None:
        with listener:
            for _ in range(4):
                try:
                    stream, _ = listener.accept()
                except OSError:
                    return
                with stream:
                    stream.recv(4096)
                    stream.sendall(answer)

    threading.Thread(target=serve, daemon=True).start()
    b.host = f"myvault.vault.test:{listener.getsockname()[1]}"


def with_code(status: int, code: str, inner: str | None = None, **headers: str):
    return lambda b: b.vault(status, code, inner, **headers)


def with_text(status: int, text: str, headers: dict[str, str] | None = None):
    return lambda b: b.raw(status, text, headers)


FORBIDDEN = AccessDeniedError
DOWN = ProviderUnavailableError
WRONG = ConfigurationError
LOGIN = AuthenticationError
ROWS = {
    "not there": (not_there, SecretNotFoundError, "Check vault"),
    "disabled": (disabled, SecretDisabledError, "--enabled true"),
    "deleted": (deleted, SecretDisabledError, "recover"),
    "ForbiddenByPolicy": (with_code(403, "Forbidden", "ForbiddenByPolicy"), FORBIDDEN, "set-policy"),
    "ForbiddenByRbac": (with_code(403, "Forbidden", "ForbiddenByRbac"), FORBIDDEN, "Secrets User"),
    "AccessDenied": (with_code(403, "Forbidden", "AccessDenied"), FORBIDDEN, "Secrets User"),
    "firewall": (with_code(403, "Forbidden", "ForbiddenByFirewall"), FORBIDDEN, "network-rule"),
    "endpoint": (with_code(403, "Forbidden", "ForbiddenByConnection"), FORBIDDEN, "private"),
    "403": (with_code(403, "Forbidden", "SomethingNew"), FORBIDDEN, "Secrets User"),
    "BadParameter": (with_code(400, "BadParameter"), WRONG, "'version'"),
    "400": (with_code(400, "NotSupported"), WRONG, "'version'"),
    "404 of another": (with_text(404, CANARY, HTML), DOWN, "network"),
    "401 of another": (with_text(401, f"<html>{CANARY}", HTML), DOWN, "network"),
    "401 at once": (page_before_challenge(401), DOWN, "network"),
    "401 of a proxy": (
        page_before_challenge(401, **{"WWW-Authenticate": 'Basic realm="x"'}), DOWN, "network",
    ),
    "403 at once": (page_before_challenge(403), DOWN, "network"),
    "409": (with_code(409, "Conflict"), ConflictError, "Read it again"),
    "409 deleted": (
        with_code(409, "Conflict", "ObjectIsDeletedButRecoverable"), SecretDisabledError, "recover",
    ),
    "409 being deleted": (
        with_code(409, "Conflict", "ObjectIsBeingDeleted"), SecretDisabledError, "recover",
    ),
    "429": (with_code(429, "Throttled", Retry_After="99"), ThrottledError, "less often"),
    "500": (with_code(500, "InternalError"), DOWN, "network"),
    "503": (with_text(503, CANARY, HTML), DOWN, "network"),
    "truncated": (with_text(200, f'{{"value": "{CANARY}'), DOWN, "network"),
    "portal": (with_text(200, f"<html>{CANARY}", HTML), DOWN, "network"),
    "another JSON": (with_text(200, f'["{CANARY}"]'), DOWN, "network"),
    "an object of another": (with_text(200, '{"status": "ok"}'), DOWN, "network"),
    "deleted by another": (deleted_by_another, DOWN, "network"),
    "error in odd JSON": (
        with_text(500, f'{{"error": {{"code": 1, "innererror": "{CANARY}"}}}}'), DOWN, "network",
    ),
    "malformed": (with_text(200, '{"value": "{", "id": "https://a/secrets/b/c", "attributes": {}}'),
                  MalformedSecretError, None),
    "wrong secret": (wrong_secret, LOGIN, "AZURE_CLIENT_SECRET"),
    "wrong tenant": (wrong_tenant, LOGIN, "AZURE_TENANT_ID"),
    "unknown tenant": (unknown_tenant, LOGIN, "AZURE_TENANT_ID"),
    "odd certificate": (odd_secret_file, WRONG, "AZURE_CLIENT_CERTIFICATE_PATH"),
    "no certificate": (no_certificate, WRONG, "AZURE_CLIENT_CERTIFICATE_PATH"),
    "no federated file": (no_federated_file, WRONG, "AZURE_FEDERATED_TOKEN_FILE"),
    "untrusted federated": (untrusted_federated, LOGIN, "AZURE_FEDERATED_TOKEN_FILE"),
    "no variable": (no_variable, LOGIN, "AZURE_CLIENT_SECRET"),
    "no az": (no_command_line, LOGIN, "az login"),
    "az fails": (command_line_fails, LOGIN, "az login"),
    "nobody": (nobody, LOGIN, "?auth="),
    "wrong secret in chain": (wrong_secret_in_chain, LOGIN, "?auth="),
    "login down in chain": (login_down_in_chain, DOWN, "network"),
    "no login server in chain": (no_login_server_in_chain, DOWN, "network"),
    "odd chain": (odd_chain, WRONG, "?auth="),
    "no such identity": (no_such_identity, LOGIN, "?client_id="),
    "login down": (login_down, DOWN, "network"),
    "login down, federated": (login_down_federated, DOWN, "network"),
    "login throttles": (login_throttles, ThrottledError, None),
    "login resets": (login_resets, DOWN, "network"),
    "login is a portal": (login_is_a_portal, DOWN, "network"),
    "other resource": (other_resource, WRONG, "private cloud"),
    "token refused": (token_refused, LOGIN, "?tenant_id="),
    "reset": (reset, DOWN, "network"),
    "reset in body": (reset_in_body, DOWN, "network"),
    "refused": (refused, DOWN, "network"),
    "untrusted": (untrusted, WRONG, "REQUESTS_CA_BUNDLE"),
    "no bundle": (no_bundle, WRONG, "REQUESTS_CA_BUNDLE"),
    "plain http": (plain_http, WRONG, "Check the port"),
    "hangs up in handshake": (hangs_up_in_handshake, DOWN, "network"),
}  # fmt: skip


@pytest.mark.parametrize(("provoke", "kind", "hint"), ROWS.values(), ids=ROWS.keys())
def test_what_goes_wrong_becomes_ours_and_leaks_nothing(bench, provoke, kind, hint) -> None:
    """With a hint of its own; nothing that the server, the SDK or the login said is reachable."""
    provoke(bench)
    secret = os.environ.get("AZURE_CLIENT_SECRET") or CANARY
    with watch_for_leaks(CANARY), watch_for_leaks(secret):
        error = caught(bench.fetch)
    assert type(error) is kind
    assert error.source.startswith("azure-kv:")
    assert hint is None or hint in error.hint
    assert (error.__cause__, error.__context__) == (None, None)
    assert_no_leak(CANARY, error)
    assert_no_leak(secret, error)
    for issued in bench.azure.tokens:
        assert_no_leak(issued, error)


def test_every_code_and_status_is_provoked() -> None:
    """A new row needs a test."""
    provoked = {
        "SecretNotFound", "SecretDisabled", "ForbiddenByPolicy", "AccessDenied", "ForbiddenByRbac",
        "ForbiddenByFirewall", "ForbiddenByConnection", "ObjectIsDeletedButRecoverable",
        "ObjectIsBeingDeleted", "BadParameter",
    }  # fmt: skip
    assert provoked | {400, 401, 403, 409} == {
        sign for sign in TABLE.rows if isinstance(sign, str | int)
    }


@pytest.mark.parametrize("header", ["0", formatdate(0, usegmt=True), None])
def test_a_throttled_read_is_made_again_when_the_vault_allows(bench, header) -> None:
    """In both forms of Retry-After, and without."""
    headers = {} if header is None else {"Retry-After": header}
    bench.azure.fail("vault", None, (429, headers, error("Throttled")))
    assert bench.fetch().version
    assert bench.azure.requests["vault GET"] == 3


def test_a_delay_that_is_asked_for_is_told(bench) -> None:
    """And not waited for where the deadline is earlier."""
    bench.vault(429, "Throttled", Retry_After="99")
    assert caught(bench.fetch).retry_after_seconds == 99
    assert bench.azure.requests["vault GET"] == 2


@pytest.mark.parametrize("part", ["vault", "login"])
def test_a_passing_fault_is_tried_again(bench, part) -> None:
    """Of the vault, and of the login, whose answers MSAL would repeat for a minute."""
    bench.azure.fail(part, (503, {}, "{}"), "reset")
    assert bench.fetch().version


def test_a_private_login_that_is_not_https_is_refused_before_it_is_asked() -> None:
    """By the form of the option."""
    source = "azure-kv://vault/bot?auth=secret&authority=http://login.test"
    assert isinstance(caught(KeyVaultProvider, SourceURI.parse(source)), ConfigurationError)


def test_a_silent_vault_ends_with_the_deadline(bench) -> None:
    """The caller is released, whoever still waits."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        bench.host = f"myvault.vault.test:{silent.getsockname()[1]}"
        error = caught(bench.fetch, 0.1)
    assert isinstance(error, ProviderUnavailableError)


def kinds(module) -> set[type[Exception]]:
    return {
        kind
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, Exception)
    }


def translated(raised: Exception, auth: str):
    return translated_by(raised, "https://vault.vault.azure.net", Login(auth))


KINDS = sorted(
    kinds(azure.core.exceptions) | kinds(azure.identity), key=lambda kind: kind.__qualname__
)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_error_class_of_the_sdks_becomes_ours(kind) -> None:
    """Whatever raises it, its text is not repeated."""
    raised = kind.__new__(kind)
    Exception.__init__(raised, CANARY)
    for name in ("response", "status_code", "error", "inner_exception", "_error_format"):
        setattr(raised, name, None)
    ours = translated(raised, "default")
    assert ours.code in {"unavailable", "unauthenticated", "invalid_argument"}
    assert_no_leak(CANARY, ours)


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (ssl.SSLZeroReturnError("TLS/SSL connection has been closed (EOF)"), "unavailable"),
        (ConnectionResetError(CANARY), "unavailable"),
        (IncompleteReadError(CANARY), "unavailable"),
        (RuntimeError(CANARY), "unavailable"),
        (OSError(CANARY), "invalid_argument"),
    ],
)
def test_other_errors_become_ours(raised, code) -> None:
    """Those that no server can be made to provoke at will."""
    assert translated(raised, "secret").code == code
