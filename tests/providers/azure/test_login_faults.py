"""Logins and connections to Azure that fail: each has its own cause, and some are waited for."""

from __future__ import annotations

import json
import socket
import ssl
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
import trustme
from fault_proxy import FaultProxy, refusing_address, status
from support import caught, pair, token

from binance_creds import load_credentials
from binance_creds.errors import (
    AuthenticationError,
    ConfigurationError,
    ProviderUnavailableError,
)
from binance_creds.testing import assert_no_leak, watch_for_leaks

CANARY = token()
POD = "AZURE_POD_IDENTITY_AUTHORITY_HOST"  # where IMDS is, for the SDK
HTML = f"<html>{CANARY}</html>".encode()
OBJECT = b'{"message": "Forbidden"}'
TIMELESS = b'{"access_token": "x", "expires_on": "soon"}'


@pytest.fixture
def source(azure) -> str:
    """A secret in the vault, without the login."""
    azure.put("bot", '{"api_key": "%s", "api_secret": "%s"}' % tuple(pair().values()))
    azure.allowed["system"] = {"get"}
    return f"azure-kv://{azure.host}/bot"


@pytest.fixture(params=["IMDS", "App Service"])
def metadata(request, azure, monkeypatch):
    """A metadata server in front of the real one; where it is, is said as Azure does."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    azure.certificate.configure_cert(tls)
    ours = ssl.create_default_context(cadata=azure.ca.cert_pem.bytes().decode())
    proxy = FaultProxy(
        f"https://localhost:{azure.port}", server_tls=tls, client_tls=ours, host="localhost"
    )
    monkeypatch.setenv("IDENTITY_HEADER", azure.identity_secret)
    if request.param == "IMDS":
        monkeypatch.setenv(POD, proxy.url)
    else:
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{proxy.url}/msi/token")
    yield proxy
    proxy.close()


def refusal(source: str, seconds: float = 5) -> BaseException:
    with watch_for_leaks(CANARY):
        error = caught(load_credentials, source, timeout_seconds=seconds)
    assert_no_leak(CANARY, error)
    return error


PAUSES = 12  # more than the attempts at a store


class TestMetadataServer:
    @pytest.mark.unmeasured
    @pytest.mark.parametrize("code", [404, 410, 429, 500, 503])
    def test_one_that_is_not_ready_is_waited_for(self, source, metadata, azure, code) -> None:
        """It starts beside the program, or is updated: up to 70 seconds, says Microsoft."""
        granted = status(
            200, b'{"access_token": "%s", "expires_in": "3600", "expires_on": "99999"}'
        )
        token_of = azure.issue("system", f"https://vault.test:{azure.port}")["access_token"]
        body = f'{{"access_token": "{token_of}", "expires_in": "3600", "expires_on": "9999999999"}}'
        granted = status(200, body.encode())
        refusals = iter([status(code, HTML)] * PAUSES)
        metadata.fault = lambda *answer: next(refusals, granted)(*answer)
        metadata.fault.needs_no_upstream = True
        assert load_credentials(f"{source}?auth=managed", timeout_seconds=60)
        assert len(metadata.requests) == PAUSES + 1

    @pytest.mark.parametrize("auth", ["managed", "default"])
    def test_one_that_is_not_there_is_unavailable(
        self, source, metadata, monkeypatch, auth
    ) -> None:
        """Also by the default chain, where the environment says that there is one."""
        for name in ("AZURE_TENANT_ID", "AZURE_CLIENT_SECRET"):
            monkeypatch.delenv(name)
        metadata.close()
        error = refusal(f"{source}?auth={auth}", seconds=1)
        assert type(error) is ProviderUnavailableError
        assert "the metadata server that gives this machine its identity is not ready" in str(error)
        assert "IDENTITY_ENDPOINT" in error.hint

    @pytest.mark.parametrize(
        ("answer", "kind", "says"),
        [
            (status(503, HTML), ProviderUnavailableError, "is not ready (HTTP 503)"),
            (status(200, HTML), ProviderUnavailableError, "not from the metadata server"),
            (status(200, TIMELESS), ProviderUnavailableError, "not from the metadata server"),
            (status(200, b"[]"), ProviderUnavailableError, "not from the metadata server"),
            (status(200, OBJECT), ProviderUnavailableError, "not from the metadata server"),
            (status(302, HTML, Location=CANARY), ProviderUnavailableError, "(HTTP 302) is not"),
            (status(407, HTML), ProviderUnavailableError, "a proxy asks for a login"),
            (status(401, HTML), AuthenticationError, "refuses the login (HTTP 401)"),
            (status(403, HTML), AuthenticationError, "refuses the login (HTTP 403)"),
            (status(400, b'{"error": "invalid_request"}'), AuthenticationError, "?client_id="),
        ],
    )
    def test_what_it_answers_is_told_apart(self, source, metadata, answer, kind, says) -> None:
        metadata.fault = answer
        error = refusal(f"{source}?auth=managed", seconds=1)
        assert type(error) is kind
        assert says in str(error)

    def test_it_is_asked_past_every_proxy(self, source, monkeypatch) -> None:
        """Microsoft supports none; the address is that of this machine's own server."""
        proxy = FaultProxy("http://127.0.0.1:1")
        proxy.fault = status(503)
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv(POD, "http://metadata.invalid")
        try:
            refusal(f"{source}?auth=managed", seconds=1)
        finally:
            proxy.close()
        assert proxy.requests == []


