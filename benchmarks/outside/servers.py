"""A service in a process of its own: `python -m benchmarks.outside.servers KIND`.

It is that of the tests, which know what each service documents. The first line that it prints is
JSON: where the server is, how to log in, and its keys by kind. Each line that it reads is a new
version of a secret, `NAME PAIR`, which it answers with a line. It announces those of `announced`
where there is a way to. It ends with its standard input.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

TESTS: Final = Path(__file__).resolve().parents[2] / "tests"
ED25519, RSA, HMAC = "Ed25519", "RSA-2048", "HMAC"
ANNOUNCED: Final = "announced"
Service = tuple[Mapping[str, Any], Callable[[str, str], object]]  # what it says, and what stores


def vault() -> Service:
    import hvac
    from small_vault import SmallVault

    server = SmallVault()
    client = hvac.Client(url=server.url, token=server.root_token)
    client.sys.enable_secrets_engine("transit")
    kinds = {ED25519: "ed25519", RSA: "rsa-2048", HMAC: "hmac"}
    for kind in kinds.values():
        client.write_data(f"transit/keys/{kind}", data={"type": kind})

    def store(name: str, pair: str) -> None:
        client.secrets.kv.v2.create_or_update_secret(name, secret=json.loads(pair))

    return {"url": server.url, "token": server.root_token, "keys": kinds}, store


def aws() -> Service:
    from kms_server import KmsServer

    server = KmsServer()
    specs = {ED25519: "ECC_NIST_EDWARDS25519", RSA: "RSA_2048"}
    keys = {kind: server.kms.make(spec) for kind, spec in specs.items()}
    return {"url": server.url, "region": server.kms.region, "keys": keys}, nothing


def google() -> Service:
    import trustme
    from gcp_kms import KmsBackend
    from gcp_server import Server
    from pubsub_server import PubSubServer

    server, topic = Server(trustme.CA().issue_cert("localhost")), PubSubServer()
    server.backend = KmsBackend()
    algorithms = {ED25519: "EC_SIGN_ED25519", RSA: "RSA_SIGN_PKCS1_2048_SHA256"}
    keys = {kind: server.backend.make(it) for kind, it in algorithms.items()}

    def store(name: str, pair: str) -> None:
        number = server.backend.put(f"projects/my-project/secrets/{name}", pair)
        secret = f"projects/123456789/secrets/{name}"
        version = f"{secret}/versions/{number}"
        if name == ANNOUNCED:
            topic.publish(eventType="SECRET_VERSION_ADD", secretId=secret, versionId=version)

    where = {"rest": server.plain_rest, "grpc": server.plain_grpc}
    return {**where, "topic": f"localhost:{topic.port}", "keys": keys}, store


def azure() -> Service:
    from azure_keys import PERMISSIONS
    from azure_server import LOGIN, SUFFIX, TENANT, FakeAzure
    from queue_server import QUEUE, QueueServer

    server = FakeAzure()
    queue = QueueServer(server)
    bundle = Path(tempfile.mkdtemp(), "ca.pem")
    server.ca.cert_pem.write_to_path(str(bundle))
    client, secret = server.client("get", "list", *PERMISSIONS)
    server.keys.make("bot")

    def store(name: str, pair: str) -> None:
        version = server.put(name, pair)
        where = {"VaultName": "myvault", "ObjectType": "Secret", "ObjectName": name}
        data = {
            "Id": f"https://{server.host}/secrets/{name}/{version}",
            "Version": version,
            **where,
        }
        event = {"specversion": "1.0", "source": "/subscriptions/x", "id": version}
        kind = "Microsoft.KeyVault.SecretNewVersionCreated"
        if name == ANNOUNCED:
            queue.put(json.dumps({**event, "type": kind, "subject": name, "data": data}))

    return {
        "host": server.host, "authority": server.authority, "names": [LOGIN, f".{SUFFIX}"],
        "tenant": TENANT, "client": client, "secret": secret, "bundle": str(bundle),
        "queue": f"{queue.account}/{QUEUE}", "keys": {RSA: "bot"},
    }, store  # fmt: skip


def nothing(name: str, pair: str) -> None:
    """AWS has a store of its own here: `benchmarks.far_store`."""


def find(*modules: str) -> None:
    """Make modules of the tests importable, wherever they lie."""
    for module in modules:
        sys.path += {str(it.parent) for it in TESTS.rglob(f"{module}.py")}


def main() -> None:
    find("serving", "small_vault", "kms_server", "gcp_server", "gcp_kms", "pubsub_server")
    find("azure_server", "azure_keys", "queue_server")
    told, store = {"vault": vault, "aws": aws, "google": google, "azure": azure}[sys.argv[1]]()
    print(json.dumps(told), flush=True)
    for line in sys.stdin:
        name, _, pair = line.strip().partition(" ")
        store(name, pair)
        print("stored", flush=True)


if __name__ == "__main__":
    main()
