"""Google Cloud KMS by Google's own messages, over gRPC with TLS and a service account."""

from __future__ import annotations

from contextlib import contextmanager

from cryptography.hazmat.primitives.asymmetric import rsa
from gcp_kms import KmsBackend
from gcp_server import BOT, Code, Refusal, Server, public_pem, write_key

from binance_creds import KeyType
from binance_creds.providers.google._secret_manager import LOGINS
from binance_creds.providers.google.kms._key import CLIENTS
from key_stores.front import Front
from key_stores.store import Kept, KeyStore, new_private, swapped_private

ALGORITHMS = {KeyType.ED25519: "EC_SIGN_ED25519", KeyType.RSA: "RSA_SIGN_PKCS1_2048_SHA256"}


class GoogleKms(KeyStore):
    scheme = "gcp-kms"

    def __init__(self, folder, authority) -> None:
        ca, bundle = authority
        self.server = Server(ca.issue_cert("localhost"))
        login = rsa.generate_private_key(65537, 1024)  # small: checking it takes a login's time
        write_key(f"{folder}/login.json", login)
        self.kms = self.server.backend = KmsBackend(keys={BOT: public_pem(login)})
        host, _, port = self.server.grpc.rpartition(":")
        self.front = Front((host, int(port)))
        self.environ = {
            "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": bundle,
            "GOOGLE_APPLICATION_CREDENTIALS": f"{folder}/login.json",
            "CLOUDSDK_CONFIG": f"{folder}/gcloud",
            "NO_GCE_CHECK": "true",
        }

    def make(self, key_type: KeyType, more: str = "", *, over: Kept | None = None) -> Kept:
        private = new_private(key_type)
        name = self.kms.make(ALGORITHMS[key_type], private)
        endpoint = f"transport=grpc&endpoint=localhost:{self.front.port}"
        return Kept(f"gcp-kms:{name}?{endpoint}{more}", private, name)

    @contextmanager
    def throttled(self, key: Kept):
        self.kms.faults["*"] = [Refusal(Code.RESOURCE_EXHAUSTED, "no")]
        yield
        self.kms.faults.clear()

    @contextmanager
    def denied(self, key: Kept):
        names = ("useToSign", "viewPublicKey")
        self.kms.denied |= {(BOT, f"cloudkms.cryptoKeyVersions.{name}") for name in names}
        yield
        self.kms.denied.clear()

    @contextmanager
    def disabled(self, key: Kept):
        self.kms.keys_of[key.name].state = "DISABLED"
        yield
        self.kms.keys_of[key.name].state = "ENABLED"

    @contextmanager
    def swapped(self, key: Kept):
        with swapped_private(self.kms.keys_of[key.name]):
            yield

    def close(self) -> None:
        CLIENTS.clear()
        LOGINS.clear()
        self.front.close()
        self.server.close()
