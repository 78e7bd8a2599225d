"""A store of AWS in a process of its own, as far away as it is told: `FarStore`.

It knows what a reader calls of the API, counts requests, and can hang or fail.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.request import Request, urlopen

REGION: Final = "ap-northeast-1"
ENVIRON: Final = {
    "AWS_ACCESS_KEY_ID": "AKIAEXAMPLEEXAMPLE00",
    "AWS_SECRET_ACCESS_KEY": secrets.token_hex(20),
    "AWS_DEFAULT_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
}


class FarStore:
    """The store as a benchmark sees it; its process ends with the stack."""

    def __init__(self, bench: Any) -> None:
        from benchmarks.loopback import started

        os.environ.update(ENVIRON)
        self.url = f"http://127.0.0.1:{started(bench.stack, '-m', 'benchmarks.far_store')}"

    def source(self, name: object) -> str:
        return f"aws-sm://bench/{name}?region={REGION}&endpoint_url={self.url}"

    def client(self, connections: int = 10) -> Any:
        """Return a client of boto3 for this store."""
        import boto3
        from botocore.config import Config

        config = Config(max_pool_connections=connections)
        return boto3.client("secretsmanager", endpoint_url=self.url, config=config)

    def set(self, **state: object) -> None:
        """Change what it does: `delay`, `mode` (`ok`, `hang`, `fail`), `version`."""
        urlopen(Request(self.url, json.dumps(state).encode(), method="PUT")).close()

    @property
    def requests(self) -> int:
        with urlopen(self.url) as answer:
            return json.load(answer)["requests"]


class State:
    """What the process does."""

    delay, mode, version, requests = 0.0, "ok", 1, 0
    lock = threading.Lock()  # guards requests


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        self.answer({"requests": State.requests})

    def do_PUT(self) -> None:
        for name, value in self.asked().items():
            setattr(State, name, value)
        self.answer({})

    def do_POST(self) -> None:
        asked, target = self.asked(), self.headers["X-Amz-Target"].rpartition(".")[2]
        with State.lock:
            State.requests += 1
        time.sleep(0.5 if State.mode == "hang" else State.delay)
        if State.mode == "fail":
            self.answer({"__type": "InternalServiceError", "Message": "down"}, 500)
        elif target == "BatchGetSecretValue":
            self.answer({"SecretValues": [secret(name) for name in asked["SecretIdList"]]})
        elif target == "DescribeSecret":
            self.answer(description(asked["SecretId"]))
        else:
            self.answer(secret(asked["SecretId"]))

    def asked(self) -> dict[str, Any]:
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

    def answer(self, body: dict[str, object], status: int = 200) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


class Server(ThreadingHTTPServer):
    request_queue_size = 2000
    daemon_threads = True


def description(name: str) -> dict[str, object]:
    versions = {f"{State.version:032}": ["AWSCURRENT"]}
    return {"ARN": arn(name), "Name": name, "VersionIdsToStages": versions}


def secret(name: str) -> dict[str, object]:
    number = sum(name.encode()) * 1_000_003 + State.version
    pair = json.dumps({"api_key": f"{number:064x}", "api_secret": f"{number + 1:064x}"})
    return {
        "ARN": arn(name), "Name": name, "VersionId": f"{State.version:032}",
        "VersionStages": ["AWSCURRENT"], "SecretString": pair,
    }  # fmt: skip


def arn(name: str) -> str:
    return f"arn:aws:secretsmanager:{REGION}:123456789012:secret:{name}-AbCdEf"


if __name__ == "__main__":
    server = Server(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()  # ends with the benchmark
