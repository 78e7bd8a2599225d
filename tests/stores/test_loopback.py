"""What goes to this machine itself goes through no proxy, whatever the environment says."""

from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from gcp_server import write_key
from listener import Listener
from support import caught, token
from waiting import PATIENCE

from binance_creds import load_credentials
from binance_creds._loopback import is_loopback, is_loopback_url
from binance_creds.errors import CredentialsError
from binance_creds.live.push._registry import change_source_for

pytestmark = pytest.mark.unmeasured


@pytest.fixture
def listener():
    made = []

    def one() -> Listener:
        made.append(Listener())
        return made[-1]

    yield one
    for each in made:
        each.close()


@pytest.fixture
def proxy(listener, machine):
    """A proxy that the environment names for everything."""
    proxy = listener()
    proxy.be_proxy(machine)
    return proxy


@pytest.fixture
def logins(machine, tmp_path):
    """Logins that a store must be asked to believe."""
    write_key(tmp_path / "google.json", rsa.generate_private_key(65537, 1024))
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLEEXAMPLE00",
        "AWS_SECRET_ACCESS_KEY": token()[:40],
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": str(tmp_path / "none"),
        "AZURE_TENANT_ID": "tenant",
        "AZURE_CLIENT_ID": "client",
        "AZURE_CLIENT_SECRET": token(),
        "VAULT_TOKEN": token(),
    }.items():
        machine.setenv(name, value)
    return machine


def federated(path, port: int) -> None:
    """Write a login whose token is asked for at this machine."""
    path.write_text(
        json.dumps(
            {
                "type": "external_account",
                "audience": "//iam.googleapis.com/projects/1/x",
                "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
                "token_url": "https://sts.googleapis.com/v1/token",
                "credential_source": {"url": f"http://127.0.0.1:{port}/token"},
            }
        )
    )


SOURCES = {
    "vault": "vault://secret/bot?address=http://127.0.0.1:{port}",
    "vault, another spelling": "vault://secret/bot?address=http://[::FFFF:127.0.0.1]:{port}",
    "aws": "aws-sm://bot?region=eu-west-1&endpoint_url=http://127.0.0.1:{port}",
    "aws, over TLS": "aws-sm://bot?region=eu-west-1&endpoint_url=https://localhost:{port}",
    "aws, its role": "aws-sm://bot?region=eu-west-1&role_arn=arn:aws:iam::012345678901:role/bot",
    "gcp, REST": "gcp-sm://my-project/bot?transport=rest&endpoint=http://127.0.0.1:{port}",
    "gcp, gRPC": "gcp-sm://my-project/bot?transport=grpc&endpoint=http://localhost:{port}",
    "gcp, gRPC over TLS": "gcp-sm://my-project/bot?transport=grpc&endpoint=127.0.0.1:{port}"
    "&credentials_file={folder}/google.json",
    "gcp, its login": "gcp-sm://my-project/bot?credentials_file={folder}/federated.json",
    "azure": "azure-kv://127.0.0.1:{port}/bot?auth=secret",
    "azure, its login": "azure-kv://127.0.0.1:{port}/bot?auth=secret&authority=localhost:{port}",
}
PUSH = {
    "sqs": "sqs:http://127.0.0.1:{port}/012345678901/bot?region=eu-west-1",
    "pubsub": "pubsub://my-project/bot?endpoint=http://localhost:{port}",
    "storage queue": "storage-queue:http://127.0.0.1:{port}/account/bot?auth=connection-string",
}


@pytest.mark.parametrize("name", SOURCES)
def test_a_store_on_this_machine_is_asked_directly(name, proxy, listener, logins, tmp_path) -> None:
    store = listener()
    logins.setenv("AWS_ENDPOINT_URL_STS", f"http://127.0.0.1:{store.port}")
    federated(tmp_path / "federated.json", store.port)
    source = SOURCES[name].format(port=store.port, folder=tmp_path)
    assert isinstance(caught(load_credentials, source, timeout_seconds=PATIENCE), CredentialsError)
    assert proxy.heard == []
    assert store.heard


@pytest.mark.parametrize("name", PUSH)
def test_a_push_source_on_this_machine_is_asked_directly(name, proxy, listener, logins) -> None:
    queue = listener()
    account = f"http://127.0.0.1:{queue.port}/account"
    logins.setenv(
        "AZURE_STORAGE_CONNECTION_STRING",
        f"AccountName=account;AccountKey={token()};QueueEndpoint={account}",
    )
    source = change_source_for(PUSH[name].format(port=queue.port))
    caught(source.wait, 2)
    source.close()
    assert proxy.heard == []
    assert queue.heard


def test_what_is_elsewhere_goes_through_the_proxy(proxy, logins) -> None:
    """Or the tests above would prove nothing."""
    for source in (
        "vault://secret/bot?address=https://vault.example",
        "aws-sm://bot?region=eu-west-1",
        "azure-kv://my-vault/bot?auth=secret",
    ):
        caught(load_credentials, source, timeout_seconds=PATIENCE)
    hosts = [line.split()[1] for line in proxy.heard]
    assert {b"vault.example:443", b"secretsmanager.eu-west-1.amazonaws.com:443"} <= set(hosts)
    assert b"my-vault.vault.azure.net:443" in hosts
    assert not any(b"127.0.0.1" in host for host in hosts)


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST.", "127.0.0.1", "127.8.9.10", "127.1", "2130706433", "::1",
     "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1", "::FFFF:7f00:1", "::1%lo"],
)  # fmt: skip
def test_this_machine_has_many_names(host) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [None, "", "localhost.example", "localhost..", "notlocalhost", "127.0.0.1.example", "10.0.0.1",
     "128.0.0.1", "::2", "::ffff:10.0.0.1", "1:2", "127.0.0.256", "١٢٧.0.0.1"],
)  # fmt: skip
def test_others_do_not(host) -> None:
    assert not is_loopback(host)


def test_an_address_that_is_none_is_not_this_machine() -> None:
    assert is_loopback_url("http://[::1]:8200/v1")
    assert is_loopback_url("//127.0.0.1:8200")
    assert not is_loopback_url("http://[::1/x")
