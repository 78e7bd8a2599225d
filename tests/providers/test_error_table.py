"""The one look-up from what goes wrong with a store to our errors."""

from __future__ import annotations

import datetime as dt
import http.server
import ssl
import threading
from http.client import BadStatusLine

import pytest
import requests
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from support import caught
from urllib3.exceptions import ProtocolError
from waiting import PATIENCE

from binance_creds.errors import (
    AccessDeniedError,
    AuthenticationError,
    ConfigurationError,
    MalformedSecretError,
    ProviderUnavailableError,
    SecretNotFoundError,
    ThrottledError,
)
from binance_creds.providers.remote._error_row import SILENT, THROTTLED, ErrorRow
from binance_creds.providers.remote._errors import ErrorTable

INTERCEPTED = "the connection may be intercepted"
TABLE = ErrorTable(
    {
        "NotFound": (
            ErrorRow(SecretNotFoundError, "{store} has no such version.", says="version"),
            ErrorRow(SecretNotFoundError, "{store} has no such secret."),
        ),
        "SlowDown": THROTTLED,
        403: ErrorRow(AccessDeniedError, "denied.", "Ask {store}'s owner."),
        KeyError: ErrorRow(MalformedSecretError, "no such member.", reason="member"),
        LookupError: ErrorRow(AuthenticationError, "no login."),
        requests.exceptions.RequestException: SILENT,
    },
    store="the shop",
    address="`address`",
    ca="SHOP_CACERT",
    certificate="SHOP_CERT",
)


class TestAnswers:
    @pytest.mark.parametrize(
        ("signs", "said", "kind", "says"),
        [
            (("NotFound", 403), "no such version", SecretNotFoundError, "shop has no such version"),
            (("NotFound", 403), "nothing", SecretNotFoundError, "shop has no such secret"),
            (("New", 403), "no", AccessDeniedError, "denied. Ask the shop's owner."),
            (("SlowDown",), "", ThrottledError, "the shop asks for fewer requests"),
            (("New",), "", ProviderUnavailableError, "an unknown reason (HTTP 418)"),
        ],
    )
    def test_the_first_sign_with_a_row_that_fits_decides(self, signs, said, kind, says) -> None:
        error = TABLE.answered(signs, said, status=418, is_own=True)
        assert type(error) is kind
        assert says in str(error)

    @pytest.mark.parametrize(
        ("status", "said", "kind", "says"),
        [
            (302, "", ProviderUnavailableError, "answer (HTTP 302) is not from the shop"),
            (403, "<html>", ProviderUnavailableError, "answer (HTTP 403) is not from the shop"),
            (404, "[]", ProviderUnavailableError, "answer (HTTP 404) is not from the shop"),
            (407, "", ProviderUnavailableError, "a proxy asks for a login"),
            (429, "", ThrottledError, "fewer requests"),
            (511, "", ProviderUnavailableError, "answer (HTTP 511) is not from the shop"),
            (502, "", ProviderUnavailableError, "internal error (HTTP 502)"),
            (400, "The plain HTTP request was sent to HTTPS port", ConfigurationError, "https://"),
        ],
    )
    def test_what_others_answer_is_not_the_stores_refusal(self, status, said, kind, says) -> None:
        """A row without `says`, such as the one of 403, counts in the store's own words only."""
        error = TABLE.answered((status,), said, status=status, is_own=False)
        assert type(error) is kind
        assert says in str(error)

    def test_what_a_store_asks_for_is_kept(self) -> None:
        for signs in (("SlowDown",), ()):
            error = TABLE.answered(signs, "", status=429, is_own=True, retry_after_seconds=7)
            assert error.retry_after_seconds == 7


class TestRaised:
    def test_the_nearest_class_with_a_row_decides(self) -> None:
        assert type(TABLE.raised(IndexError("x"))) is AuthenticationError
        error = TABLE.raised(KeyError("x"))
        assert ("member", "no such member.") == (error.reason, error.message)

    def test_what_is_ours_stays(self) -> None:
        ours = AccessDeniedError("no", hint="Ask.")
        again = TABLE.raised(ours)
        assert again is not ours
        assert (AccessDeniedError, "no Ask.") == (type(again), str(again))

    @pytest.mark.parametrize("kind", [AttributeError, TypeError, ValueError, RecursionError])
    def test_what_an_sdk_cannot_take_apart_is_not_of_the_store(self, kind) -> None:
        error = TABLE.raised(kind("x"))
        assert type(error) is ProviderUnavailableError
        assert "the answer is not from the shop" in str(error)

    def test_anything_else_is_named_by_its_class_alone(self) -> None:
        error = TABLE.raised(RuntimeError("a secret"))
        assert "the request failed (RuntimeError)." == str(error)

    def test_a_circle_of_causes_ends(self) -> None:
        first, second = RuntimeError("a"), RuntimeError("b")
        first.__cause__, second.__cause__ = second, first
        assert TABLE.raised(first).code == "unavailable"


class _Silent(http.server.ThreadingHTTPServer):
    def handle_error(self, request, client_address) -> None:
        """Handshakes that fail are what these tests are about."""