class TestDefaultChain:
    @pytest.fixture(autouse=True)
    def _only_imds(self, azure, monkeypatch):
        """No login but that of the machine, which nothing in the environment speaks of."""
        monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "prod")
        for name in ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"):
            monkeypatch.delenv(name)

    @pytest.fixture
    def link_local(self, monkeypatch):
        """What answers at 169.254.169.254."""
        server = FaultProxy("http://127.0.0.1:1")
        port, resolve = urlsplit(server.url).port, socket.getaddrinfo

        def local(host, number, *more, **options):
            if host == "169.254.169.254":
                host, number = "127.0.0.1", port
            return resolve(host, number, *more, **options)

        monkeypatch.setattr(socket, "getaddrinfo", local)
        yield server
        server.close()

    @pytest.mark.parametrize("code", [401, 403, 404])
    def test_another_clouds_metadata_server_is_none_of_azure(
        self, source, link_local, code
    ) -> None:
        link_local.fault = status(code, HTML)
        error = refusal(source)
        assert type(error) is AuthenticationError
        assert "no Azure login was found" in str(error)

    def test_no_metadata_server_at_all_is_no_login(self, source, link_local) -> None:
        link_local.close()
        error = refusal(source)
        assert type(error) is AuthenticationError
        assert "no Azure login was found" in str(error)

    def test_one_that_is_being_updated_is_unavailable(self, source, link_local) -> None:
        link_local.fault = status(410, HTML)
        error = refusal(source, seconds=1)
        assert type(error) is ProviderUnavailableError
        assert "is not ready (HTTP 410)" in str(error)


ODD_GRANTS = [
    {"access_token": 5, "expires_in": 9},
    {"access_token": None, "expires_in": 9},
    {"access_token": "x"},
    {"access_token": "x", "expires_in": "soon"},
    {"token_endpoint": 5},
]


