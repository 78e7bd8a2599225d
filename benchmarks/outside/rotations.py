"""A change at each store, polled and announced, until it has signed for the first time."""

from __future__ import annotations

import json
import os
import random
import secrets
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import count
from typing import Any, Final

from benchmarks.core import Bench
from benchmarks.far_store import REGION, FarStore, arn
from benchmarks.outside.running import Running, azure_login, login
from benchmarks.outside.servers import ANNOUNCED
from binance_creds import RefreshPolicy, load_credentials

POLL, SPACING = 0.5, 1.1  # seconds
POLLED: Final = RefreshPolicy(poll=POLL, ttl=POLL, jitter=0, max_stale="1h")
Change = Callable[[], object]
Pause = Callable[[], None]
Ways = tuple[str, list[tuple[str, str]]]  # a source whose name is open, and pushes by title


def stores(bench: Bench) -> dict[str, Callable[[], float]]:
    """Return each store, polled and announced; what is polled is never announced."""
    found = of_aws(bench) if bench.has("AWS Secrets Manager", "boto3") else {}
    for name, module, told in (
        ("Vault", "hvac", of_vault),
        ("Google", "google.cloud.secretmanager", of_google),
        ("Azure", "azure.keyvault.secrets", of_azure),
    ):
        if bench.has(name, module):
            store = Running(bench, name.lower())
            source, pushed = told(bench, store.told)
            ways = [("polled", "polled", POLLED, at_random)]
            ways += [(title, ANNOUNCED, announced_by(uri), Spaced()) for title, uri in pushed]
            for title, secret, policy, pause in ways:
                change = lambda store=store, secret=secret: store.store(secret, pair())  # noqa: E731  # bound at once
                change()
                found[f"binance-creds, {name} {title}"] = way(
                    bench, source.format(secret), policy, change, pause
                )
    return found


def of_aws(bench: Bench) -> dict[str, Callable[[], float]]:
    numbers, polled, announcing = count(2), FarStore(bench), FarStore(bench)

    def change(store: FarStore) -> None:
        store.set(version=next(numbers))

    found = {
        "binance-creds, AWS polled": way(
            bench, polled.source("polled"), POLLED, lambda: change(polled), at_random
        )
    }
    for name, uri, announce in pushes(bench):
        found[f"binance-creds, AWS {name}"] = way(
            bench,
            announcing.source(name.replace(" ", "-")),
            announced_by(uri),
            lambda announce=announce: (change(announcing), announce()),
            Spaced(),
        )
    return found


def way(
    bench: Bench, source: str, policy: RefreshPolicy, change: Change, pause: Pause
) -> Callable[[], float]:
    """Return what measures a change of a source that a live handle follows by a policy."""
    live = bench.stack.enter_context(load_credentials(source, live=True, refresh=policy))
    return lambda: until_signed(live, change, pause)


def of_vault(bench: Bench, told: Mapping[str, Any]) -> Ways:
    login(bench, VAULT_TOKEN=told["token"])
    return f"vault://secret/{{}}?address={told['url']}", []


def of_google(bench: Bench, told: Mapping[str, Any]) -> Ways:
    topic = "with Pub/Sub", f"pubsub://my-project/bot?endpoint=http://{told['topic']}"
    source = f"gcp-sm://my-project/{{}}?endpoint=http://{told['rest']}"
    return source, [topic] if bench.has("Pub/Sub", "google.pubsub_v1") else []


def of_azure(bench: Bench, told: Mapping[str, Any]) -> Ways:
    options = azure_login(bench, told)
    queue = "with a storage queue", f"storage-queue:{told['queue']}?{options}"
    source = f"azure-kv://{told['host']}/{{}}?{options}"
    return source, [queue] if bench.has("a storage queue", "azure.storage.queue") else []


def announced_by(uri: str) -> RefreshPolicy:
    return RefreshPolicy(poll="1h", ttl="1h", max_stale="4h", push=[uri])


def pushes(bench: Bench) -> Iterator[tuple[str, str, Change]]:
    """Yield the ways to be told, with what tells."""
    yield "with a signal", "signal:SIGUSR1", lambda: os.kill(os.getpid(), signal.SIGUSR1)
    if bench.has("Redis", "redis") and shutil.which("redis-server"):
        from binance_creds.live import Announcement
        from binance_creds.live.push.redis import announce

        url = redis_server(bench)
        yield "with Redis", url, lambda: announce(url, Announcement())
    else:
        bench.left_out.append("Redis: `redis-server` is not installed")
    if not bench.is_trial and bench.has("SQS", "moto.server"):
        import boto3

        queues = boto3.client("sqs", endpoint_url=sqs_server(bench))
        queue = queues.create_queue(QueueName="bot")["QueueUrl"]
        name = "bench/with-SQS"
        event = {
            "detail-type": "Secret Label Updated",
            "resources": [arn(name)],
            "detail": {"name": name, "labelUpdated": "AWSCURRENT"},
        }
        place = f"{queue}?region={REGION}&endpoint_url={queues.meta.endpoint_url}"
        send = partial(queues.send_message, QueueUrl=queue, MessageBody=json.dumps(event))
        yield "with SQS", f"sqs:{place}", send


def redis_server(bench: Bench) -> str:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=bench.folder)
    bench.stack.enter_context(process)
    bench.stack.callback(process.kill)
    next(line for line in process.stdout if "Ready to accept connections" in line)
    return f"redis://127.0.0.1:{port}/0"


def sqs_server(bench: Bench) -> str:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    bench.stack.callback(server.stop)
    host, port = server.get_host_and_port()
    return f"http://{host}:{port}"


def at_random() -> None:
    """Wait until some moment between two polls."""
    time.sleep(random.uniform(0, POLL))


class Spaced:
    """Waits until a second has passed since the change before: what follows sooner is heard later."""

    def __init__(self) -> None:
        self._next = 0.0

    def __call__(self) -> None:
        time.sleep(max(0.0, self._next - time.monotonic()))
        self._next = time.monotonic() + SPACING


def until_signed(live, change: Change, pause: Pause = at_random) -> float:
    """Return the milliseconds from a change to the first signature."""
    pause()
    arrived = threading.Event()
    forget = live.on_rotation(lambda rotation: arrived.set())
    began = time.perf_counter()
    change()
    if not arrived.wait(20):
        raise RuntimeError(f"no rotation: {live.status()}")
    live.current.sign(b"timestamp=1")
    took = time.perf_counter() - began
    forget()
    return took * 1000


def pair() -> dict[str, str]:
    return {"api_key": secrets.token_hex(32), "api_secret": secrets.token_hex(32)}
