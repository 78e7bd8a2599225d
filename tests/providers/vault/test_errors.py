"""Every row of the table from hvac's errors to ours, provoked; and that none of them leaks."""

from __future__ import annotations

import json
import ssl
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import hvac.exceptions
import pytest
import trustme
from fault_proxy import (
    FaultProxy,
    answer,
    hang,
    refusing_address,
    reset,
    status,
    trickle,
    truncated,
)
from support import caught, token
from waiting import LONG, PATIENCE, beside, timed

from binance_creds.errors import (
    AccessDeniedError,
    AuthenticationError,
    ConfigurationError,
    ProviderUnavailableError,
    SecretDisabledError,
    SecretNotFoundError,
    ThrottledError,
)
from binance_creds.providers import Deadline, SourceURI
from binance_creds.providers.remote import _retries
from binance_creds.providers.vault._errors import TABLE, translated
from binance_creds.providers.vault._session import SESSIONS
from binance_creds.providers.vault.kv_secrets import VaultProvider
from binance_creds.testing import assert_no_leak, watch_for_leaks

CANARY = token()
SHORT = 1.0  # seconds, for what ends by the deadline alone


@pytest.fixture(autouse=True)
def _briefly(monkeypatch):
    """Four attempts take no time worth waiting for."""
    monkeypatch.setattr(_retries, "FIRST_PAUSE_SECONDS", 0.001)


def refusal(source: str, seconds: float = 20) -> BaseException:
    with watch_for_leaks(CANARY):
        error = caught(VaultProvider(SourceURI.parse(source)).fetch, Deadline(seconds))
    assert_no_leak(CANARY, error)
    return error


def saying(*errors: str, **more: object) -> bytes:
    return json.dumps({"errors": [*errors], **more, "x": CANARY}).encode()


def gone(**metadata: object) -> bytes:
    shown = {"deletion_time": "2026-01-01T00:00:00.5Z", "destroyed": False, **metadata}
    return json.dumps({"data": {"data": None, "metadata": shown}, "x": CANARY}).encode()


PAGE = f"<html>{CANARY}</html>".encode()
UPGRADE = "Upgrading from non-versioned to versioned data. Please wait."
TLS_PAGE = b"Client sent an HTTP request to an HTTPS server.\n"
KV2 = "Invalid path for a versioned K/V secrets engine. See the API docs."

