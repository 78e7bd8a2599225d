"""From an event in the queue to the first signature of the new pair, while polls are an hour apart.

Budget: 1.5 s. The queue and the store are moto's, on this machine.
"""

from __future__ import annotations

import json
import os
import secrets
import statistics
import threading
import time

import boto3
from moto.server import ThreadedMotoServer

from binance_creds import RefreshPolicy, load_credentials

REGION = "ap-northeast-1"
ROUNDS = 10


def pair() -> str:
    return json.dumps({"api_key": secrets.token_hex(32), "api_secret": secrets.token_hex(32)})


def main() -> None:
    os.environ |= {
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLEEXAMPLE00",
        "AWS_SECRET_ACCESS_KEY": secrets.token_hex(20),
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    store = boto3.client("secretsmanager", endpoint_url=url)
    queues = boto3.client("sqs", endpoint_url=url)
    arn = store.create_secret(Name="bot", SecretString=pair())["ARN"]
    queue = queues.create_queue(QueueName="bot")["QueueUrl"]
    place = f"{url}/{queue.split('/', 3)[3]}?region={REGION}&endpoint_url={url}"
    policy = RefreshPolicy(poll="1h", max_stale="2h", push=[f"sqs:{place}"])
    took = []
    with load_credentials(f"aws-sm://bot?endpoint_url={url}", live=True, refresh=policy) as live:
        while "sqs" not in live.status().change_sources:
            time.sleep(0.01)
        for _ in range(ROUNDS):
            arrived = threading.Event()
            forget = live.on_rotation(lambda _, done=arrived: done.set())
            version = store.put_secret_value(SecretId="bot", SecretString=pair())["VersionId"]
            detail = {"name": "bot", "labelUpdated": "AWSCURRENT", "versionId": version}
            event = {"detail-type": "Secret Label Updated", "resources": [arn], "detail": detail}
            began = time.perf_counter()
            queues.send_message(QueueUrl=queue, MessageBody=json.dumps(event))
            arrived.wait(10)
            live.sign(b"timestamp=1")
            took.append(time.perf_counter() - began)
            forget()
            time.sleep(1.1)  # beyond the spacing of announced fetches
    server.stop()
    print(f"SQS event to first signature: median {statistics.median(took):.2f} s, "
          f"longest {max(took):.2f} s of {ROUNDS}")  # fmt: skip


if __name__ == "__main__":
    main()
