"""One server a worker, a new backend a test, and no Google account but those made here."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

sys.path.insert(0, str(Path(__file__).parent))  # for gcp_server.py

from gcp_kms import KmsBackend  # as above
from gcp_server import BOT, Backend, Server, public_pem, write_key  # as above

from binance_creds.providers.google import _secret_manager as provider  # as above
from binance_creds.providers.google.kms._key import CLIENTS  # as above
from binance_creds.providers.remote import _retries  # as above
from binance_creds.signers import SignerURI  # as above


@pytest.fixture(scope="session")
def ca(google_ca):
    return google_ca


@pytest.fixture(scope="session")
def running(ca):
    server = Server(ca[0].issue_cert("localhost"))
    yield server
    server.close()


@pytest.fixture(scope="session")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 1024)  # small: checking it takes a login's time


@pytest.fixture
def server(running, key):
    """The server with nothing in it but the key of one service account."""
    running.backend = Backend(keys={BOT: public_pem(key)})
    return running


@pytest.fixture
def backend(server) -> Backend:
    return server.backend


@pytest.fixture
def key_file(tmp_path, key) -> str:
    """The JSON file of the service account."""
    path = str(tmp_path / "key.json")
    write_key(path, key)
    return path


@pytest.fixture(autouse=True)
def _alone(monkeypatch, tmp_path, ca, key_file):
    """The account is the default one, nothing of this machine is asked, and pauses are short."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", ca[1])
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", key_file)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "gcloud"))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.setenv("NO_PROXY", "localhost")
    monkeypatch.setattr(_retries, "FIRST_PAUSE_SECONDS", 0.001)
    provider.LOGINS.clear()
    yield
    provider.LOGINS.clear()


@pytest.fixture(params=["grpc", "rest"])
def endpoint(request, server) -> str:
    """The options that name the server, for each transport."""
    return f"transport={request.param}&endpoint={getattr(server, request.param)}"


@pytest.fixture
def kms(server, key):
    server.backend = KmsBackend(keys={BOT: public_pem(key)})
    yield server.backend
    CLIENTS.clear()


@pytest.fixture
def uri(endpoint):
    def uri(name: str, more: str = "") -> SignerURI:
        return SignerURI.parse(f"gcp-kms:{name}?{endpoint}{more}")

    return uri


@pytest.fixture
def rest(server):
    return lambda name, more="": SignerURI.parse(f"gcp-kms:{name}?endpoint={server.rest}{more}")
