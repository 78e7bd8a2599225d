"""1,000 AWS secrets at 20 ms a request: together, in batches, against one by one.

Budget: 50 requests, and at least 30 times faster. The store is a process of its own that knows two
calls of the API and answers each after 20 ms; one by one is measured on a tenth.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

REGION, MANY, DELAY_SECONDS, ROUNDS = "ap-northeast-1", 1000, 0.02, 3


class Store(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    requests = 0

    def do_GET(self) -> None:
        self._answer({"requests": Store.requests})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        Store.requests += 1
        time.sleep(DELAY_SECONDS)
        if "SecretId" in asked:
            self._answer(_secret(asked["SecretId"]))
        else:
            self._answer({"SecretValues": [_secret(name) for name in asked["SecretIdList"]]})

    def _answer(self, body: dict) -> None:
        content = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Quiet."""


def _secret(name: str) -> dict[str, object]:
    number = int(name.rpartition("/")[2])
    pair = json.dumps({"api_key": f"{number:064x}", "api_secret": f"{number + MANY:064x}"})
    return {"ARN": f"arn:{name}", "Name": name, "VersionId": f"v{number}", "SecretString": pair}


def serve() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Store)
    print(server.server_port, flush=True)
    server.serve_forever()


def measured(url: str) -> tuple[float, float, int]:
    """Return the seconds together, the seconds one by one, and the requests together."""
    from urllib.request import urlopen

    from binance_creds import load_credentials, load_many

    options = f"?region={REGION}&endpoint_url={url}"
    sources = {str(number): f"aws-sm://bench/{number}{options}" for number in range(1, MANY + 1)}
    load_credentials(sources["1"])
    asked = json.load(urlopen(url))["requests"]
    together = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        assert len(load_many(sources, fresh=True)) == MANY
        together.append(time.perf_counter() - began)
    requests = (json.load(urlopen(url))["requests"] - asked) // ROUNDS
    began = time.perf_counter()
    for number in range(1, MANY // 10 + 1):
        load_credentials(sources[str(number)], fresh=True)
    return min(together), (time.perf_counter() - began) * 10, requests


def main() -> None:
    os.environ |= {
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLEEXAMPLE00",
        "AWS_SECRET_ACCESS_KEY": secrets.token_hex(20),
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    store = subprocess.Popen([sys.executable, __file__, "serve"], stdout=subprocess.PIPE, text=True)
    try:
        together, alone, requests = measured(f"http://127.0.0.1:{store.stdout.readline().strip()}")
    finally:
        store.kill()
        store.wait()
        store.stdout.close()
    print(f"{requests} requests, {together:.2f} s against {alone:.1f} s: {alone / together:.0f}x")


if __name__ == "__main__":
    serve() if "serve" in sys.argv else main()
