"""Secrets Manager of AWS at an address of this machine (moto)."""

from __future__ import annotations

import json
from typing import Self

import boto3
from moto.server import ThreadedMotoServer
from support import token

REGION = "ap-northeast-1"
LOGIN = {
    "AWS_ACCESS_KEY_ID": "AKIAEXAMPLEEXAMPLE00",
    "AWS_SECRET_ACCESS_KEY": token()[:40],
    "AWS_EC2_METADATA_DISABLED": "true",
}


class SecretsManager:
    def __init__(self) -> None:
        self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self._server.start()
        self.url = "http://{}:{}".format(*self._server.get_host_and_port())
        self._client = boto3.client(
            "secretsmanager", endpoint_url=self.url, region_name=REGION,
            aws_access_key_id=LOGIN["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=LOGIN["AWS_SECRET_ACCESS_KEY"],
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_) -> None:
        self.stop()

    def stop(self) -> None:
        self._server.stop()

    def put(self, name: str, fields: dict[str, str]) -> None:
        """Write a version, the first or the next one."""
        text = json.dumps(fields)
        try:
            self._client.create_secret(Name=name, SecretString=text)
        except self._client.exceptions.ResourceExistsException:  # moto has one account a process
            self._client.put_secret_value(SecretId=name, SecretString=text)
