"""A queue of moto's, a Redis server that can be stopped, and a machine without other accounts."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import aws_models
import boto3
import pytest
from fault_proxy import FaultProxy
from moto.server import ThreadedMotoServer
from support import token

from binance_creds._uri import SourceURI
from binance_creds.providers.aws.sqs import SqsAnnouncements

aws_models.read_once()

sys.path.insert(0, str(Path(__file__).parent))  # for push_support.py and redis_support.py

REGION = "ap-northeast-1"


@pytest.fixture(scope="session")
def moto():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="session")
def owner(moto):
    """Building a client of boto3's is slow."""
    session = boto3.Session("AKIAOWNER", token()[:40], region_name=REGION)
    client = session.client("sqs", endpoint_url=moto)
    yield client
    client.close()


@pytest.fixture(autouse=True)
def machine(monkeypatch, tmp_path):
    return prepare(monkeypatch, tmp_path)


def prepare(monkeypatch, tmp_path):
    """A machine with one access key and nothing else that boto3 could find."""
    for name in os.environ:
        if name.startswith(("AWS_", "REDIS_")):
            monkeypatch.delenv(name)
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLEEXAMPLE00",
        "AWS_SECRET_ACCESS_KEY": token()[:40],
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
    }.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


class Queue:
    """What EventBridge and the owner of the queue do; `listen` is what the bot does."""

    def __init__(self, client, moto: str, proxy: FaultProxy) -> None:
        self.client = client
        self.proxy = proxy
        self.moto_url = self.client.create_queue(QueueName=f"q-{token()[:16]}")["QueueUrl"]
        self.url = self.moto_url.replace(moto, proxy.url)
        self.opened = []

    def send(self, *bodies: object) -> None:
        for body in bodies:
            text = body if isinstance(body, str) else json.dumps(body)
            self.client.send_message(QueueUrl=self.moto_url, MessageBody=text)

    def listen(self, url: str | None = None, more: str = f"?region={REGION}") -> SqsAnnouncements:
        self.opened.append(SqsAnnouncements(SourceURI.parse(f"sqs:{url or self.url}{more}")))
        return self.opened[-1]

    def left(self) -> int:
        """Return how many messages are there, also those that were received."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.client.get_queue_attributes(QueueUrl=self.moto_url, AttributeNames=names)
        return sum(int(found["Attributes"][name]) for name in names)


@pytest.fixture
def queue(moto, owner):
    yield from new_queue(moto, owner)


@pytest.fixture(scope="module")
def shared(moto, owner, tmp_path_factory):
    """One queue, and one that listens, for all cases of a table: building a client is slow."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        prepare(monkeypatch, tmp_path_factory.mktemp("machine"))
        for queue in new_queue(moto, owner):
            queue.it = queue.listen()
            assert [] == list(queue.it.wait(0))
            yield queue


def new_queue(moto, owner):
    proxy = FaultProxy(moto)
    queue = Queue(owner, moto, proxy)
    yield queue
    for one in queue.opened:
        one.close()
    proxy.close()


@pytest.fixture(scope="session")
def redis_program() -> None:
    """Skip where Redis is not installed."""
    if shutil.which("redis-server") is None:
        pytest.skip("not installed: redis-server (apt: redis-server)")


@pytest.fixture
def redis_server(redis_program, machine):
    from redis_support import RedisServer

    server = RedisServer()
    yield server
    server.close()
