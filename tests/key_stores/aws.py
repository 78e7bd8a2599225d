"""AWS KMS by botocore's own model of the service."""

from __future__ import annotations

from contextlib import contextmanager
from urllib.parse import urlsplit

from kms_server import KmsServer, Refusal
from support import token

from binance_creds import KeyType
from binance_creds.providers.aws._login import CLIENTS
from key_stores.front import Front
from key_stores.store import Kept, KeyStore, new_private, query, swapped_private

SPECS = {KeyType.ED25519: "ECC_NIST_EDWARDS25519", KeyType.RSA: "RSA_2048"}


class AwsKms(KeyStore):
    scheme = "aws-kms"

    def __init__(self, folder, authority) -> None:
        self.server = KmsServer()
        self.kms = self.server.kms
        self.front = Front(("127.0.0.1", urlsplit(self.server.url).port))
        self.environ = {
            "AWS_ACCESS_KEY_ID": "AKIAEXAMPLEEXAMPLE00",
            "AWS_SECRET_ACCESS_KEY": token()[:40],
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": f"{folder}/config",
            "AWS_SHARED_CREDENTIALS_FILE": f"{folder}/credentials",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.front.port}",
        }

    def make(self, key_type: KeyType, more: str = "", *, over: Kept | None = None) -> Kept:
        private = new_private(key_type)
        arn = self.kms.make(SPECS[key_type], private=private)
        alias = over.name if over else f"alias/bot-{len(self.kms.aliases)}"
        self.kms.aliases[alias] = arn
        options = query("&region=ap-northeast-1", more)
        return Kept(f"aws-kms://{alias}{options}", private, alias)

    @contextmanager
    def throttled(self, key: Kept):
        self.kms.refusal = Refusal("ThrottlingException")
        yield
        self.kms.refusal = None

    @contextmanager
    def denied(self, key: Kept):
        self.kms.denied |= {"Sign", "GetPublicKey"}
        yield
        self.kms.denied.clear()

    @contextmanager
    def disabled(self, key: Kept):
        version = self.kms.keys[self.kms.aliases[key.name]]
        version.state = "Disabled"
        yield
        version.state = "Enabled"

    @contextmanager
    def swapped(self, key: Kept):
        with swapped_private(self.kms.keys[self.kms.aliases[key.name]]):
            yield

    def close(self) -> None:
        CLIENTS.clear()
        self.front.close()
        self.server.close()
