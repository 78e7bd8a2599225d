"""Cloud KMS on the server of these tests, by Google's own messages.

Source of its behaviour: reference of the Cloud KMS API, v1, GetPublicKey, AsymmetricSign and
CreateCryptoKey; "Key states", which has PENDING_GENERATION.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import gcp_server
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from gcp_server import Backend, Code, Refusal, public_pem
from google.cloud import kms_v1 as api

from binance_creds.providers.google._crc32c import crc32c

Algorithm = api.CryptoKeyVersion.CryptoKeyVersionAlgorithm
RING = "projects/my-project/locations/europe-west3/keyRings/bots"
KEY = f"{RING}/cryptoKeys/main"

gcp_server.SERVICES.add("google.cloud.kms.v1.KeyManagementService")
gcp_server.TYPES |= {
    "CreateCryptoKey": (api.CreateCryptoKeyRequest, api.CryptoKey),
    "GetPublicKey": (api.GetPublicKeyRequest, api.PublicKey),
    "AsymmetricSign": (api.AsymmetricSignRequest, api.AsymmetricSignResponse),
}
gcp_server.BODIES["CreateCryptoKey"] = "cryptoKey"
gcp_server.ROUTES += [
    ("POST", r"/v1/(.+/keyRings/[^/:]+)/cryptoKeys", "CreateCryptoKey", "parent"),
    ("GET", r"/v1/(.+/cryptoKeyVersions/[^/:]+)/publicKey", "GetPublicKey", "name"),
    ("POST", r"/v1/(.+/cryptoKeyVersions/[^/:]+):asymmetricSign", "AsymmetricSign", "name"),
]


@dataclass
class Version:
    algorithm: str
    state: str = "ENABLED"
    private: object = None
    pending: int = 0  # requests until it has been generated

    def __post_init__(self) -> None:
        if self.private is not None:
            return
        if self.algorithm == "EC_SIGN_ED25519":
            self.private = ed25519.Ed25519PrivateKey.generate()
        elif self.algorithm.startswith("RSA_"):
            self.private = rsa.generate_private_key(65537, 2048)
        else:
            self.private = ec.generate_private_key(ec.SECP256R1())


@dataclass
class KmsBackend(Backend):
    """The versions of keys, by their full names, and what is damaged on its way."""

    keys_of: dict[str, Version] = field(default_factory=dict)
    asked: list[object] = field(default_factory=list)
    damaged: str = ""  # the name of a method, or `request`
    meeting: threading.Barrier | None = None  # signatures wait here for each other
    pending: int = 0  # of new versions
    empty: set[str] = field(default_factory=set)  # keys without a version

    def make(self, algorithm: str = "EC_SIGN_ED25519", private: object = None) -> str:
        """Make a version of the one key, and return its full name."""
        name = f"{KEY}/cryptoKeyVersions/{len(self.keys_of) + 1}"
        self.keys_of[name] = Version(algorithm, private=private)
        return name

    def version(self, name: str, caller: str, permission: str) -> Version:
        self.allow(caller, f"cloudkms.cryptoKeyVersions.{permission}", name)
        if name not in self.keys_of:
            raise Refusal(Code.NOT_FOUND, f"CryptoKeyVersion {name} not found.")
        found = self.keys_of[name]
        found.pending -= 1
        if found.state == "PENDING_GENERATION" and found.pending < 0:
            found.state = "ENABLED"
        if found.state != "ENABLED":
            text = f"{name} is not enabled, current state is: {found.state}."
            raise Refusal(Code.FAILED_PRECONDITION, text)
        return found

    def on_CreateCryptoKey(self, request, caller):
        self.allow(caller, "cloudkms.cryptoKeys.create", request.parent)
        if request.parent != RING:
            raise Refusal(Code.NOT_FOUND, f"KeyRing {request.parent} not found.")
        name = f"{request.parent}/cryptoKeys/{request.crypto_key_id}"
        if name in self.empty or any(one.startswith(f"{name}/") for one in self.keys_of):
            raise Refusal(Code.ALREADY_EXISTS, f"CryptoKey {name} already exists.")
        assert request.crypto_key.purpose == api.CryptoKey.CryptoKeyPurpose.ASYMMETRIC_SIGN
        algorithm = request.crypto_key.version_template.algorithm.name
        self.keys_of[f"{name}/cryptoKeyVersions/1"] = Version(
            algorithm, "PENDING_GENERATION", pending=self.pending
        )
        return api.CryptoKey(name=name)

    def on_GetPublicKey(self, request, caller):
        version = self.version(request.name, caller, "viewPublicKey")
        pem = public_pem(version.private)
        checksum = crc32c(pem.encode()) ^ (self.damaged == "GetPublicKey")
        return api.PublicKey(
            name=request.name, pem=pem, algorithm=Algorithm[version.algorithm], pem_crc32c=checksum
        )

    def on_AsymmetricSign(self, request, caller):
        version = self.version(request.name, caller, "useToSign")
        self.asked.append(request)
        if self.meeting is not None:
            self.meeting.wait()
        if version.algorithm == "EC_SIGN_ED25519":
            assert not request.digest
            assert request.data_crc32c == crc32c(request.data)
            signature, verified = version.private.sign(request.data), "verified_data_crc32c"
        else:
            assert not request.data
            digest = request.digest.sha256
            assert request.digest_crc32c == crc32c(digest)
            signature = version.private.sign(digest, padding.PKCS1v15(), Prehashed(SHA256()))
            verified = "verified_digest_crc32c"
        return api.AsymmetricSignResponse(
            name=request.name,
            signature=signature,
            signature_crc32c=crc32c(signature) ^ (self.damaged == "AsymmetricSign"),
            **{verified: self.damaged != "request"},
        )