class _Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def do_CONNECT(self) -> None:
        self.send_response(int(self.path.partition(".")[0]))
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep the output of tests clean."""


@pytest.fixture
def serve():
    """Start a server with a context of TLS, or without; give its port."""
    servers = []

    def one(context: ssl.SSLContext | None = None) -> int:
        server = _Silent(("127.0.0.1", 0), _Answer)
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        servers.append(server)
        return server.server_port

    yield one
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def folder(tmp_path, authority, monkeypatch):
    for name in ("HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    (tmp_path / "empty.pem").write_text("")
    leaf = authority.issue_cert("localhost")
    leaf.cert_chain_pems[0].write_to_path(tmp_path / "certificate-alone.pem")
    return tmp_path


def context_of(leaf: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf.configure_cert(context)
    return context


def asked(port: int, **options: object) -> BaseException:
    """Return what asking a server over TLS fails with, in our words."""
    with requests.Session() as session:
        return TABLE.raised(
            caught(session.get, f"https://localhost:{port}", timeout=PATIENCE, **options)
        )


def write_self_signed(path) -> str:
    """Write a key and a certificate for localhost that it signed itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now - DAY, now + DAY)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(certificate.public_bytes(Encoding.PEM) + key.private_bytes(*form))
    return str(path)


DAY = dt.timedelta(days=1)


@pytest.mark.parametrize(
    ("host", "dates", "says", "may_be_intercepted"),
    [
        ("localhost", {"not_after": -DAY}, "has expired", False),
        ("localhost", {"not_before": DAY}, "is not valid yet", False),
        ("other.example", {}, "is for another host", True),
    ],
)
def test_a_certificate_is_told_by_what_is_wrong_with_it(
    serve, folder, authority, host, dates, says, may_be_intercepted
) -> None:
    now = dt.datetime.now(dt.UTC)
    leaf = authority.issue_cert(host, **{name: now + delta for name, delta in dates.items()})
    error = asked(serve(context_of(leaf)), verify=str(folder / "ca.pem"))
    assert type(error) is ConfigurationError
    assert f"the server's certificate {says}" in str(error)
    assert may_be_intercepted is (INTERCEPTED in str(error))


def test_a_certificate_of_an_unknown_ca_may_be_of_somebody_between(serve, folder) -> None:
    error = asked(
        serve(context_of(trustme.CA().issue_cert("localhost"))), verify=str(folder / "ca.pem")
    )
    assert "not signed by a CA that this machine trusts" in str(error)
    assert f"set SHOP_CACERT; otherwise {INTERCEPTED}" in str(error)


def test_a_self_signed_certificate_is_named(serve, folder) -> None:
    """As what signs itself, which OpenSSL says for a CA's own certificate too."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(write_self_signed(folder / "self.pem"))
    error = asked(serve(context), verify=str(folder / "ca.pem"))
    assert f"is self-signed. If it is yours, set SHOP_CACERT; otherwise {INTERCEPTED}" in str(error)


def test_a_server_without_tls_has_shown_no_certificate(serve, folder) -> None:
    error = asked(serve(), verify=str(folder / "ca.pem"))
    assert type(error) is ConfigurationError
    assert "does not speak TLS at this port" in str(error)
    assert INTERCEPTED not in str(error)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (
            {"cert": "certificate-alone.pem"},
            "private key is missing or does not match. Check SHOP_CERT.",
        ),
        ({"cert": "none.pem"}, "cannot be read. Check the paths in SHOP_CACERT and SHOP_CERT."),
        ({"verify": "none.pem"}, "missing or holds none. Check that SHOP_CACERT"),
        ({"verify": "empty.pem"}, "missing or holds none. Check that SHOP_CACERT"),
    ],
)
def test_files_of_certificates_are_told_apart(serve, folder, authority, options, says) -> None:
    paths = {name: str(folder / path) for name, path in options.items()}
    port = serve(context_of(authority.issue_cert("localhost")))
    error = asked(port, **{"verify": str(folder / "ca.pem"), **paths})
    assert type(error) is ConfigurationError
    assert says in str(error)


def test_an_alert_of_tls_says_that_the_port_wants_https() -> None:
    """What a server without the words of Go's or nginx's answers to http."""
    line = BadStatusLine("\x15\x03\x03\0\2\2P")
    error = TABLE.raised(requests.ConnectionError(ProtocolError("Connection aborted.", line)))
    assert type(error) is ConfigurationError
    assert "the server expects https, but the address says http." in str(error)


def test_a_file_that_is_missing_below_an_error_of_the_transport_is_a_certificates() -> None:
    """botocore and azure.core wrap it in an error that says nothing of files."""
    wrapped = RuntimeError("connection closed")
    wrapped.__cause__ = FileNotFoundError(2, "No such file or directory")
    assert "a certificate file cannot be read" in str(TABLE.raised(wrapped))


@pytest.mark.parametrize(
    ("status", "says"), [(407, "asks for a login (HTTP 407)"), (403, "refuses to connect")]
)
def test_a_proxy_that_refuses_is_named(serve, folder, monkeypatch, status, says) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{serve()}")
    error = TABLE.raised(caught(requests.get, f"https://{status}.example", timeout=PATIENCE))
    assert type(error) is ProviderUnavailableError
    assert f"a proxy {says}" in str(error)


@pytest.mark.parametrize(
    ("text", "kind", "says"),
    [
        ("[SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED]", ConfigurationError, "Set SHOP_CERT"),
        ("[SSL: UNEXPECTED_EOF_WHILE_READING]", ProviderUnavailableError, "ended the connection"),
        ("[SSL: NO_SHARED_CIPHER] no shared cipher", ConfigurationError, "TLS handshake failed"),
    ],
)
def test_what_depends_on_the_release_of_openssl(text, kind, says) -> None:
    error = TABLE.raised(ssl.SSLError(1, text))
    assert type(error) is kind
    assert says in str(error)
