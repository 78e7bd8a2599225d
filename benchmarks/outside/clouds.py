"""Keys in Vault's Transit engine and in the clouds, on servers of this machine."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any, Final

from benchmarks.core import Bench
from benchmarks.far_store import ENVIRON
from benchmarks.outside.places import PAYLOAD, Place, signing
from benchmarks.outside.running import azure_login, login

TRANSPORTS: Final = {"rest": "REST", "grpc": "gRPC"}
DIGEST: Final = sha256(PAYLOAD).digest()


def transit(bench: Bench, at: Mapping[str, Any]) -> Iterator[Place]:
    import hvac

    login(bench, VAULT_TOKEN=at["token"])
    engine = hvac.Client(url=at["url"], token=at["token"]).secrets.transit
    text = b64encode(PAYLOAD).decode()
    rsa = {"hash_algorithm": "sha2-256", "signature_algorithm": "pkcs1v15"}
    alone = {
        "Ed25519": lambda name: engine.sign_data(name, text),
        "RSA-2048": lambda name: engine.sign_data(name, text, **rsa),
        "HMAC": lambda name: engine.generate_hmac(name, text, algorithm="sha2-256"),
    }
    for kind, name in at["keys"].items():
        uri = f"vault-transit://transit/{name}?address={at['url']}"
        ours = signing(f"transit-{kind}", signer=uri)
        yield Place(f"Vault Transit, {kind}", ours, lambda kind=kind, name=name: alone[kind](name))


def aws(bench: Bench, at: Mapping[str, Any]) -> Iterator[Place]:
    import boto3

    login(bench, **ENVIRON)
    client = boto3.client("kms", endpoint_url=at["url"], region_name=at["region"])
    algorithms = {"Ed25519": "ED25519_SHA_512", "RSA-2048": "RSASSA_PKCS1_V1_5_SHA_256"}
    for kind, arn in at["keys"].items():
        asked = {
            "KeyId": arn, "Message": PAYLOAD, "MessageType": "RAW",
            "SigningAlgorithm": algorithms[kind],
        }  # fmt: skip
        ours = signing(f"aws-{kind}", signer=f"aws-kms:{arn}?endpoint_url={at['url']}")
        yield Place(f"AWS KMS, {kind}", ours, lambda asked=asked: client.sign(**asked))


def google(at: Mapping[str, Any]) -> Iterator[Place]:
    from binance_creds.providers.google._crc32c import crc32c

    messages = {
        "Ed25519": {"data": PAYLOAD, "data_crc32c": crc32c(PAYLOAD)},
        "RSA-2048": {"digest": {"sha256": DIGEST}, "digest_crc32c": crc32c(DIGEST)},
    }
    for transport in TRANSPORTS:
        host = at[transport]
        client = google_client(transport, host)
        for kind, name in at["keys"].items():
            request = {"name": name, **messages[kind]}
            uri = f"gcp-kms:{name}?transport={transport}&endpoint=http://{host}"
            yield Place(
                f"Google KMS {TRANSPORTS[transport]}, {kind}",
                signing(f"google-{transport}-{kind}", signer=uri),
                lambda client=client, request=request: client.asymmetric_sign(request=request),
            )


def google_client(transport: str, host: str) -> Any:
    import grpc
    from google.auth.credentials import AnonymousCredentials
    from google.cloud.kms_v1 import KeyManagementServiceClient
    from google.cloud.kms_v1.services.key_management_service import transports

    if transport == "grpc":
        made = transports.KeyManagementServiceGrpcTransport(channel=grpc.insecure_channel(host))
    else:
        made = transports.KeyManagementServiceRestTransport(
            host=host, credentials=AnonymousCredentials(), url_scheme="http"
        )
    return KeyManagementServiceClient(transport=made)


def azure(bench: Bench, at: Mapping[str, Any]) -> Iterator[Place]:
    from azure.identity import ClientSecretCredential
    from azure.keyvault.keys import KeyClient
    from azure.keyvault.keys.crypto import SignatureAlgorithm

    options = azure_login(bench, at)
    who = ClientSecretCredential(
        at["tenant"], at["client"], at["secret"],
        authority=f"https://{at['authority']}", disable_instance_discovery=True,
    )  # fmt: skip
    keys = KeyClient(f"https://{at['host']}", who)
    for kind, name in at["keys"].items():
        version = keys.get_key(name).properties.version
        alone = keys.get_cryptography_client(name, key_version=version)
        uri = f"azure-keys://{at['host']}/{name}?{options}"
        ours = signing("azure", signer=uri)
        yield Place(
            f"Azure Key Vault, {kind}",
            ours,
            lambda alone=alone: alone.sign(SignatureAlgorithm.rs256, DIGEST),
        )