@pytest.fixture
def entra(azure, source):
    """The login server, behind something that may answer for it; and the source that asks it."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    azure.certificate.configure_cert(tls)
    proxy = FaultProxy("https://localhost:1", server_tls=tls, host="localhost")
    proxy.source = f"{source}?auth=secret&authority={proxy.url.removeprefix('https://')}"
    yield proxy
    proxy.close()


class TestEntra:
    @pytest.mark.parametrize("code", [302, 401, 403, 404])
    @pytest.mark.parametrize("body", [HTML, b"[]", OBJECT], ids=["HTML", "list", "object"])
    def test_a_refusal_of_another_is_none_of_the_login(self, entra, code, body) -> None:
        """It would be a wrong client secret, for which nobody can do anything."""
        entra.fault = status(code, body)
        error = refusal(entra.source)
        assert type(error) is ProviderUnavailableError
        assert f"the answer (HTTP {code}) is not from Entra" in str(error)
        assert "proxy" in error.hint

    @pytest.mark.parametrize(
        "body", [HTML, b"[]", OBJECT, b"[" * 9000], ids=["HTML", "list", "object", "nested"]
    )
    def test_an_answer_of_another_is_none_of_the_login(self, entra, body) -> None:
        entra.fault = status(200, body)
        error = refusal(entra.source)
        assert type(error) is ProviderUnavailableError
        assert "the answer (HTTP 200) is not from Entra" in str(error)

    @pytest.mark.parametrize("word", ["temporarily_unavailable", "server_error"])
    def test_what_will_pass_is_no_refusal(self, entra, word) -> None:
        """Entra says so with a status of 400."""
        entra.fault = status(400, json.dumps({"error": word}).encode())
        error = refusal(entra.source)
        assert type(error) is ProviderUnavailableError
        assert "internal error (HTTP 400)" in str(error)

    @pytest.mark.parametrize("granted", ODD_GRANTS, ids=str)
    def test_a_grant_that_the_sdk_cannot_read_is_no_refusal(self, entra, granted) -> None:
        entra.fault = status(200, json.dumps(granted).encode())
        error = refusal(entra.source)
        assert type(error) is ProviderUnavailableError
        assert "the answer (HTTP 200) is not from Entra" in str(error)

    def test_a_proxy_that_asks_for_a_login_is_named(self, entra) -> None:
        entra.fault = status(407, HTML)
        error = refusal(entra.source)
        assert type(error) is ProviderUnavailableError
        assert "a proxy asks for a login (HTTP 407)" in str(error)

    def test_its_certificate_is_judged_like_that_of_a_vault(
        self, entra, monkeypatch, azure, tmp_path
    ):
        """The variable of the CA is that of both, so a third server shows whose it is."""
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        trustme.CA().issue_cert("localhost").configure_cert(tls)
        other = FaultProxy("https://localhost:1", server_tls=tls, host="localhost")
        try:
            error = refusal(entra.source.replace(entra.url[8:], other.url[8:]))
        finally:
            other.close()
        assert type(error) is ConfigurationError
        assert "not signed by a CA that this machine trusts" in str(error)
        assert "the connection may be intercepted" in error.hint

    def test_one_that_does_not_answer_is_named(self, entra) -> None:
        entra.close()
        error = refusal(entra.source)
        assert type(error) is ProviderUnavailableError
        assert "Entra does not answer" in str(error)


@pytest.mark.parametrize(
    ("auth", "variable"),
    [
        ("default", "AZURE_FEDERATED_TOKEN_FILE"),
        ("certificate", "AZURE_CLIENT_CERTIFICATE_PATH"),
        ("workload", "AZURE_FEDERATED_TOKEN_FILE"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_by_its_variable(
    source, azure, monkeypatch, auth, variable
) -> None:
    """And not by its path, in whose place some put the token itself."""
    monkeypatch.setenv(variable, CANARY)
    monkeypatch.delenv("AZURE_CLIENT_SECRET")  # for the default chain, the first it would take
    error = refusal(f"{source}?auth={auth}&authority={azure.authority}")
    assert type(error) is ConfigurationError
    assert f"Check the file that {variable} names" in str(error)


def test_a_workloads_token_that_is_no_text_is_no_answer(
    source, azure, monkeypatch, tmp_path
) -> None:
    (tmp_path / "token").write_bytes(CANARY.encode("utf-16"))
    monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", str(tmp_path / "token"))
    error = refusal(f"{source}?auth=workload&authority={azure.authority}")
    assert type(error) is ConfigurationError
    assert "AZURE_FEDERATED_TOKEN_FILE" in str(error)


class TestConnection:
    """To the vault; the rows are those of every store, and the SDK must not hide their cause."""

    @pytest.fixture
    def vault(self, azure):
        """Start a server with a certificate of the trusted CA; return the source at it."""
        started = []

        def at(*names: str, host: str = "myvault.vault.test", **more) -> str:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            azure.ca.issue_cert(*names, **more).configure_cert(tls)
            server = FaultProxy("https://localhost:1", server_tls=tls, host=host)
            started.append(server)
            return f"azure-kv://{server.url.removeprefix('https://')}/bot?auth=secret"

        yield at
        for server in started:
            server.close()

    def test_a_certificate_that_has_expired(self, vault) -> None:
        past = datetime(2020, 1, 1, tzinfo=UTC)
        error = refusal(vault("*.vault.test", not_before=past - timedelta(1), not_after=past))
        assert type(error) is ConfigurationError
        assert "the server's certificate has expired" in str(error)
        assert "intercepted" not in str(error)

    def test_a_certificate_for_another_host(self, vault) -> None:
        error = refusal(vault("elsewhere.test"))
        assert type(error) is ConfigurationError
        assert "certificate is for another host" in str(error)
        assert "the connection may be intercepted" in error.hint

    @pytest.mark.parametrize(
        ("code", "says"),
        [
            (407, "a proxy asks for a login (HTTP 407)"),
            (403, "a proxy refuses to connect to the vault"),
            (502, "a proxy refuses to connect to the vault"),
        ],
    )
    def test_a_proxy_that_does_not_connect(self, azure, monkeypatch, code, says) -> None:
        proxy = FaultProxy("http://127.0.0.1:1")
        monkeypatch.setattr(proxy._server.RequestHandlerClass, "do_CONNECT", refusing(code), False)
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:{CANARY}@{proxy.url[7:]}")
        try:
            error = refusal("azure-kv://my-vault/bot?auth=secret")
        finally:
            proxy.close()
        assert type(error) is ProviderUnavailableError
        assert says in str(error)

    def test_a_proxy_that_is_not_there(self, azure, monkeypatch) -> None:
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:{CANARY}@{refusing_address()}")
        error = refusal("azure-kv://my-vault/bot?auth=secret")
        assert type(error) is ProviderUnavailableError
        assert "the proxy does not answer" in str(error)


def refusing(code: int):
    def do_connect(handler) -> None:
        handler.send_error(code)
        handler.close_connection = True

    return do_connect
