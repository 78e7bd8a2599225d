"""Stores of this machine that the programs of the pages find by their variables."""

from __future__ import annotations

import json

import aws_models
import boto3
import hvac
import pytest
from moto.server import ThreadedMotoServer
from small_vault import SmallVault
from support import new_key

aws_models.read_once()


@pytest.fixture(scope="session")
def stores():
    """Return the variables of a machine with an AWS account and a Vault."""
    server, vault = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False), SmallVault()
    server.start()
    host, port = server.get_host_and_port()
    login = {"aws_access_key_id": "AKIAEXAMPLEEXAMPLE00", "aws_secret_access_key": "example"}
    address = f"http://{host}:{port}"
    boto3.client(
        "secretsmanager", endpoint_url=address, region_name="eu-central-1", **login
    ).create_secret(Name="prod/binance/main", SecretString=json.dumps(new_key().fields()))
    client = hvac.Client(vault.url, vault.root_token)
    client.secrets.kv.v2.create_or_update_secret(path="prod/binance", secret=new_key().fields())
    client.sys.enable_secrets_engine("transit")
    client.adapter.close()
    yield {name.upper(): text for name, text in login.items()} | {
        "AWS_ENDPOINT_URL": address,
        "AWS_DEFAULT_REGION": "eu-central-1",
        "VAULT_ADDR": vault.url,
        "VAULT_TOKEN": vault.root_token,
    }
    vault.close()
    server.stop()
