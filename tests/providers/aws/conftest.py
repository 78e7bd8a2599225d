"""moto as AWS, a real server on a socket, and boto3 without anything of this machine's account."""

from __future__ import annotations

import json
import os

import aws_models
import boto3
import pytest
from fault_proxy import FaultProxy
from kms_server import KmsServer
from moto.server import ThreadedMotoServer
from support import token

from binance_creds.providers.aws._login import CLIENTS
from binance_creds.providers.remote import _retries
from binance_creds.signers import SignerURI

aws_models.read_once()

REGION = "ap-northeast-1"


@pytest.fixture(scope="session")
def moto():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(autouse=True)
def machine(monkeypatch, tmp_path):
    """A machine with one access key and nothing else that boto3 could find."""
    for name in os.environ:
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLEEXAMPLE00",
        "AWS_SECRET_ACCESS_KEY": token()[:40],
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(_retries, "FIRST_PAUSE_SECONDS", 0.001)
    CLIENTS.clear()
    return monkeypatch


class Account:
    """What the owner of the account does; `source` is what the bot's owner writes."""

    def __init__(self, url: str, proxy: FaultProxy) -> None:
        self.client = boto3.client("secretsmanager", endpoint_url=url, region_name=REGION)
        self.url = url
        self.proxy = proxy

    def put(self, name: str, fields: dict[str, str] | str | bytes) -> str:
        """Write a version, and make it the current one; return its ARN."""
        value = (
            {"SecretBinary": fields}
            if isinstance(fields, bytes)
            else {"SecretString": fields if isinstance(fields, str) else json.dumps(fields)}
        )
        try:
            return self.client.create_secret(Name=name, **value)["ARN"]
        except self.client.exceptions.ResourceExistsException:
            return self.client.put_secret_value(SecretId=name, **value)["ARN"]

    def source(self, name: str, more: str = "", *, url: str | None = None) -> str:
        slashes = "" if name.startswith("arn:") else "//"
        region = "" if name.startswith("arn:") else f"region={REGION}&"
        return f"aws-sm:{slashes}{name}?{region}endpoint_url={url or self.proxy.url}{more}"


@pytest.fixture
def proxy(moto):
    proxy = FaultProxy(moto)
    yield proxy
    proxy.close()


@pytest.fixture
def account(moto, proxy, machine):
    return Account(moto, proxy)


@pytest.fixture(scope="module")
def kms_server():
    server = KmsServer()
    yield server
    server.close()


@pytest.fixture
def kms(kms_server):
    kms_server.kms.__init__()
    return kms_server.kms


@pytest.fixture
def front(kms_server):
    front = FaultProxy(kms_server.url)
    yield front
    front.close()


@pytest.fixture
def uri(kms, front):
    """Return the URI of a key of KMS, behind a proxy that can spoil answers."""

    def uri(key: str, more: str = "", *, region: str = REGION) -> SignerURI:
        where = "" if key.startswith("arn:") else f"&region={region}"
        slashes = "" if key.startswith("arn:") else "//"
        text = f"aws-kms:{slashes}{key}?endpoint_url={front.url}{where}{more}"
        return SignerURI.parse(text)

    return uri
