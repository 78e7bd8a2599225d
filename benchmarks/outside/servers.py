"""A server that signs, in a process of its own: `python -m benchmarks.outside.servers KIND`.

It is that of the tests, which know what each service documents. The first line that it prints is
JSON: where the server is, how to log in, and its keys by kind. It ends with its standard input.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

TESTS: Final = Path(__file__).resolve().parents[2] / "tests"
ED25519, RSA, HMAC = "Ed25519", "RSA-2048", "HMAC"


def transit() -> Mapping[str, Any]:
    import hvac
    from small_vault import SmallVault

    vault = SmallVault()
    client = hvac.Client(url=vault.url, token=vault.root_token)
    client.sys.enable_secrets_engine("transit")
    kinds = {ED25519: "ed25519", RSA: "rsa-2048", HMAC: "hmac"}
    for kind in kinds.values():
        client.write_data(f"transit/keys/{kind}", data={"type": kind})
    return {"url": vault.url, "token": vault.root_token, "keys": kinds}


def aws() -> Mapping[str, Any]:
    from kms_server import KmsServer

    server = KmsServer()
    specs = {ED25519: "ECC_NIST_EDWARDS25519", RSA: "RSA_2048"}
    keys = {kind: server.kms.make(spec) for kind, spec in specs.items()}
    return {"url": server.url, "region": server.kms.region, "keys": keys}


def google() -> Mapping[str, Any]:
    import trustme
    from gcp_kms import KmsBackend
    from gcp_server import Server

    server = Server(trustme.CA().issue_cert("localhost"))
    server.backend = KmsBackend()
    algorithms = {ED25519: "EC_SIGN_ED25519", RSA: "RSA_SIGN_PKCS1_2048_SHA256"}
    keys = {kind: server.backend.make(it) for kind, it in algorithms.items()}
    return {"rest": server.plain_rest, "grpc": server.plain_grpc, "keys": keys}


def azure() -> Mapping[str, Any]:
    from azure_keys import PERMISSIONS
    from azure_server import LOGIN, SUFFIX, TENANT, FakeAzure

    server = FakeAzure()
    bundle = Path(tempfile.mkdtemp(), "ca.pem")
    server.ca.cert_pem.write_to_path(str(bundle))
    client, secret = server.client(*PERMISSIONS)
    server.keys.make("bot")
    return {
        "host": server.host, "authority": server.authority, "names": [LOGIN, f".{SUFFIX}"],
        "tenant": TENANT, "client": client, "secret": secret, "bundle": str(bundle),
        "keys": {RSA: "bot"},
    }  # fmt: skip


def find(*modules: str) -> None:
    """Make modules of the tests importable, wherever they lie."""
    for module in modules:
        sys.path += {str(it.parent) for it in TESTS.rglob(f"{module}.py")}


def main() -> None:
    find("small_vault", "kms_server", "gcp_server", "gcp_kms", "azure_server", "azure_keys")
    serve = {"transit": transit, "aws": aws, "google": google, "azure": azure}[sys.argv[1]]
    print(json.dumps(serve()), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