ANSWERS = {
    "no handler": (404, saying('no handler for route "x".'), ConfigurationError, "no secrets eng"),
    "namespace": (404, saying("namespace not found"), ConfigurationError, "no such namespace"),
    "wrong version": (404, saying(warnings=[KV2]), ConfigurationError, "KV version 2"),
    "absent": (404, b'{"errors":[]}', SecretNotFoundError, "no such secret"),
    "no page": (
        404,
        saying("the page is lost"),
        ProviderUnavailableError,
        "is not from the Vault server",
    ),
    "deleted": (404, gone(), SecretDisabledError, "undelete"),
    "destroyed": (404, gone(destroyed=True), SecretDisabledError, "destroyed for good"),
    "odd data": (
        404,
        b'{"data":[1],"errors":7}',
        ProviderUnavailableError,
        "is not from the Vault server",
    ),
    "upgrading": (400, saying(UPGRADE), ProviderUnavailableError, "being upgraded"),
    "no token": (400, saying("missing client token"), AuthenticationError, "not accepted"),
    "invalid": (400, saying(f"bad {CANARY}"), ConfigurationError, "as invalid"),
    "unauthorized": (401, saying("x"), AuthenticationError, "not accepted"),
    "forbidden": (403, saying("permission denied"), AccessDeniedError, "not permitted"),
    "lagging": (
        412,
        saying("required index state not present"),
        ProviderUnavailableError,
        "internal error",
    ),
    "standby": (500, saying("local node not active"), ProviderUnavailableError, "standby"),
    "internal": (500, saying(f"x {CANARY}"), ProviderUnavailableError, "internal error"),
    "new": (501, saying("not initialized"), ProviderUnavailableError, "vault operator init"),
    "gateway": (502, saying("upstream"), ProviderUnavailableError, "internal error"),
    "sealed": (503, saying("Vault is sealed"), ProviderUnavailableError, "vault operator unseal"),
    "standby, 503": (503, saying("node not active"), ProviderUnavailableError, "standby"),
    "down": (503, saying(), ProviderUnavailableError, "internal error"),
    "not json": (
        200,
        b"<" + CANARY.encode(),
        ProviderUnavailableError,
        "is not from the Vault server",
    ),
    "a list": (500, b'["x"]', ProviderUnavailableError, "internal error (HTTP 500)"),
    "other members": (200, saying(), ProviderUnavailableError, "is not from the Vault server"),
    "half": (
        200,
        b'{"data":{"data":{}}}',
        ProviderUnavailableError,
        "is not from the Vault server",
    ),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_of_the_server(operator, name) -> None:
    code, body, kind, says = ANSWERS[name]
    with operator.proxy.failing(_but_for_logins(status(code, body))):
        error = refusal(operator.source("secret/bot/x", "&kv=2"))
    assert type(error) is kind, str(error)
    assert says in str(error)
    assert error.source == "vault:secret/bot/x?address=...&kv=..."


def _but_for_logins(fault):
    def some(handler, code, head, body):
        is_secret = "lookup-self" not in handler.path and "/internal/ui/" not in handler.path
        (fault if is_secret else answer)(handler, code, head, body)

    return some


PAGES = {
    "http to https": (400, TLS_PAGE, ConfigurationError, "https:// in `address`"),
    "web server": (404, PAGE, ProviderUnavailableError, "is not from the Vault server"),
    "portal that logs in": (401, PAGE, ProviderUnavailableError, "is not from the Vault server"),
    "firewall": (403, PAGE, ProviderUnavailableError, "is not from the Vault server"),
    "balancer": (502, PAGE, ProviderUnavailableError, "internal error"),
    "portal": (200, PAGE, ProviderUnavailableError, "is not from the Vault server"),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_something_in_between(operator, name) -> None:
    code, body, kind, says = PAGES[name]
    with operator.proxy.failing(status(code, body, Content_Type="text/html")):
        error = refusal(operator.source("secret/bot/x", "&kv=2"))
    assert type(error) is kind, str(error)
    assert says in str(error)


def test_a_denied_token_is_told_from_one_that_is_not_accepted(operator) -> None:
    denied = status(403, saying("1 error occurred:\n\t* permission denied\n\n"))

    def only_the_secret(handler, code, head, body):
        (denied if "/data/" in handler.path else answer)(handler, code, head, body)

    with operator.proxy.failing(only_the_secret):
        error = refusal(operator.source("secret/bot/x"))
    assert type(error) is AccessDeniedError
    with operator.proxy.failing(denied):
        SESSIONS.clear()
        error = refusal(operator.source("secret/bot/x"))
    assert type(error) is AuthenticationError


@pytest.mark.parametrize("form", ["seconds", "date", "none"])
def test_a_rate_limit_is_obeyed(operator, form) -> None:
    """And no pause is begun that would outlast the deadline."""
    later = datetime.now(UTC) + timedelta(seconds=300)
    head = {"seconds": {"Retry_After": "300"}, "none": {}}.get(
        form, {"Retry_After": format_datetime(later, usegmt=True)}
    )
    with operator.proxy.failing(status(429, saying("rate limit"), **head)):
        with timed() as took:
            error = refusal(operator.source("secret/bot/x"))
    assert type(error) is ThrottledError
    assert took.fair < 15
    if form == "none":
        assert error.retry_after_seconds is None
    else:
        assert 280 < error.retry_after_seconds <= 300


@pytest.mark.parametrize("fault", [hang, trickle])
def test_a_server_that_never_ends_keeps_the_deadline(operator, fault) -> None:
    with operator.proxy.failing(fault):
        with timed() as took:
            error = refusal(operator.source("secret/bot/x"), SHORT)
    assert type(error) is ProviderUnavailableError
    assert took.fair < SHORT + 2


def test_a_server_that_hangs_does_not_hold_up_another(operator) -> None:
    """With a secret of the same path, so that both sources look alike."""
    path = f"secret/bot/{token()[:12]}"
    operator.put(path, {"api_key": token(), "api_secret": token()})
    with operator.proxy.failing(hang):
        refusal(operator.source(path), SHORT)
        it = VaultProvider(SourceURI.parse(operator.source(path, url=operator.server.url)))
        assert beside(lambda: it.fetch(Deadline(LONG))).result(PATIENCE).version == "1"


@pytest.mark.parametrize("fault", [reset, truncated])
def test_an_answer_that_breaks_off_is_asked_for_again(operator, fault) -> None:
    path = f"secret/bot/{token()[:12]}"
    operator.put(path, {"api_key": CANARY, "api_secret": CANARY})
    source = operator.source(path)
    with operator.proxy.failing(fault):
        error = refusal(source)
    assert type(error) is ProviderUnavailableError
    with operator.proxy.failing(fault, times=2):
        assert VaultProvider(SourceURI.parse(source)).fetch(Deadline(PATIENCE)).version == "1"


def sealed(start) -> str:
    server = start()
    hvac.Client(url=server.url, token=server.root_token).sys.seal()
    return server.url


def test_a_sealed_server(operator, start) -> None:
    """A real one, where one is there."""
    error = refusal(operator.source("secret/bot/x", url=sealed(start)))
    assert type(error) is ProviderUnavailableError
    assert "unseal" in str(error)


def no_ca_file(operator, machine, tmp_path):
    machine.setenv("VAULT_CACERT", str(tmp_path / CANARY))
    return operator.source("secret/bot/x", url="https://127.0.0.1:1")


def no_certificate(operator, machine, tmp_path):
    machine.setenv("VAULT_CLIENT_CERT", str(tmp_path / CANARY))
    return operator.source("secret/bot/x", url="https://127.0.0.1:1")


def no_host(operator, machine, tmp_path):
    return operator.source("secret/bot/x", url="http://")


def odd_port(operator, machine, tmp_path):
    return operator.source("secret/bot/x", url="https://vault.example:port")


def nobody_listens(operator, machine, tmp_path):
    return operator.source("secret/bot/x", url=f"http://{refusing_address()}")


def no_such_host(operator, machine, tmp_path):
    return operator.source("secret/bot/x", url="https://nothing.invalid")


def dead_proxy(operator, machine, tmp_path):
    machine.setenv("HTTPS_PROXY", f"http://user:{CANARY}@{refusing_address()}")
    return operator.source("secret/bot/x", url="https://vault.example")


@pytest.mark.parametrize(
    ("arrange", "kind", "says"),
    [
        (no_ca_file, ConfigurationError, "VAULT_CACERT"),
        (no_certificate, ConfigurationError, "VAULT_CLIENT_CERT"),
        (no_host, ConfigurationError, "not a URL"),
        (odd_port, ConfigurationError, "not a URL"),
        (nobody_listens, ProviderUnavailableError, "does not answer"),
        (no_such_host, ProviderUnavailableError, "does not resolve"),
        (dead_proxy, ProviderUnavailableError, "does not answer"),
    ],
)
@pytest.mark.filterwarnings("ignore:a store is read over http")
def test_a_fault_of_the_machine_or_the_way(operator, machine, tmp_path, arrange, kind, says):
    machine.setenv("VAULT_TOKEN", CANARY)
    error = refusal(arrange(operator, machine, tmp_path))
    assert type(error) is kind, str(error)
    assert says in str(error)


@pytest.fixture
def tls(operator):
    """A proxy of a private authority before the server, and that authority."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    secure = FaultProxy(operator.server.url, server_tls=context)
    yield secure, authority
    secure.close()


@pytest.mark.parametrize("variable", ["VAULT_CACERT", "BAO_CACERT"])
def test_a_certificate_that_is_not_trusted_is_permanent(
    operator, tls, machine, tmp_path, variable
) -> None:
    """And is accepted once its authority is named; nothing was asked before."""
    secure, authority = tls
    machine.setenv("VAULT_SKIP_VERIFY", "true")
    operator.put("secret/bot/tls", {"api_key": token(), "api_secret": token()})
    source = operator.source("secret/bot/tls", url=secure.url)
    error = refusal(source)
    assert type(error) is ConfigurationError
    assert "VAULT_CACERT" in str(error)
    assert secure.requests == []
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    machine.setenv(variable, str(tmp_path / "ca.pem"))
    SESSIONS.clear()
    assert VaultProvider(SourceURI.parse(source)).fetch(Deadline(PATIENCE)).version


@pytest.mark.parametrize("way", ["down", "along"])
def test_a_redirect_is_followed_but_never_to_http(operator, tls, machine, tmp_path, way) -> None:
    """As a standby sends one to the active node."""
    secure, authority = tls
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    machine.setenv("VAULT_CACERT", str(tmp_path / "ca.pem"))
    operator.put("secret/bot/moved", {"api_key": token(), "api_secret": token()})
    base = operator.proxy.url if way == "down" else secure.url

    def redirect(handler, code, head, body):
        to = f"{base}{handler.path}"
        answer(handler, 307, {"Location": to}, b"")

    it = VaultProvider(
        SourceURI.parse(operator.source("secret/bot/moved", "&kv=2", url=secure.url))
    )
    with secure.failing(redirect, times=None if way == "down" else 1):
        outcome = (
            caught(it.fetch, Deadline(PATIENCE)) if way == "down" else it.fetch(Deadline(PATIENCE))
        )
    if way == "along":
        assert outcome.version
    else:
        assert type(outcome) is ConfigurationError
        assert "from https to http" in str(outcome)
        assert operator.proxy.requests == []


def test_every_status_that_hvac_tells_apart_has_a_row() -> None:
    """A new class in a later version fails here first; 429 is known by its status."""
    kinds = {type(hvac.exceptions.VaultError.from_status(status)) for status in range(400, 600)}
    assert kinds - TABLE.rows.keys() == {hvac.exceptions.RateLimitExceeded}
    assert 429 in TABLE.rows


def test_an_error_of_no_known_class_is_unavailable_and_names_only_its_class() -> None:
    error = translated(RuntimeError(CANARY))
    assert type(error) is ProviderUnavailableError
    assert "RuntimeError" in str(error)
    assert_no_leak(CANARY, error)
