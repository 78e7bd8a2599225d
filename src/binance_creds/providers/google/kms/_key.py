"""The code behind `key`; it needs the SDK."""

from __future__ import annotations

import re
import time
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

import google.cloud.kms_v1 as kms  # `from` would hide that it is absent
from google.api_core.exceptions import (
    Conflict,
    DeadlineExceeded,
    NotFound,
    ServiceUnavailable,
)
from google.cloud.kms_v1.services.key_management_service import transports

from binance_creds._enums import KeyType
from binance_creds.errors import ConfigurationError, SecretNotFoundError
from binance_creds.providers.google._crc32c import crc32c
from binance_creds.providers.google._endpoint import PROJECT, endpoint_of
from binance_creds.providers.google._errors import translated
from binance_creds.providers.google._login import LOGINS, GoogleLogin
from binance_creds.providers.google._transport import transport_of
from binance_creds.providers.google.kms._creation import creation_of, no_key_ring
from binance_creds.providers.google.kms._errors import DAMAGED, KEYS, NO_FIRST
from binance_creds.providers.remote._call import ATTEMPT_SECONDS, Remote
from binance_creds.providers.remote._client_pool import ClientPool
from binance_creds.providers.remote._error_row import FOREIGN
from binance_creds.signers._making import of_type
from binance_creds.signers._public_key import read_version, unsupported

if TYPE_CHECKING:
    from binance_creds._time._deadline import Deadline
    from binance_creds.errors import CredentialsError
    from binance_creds.signers import KeyVersion, SignerURI

__all__ = ["CLIENTS", "CloudKmsKey"]

CLIENTS: Final = ClientPool[Any]()
"""Of the process, by endpoint and transport: a signature pays for no new connection."""

_NAME: Final = re.compile(
    f"projects/{PROJECT}/locations/[a-z0-9-]+/keyRings/[\\w-]+/cryptoKeys/[\\w-]+"
    "(?P<version>/cryptoKeyVersions/[1-9][0-9]*)?",
    re.ASCII,
)
_ALGORITHMS: Final = frozenset(
    {"EC_SIGN_ED25519", *(f"RSA_SIGN_PKCS1_{bits}_SHA256" for bits in (2048, 3072, 4096))}
)


class CloudKmsKey:
    """Sign with one version of a key of Google Cloud KMS.

    Options: `credentials_file` and `impersonate` choose who asks; else application default
    credentials do. `transport` is `rest` (default) or `grpc`. `endpoint` is a host or a URL; over
    http, which is for emulators, there is no login.

    Attributes:
        is_pinned: always: a version of a key never changes.

    Raises:
        ConfigurationError: no version of a key, or options that do not fit.
    """

    is_pinned = True

    def __init__(self, uri: SignerURI) -> None:
        self._name = _name_of(uri)
        self._endpoint = endpoint_of(uri)
        self._is_rest = uri.choice("transport", "rest", "grpc") == "rest"
        who = uri.option("credentials_file"), uri.option("impersonate")
        self._login = None if self._endpoint.is_plain else who
        self._remote = Remote(
            uri,
            loggers=("google", "grpc", "urllib3"),
            translated=lambda error: translated(error, KEYS),
            forget_login=lambda before: LOGINS.drop(self._login, built_before=before),
        )

    def describe(self, deadline: Deadline) -> KeyVersion:
        """Return the version with its public half: one GetPublicKey.

        Raises:
            CredentialsError: as the table of `_errors` says.
        """
        return self._remote.call(lambda: self._described(deadline), deadline, purpose="describe")

    def create(self, key_type: KeyType, deadline: Deadline) -> KeyVersion:
        """Make the key with its first version, and wait until that can sign. Blocks.

        Cloud KMS gives no private half out. A key of this type that has the name is returned.

        Raises:
            ConfigurationError: HMAC, not the first version, or there is no such key ring.
            ConflictError: another key has the name.
            CredentialsError: as the table of `_errors` says.
        """
        request = creation_of(self._name, key_type)
        self._remote.call(lambda: self._make(request, deadline), deadline, purpose="create")
        return self._remote.call(
            lambda: of_type(self._first(deadline), key_type), deadline, purpose="describe"
        )

    def sign(self, payload: bytes, version: KeyVersion, deadline: Deadline) -> bytes:
        """Return the signature: one AsymmetricSign.

        Raises:
            CredentialsError: as the table of `_errors` says.
        """
        message = _message(payload, version.key_type)
        return self._remote.sign(lambda: self._signed(message, deadline), deadline)

    def close(self) -> None:
        """Nothing is open: login and client are the process's."""

    def _make(self, request: dict[str, Any], deadline: Deadline) -> None:
        try:
            self._asked("create_crypto_key", request, deadline)
        except Conflict:  # it is there, by an attempt before this one or by others
            return
        except NotFound as error:
            refusal = _absent(error, no_key_ring(request["parent"]))
        else:
            return
        raise refusal

    def _first(self, deadline: Deadline) -> KeyVersion:
        try:
            return self._described(deadline)
        except NotFound as error:
            refusal = _absent(error, NO_FIRST.error())
        raise refusal

    def _described(self, deadline: Deadline) -> KeyVersion:
        answer = self._asked("get_public_key", {"name": self._name}, deadline)
        pem = answer.pem.encode()
        if not pem:
            raise KEYS.error(FOREIGN)
        if answer.pem_crc32c != crc32c(pem):
            raise DAMAGED.error()
        algorithm = kms.CryptoKeyVersion.CryptoKeyVersionAlgorithm(answer.algorithm).name
        if algorithm not in _ALGORITHMS:
            raise unsupported(algorithm)
        return read_version(pem, self._name)

    def _signed(self, message: dict[str, Any], deadline: Deadline) -> bytes:
        answer = self._asked("asymmetric_sign", {"name": self._name, **message}, deadline)
        signature: bytes = answer.signature
        if not signature:
            raise KEYS.error(FOREIGN)
        has_arrived = answer.verified_digest_crc32c or answer.verified_data_crc32c
        if not has_arrived or answer.signature_crc32c != crc32c(signature):
            raise DAMAGED.error()
        return signature

    def _asked(self, method: str, request: dict[str, Any], deadline: Deadline) -> Any:
        who = self._login
        login = None if who is None else LOGINS.get(who, lambda: GoogleLogin(*who))
        headers = login.headers(deadline) if login else {}
        universe = login.universe if login else ""
        place = self._endpoint, self._is_rest, universe
        began = time.monotonic()
        client = CLIENTS.get(place, lambda: self._new_client(universe))
        try:
            return getattr(client, method)(
                request=request,
                retry=None,  # the SDK's own knows no Retry-After
                timeout=min(ATTEMPT_SECONDS, deadline.remaining_seconds),
                metadata=tuple(headers.items()),
            )
        except (DeadlineExceeded, ServiceUnavailable):
            # gRPC keeps a connection that leads nowhere, and is slow to try one that was refused.
            CLIENTS.drop(place, built_before=began)
            raise

    def _new_client(self, universe: str) -> Any:
        """Return a client without credentials: they are in the headers."""
        rest, grpc = (
            transports.KeyManagementServiceRestTransport,
            transports.KeyManagementServiceGrpcTransport,
        )
        transport = transport_of(
            rest if self._is_rest else grpc,
            self._endpoint,
            f"cloudkms.{universe}",
            KEYS,
            is_rest=self._is_rest,
        )
        return kms.KeyManagementServiceClient(transport=transport)


def _name_of(uri: SignerURI) -> str:
    found = _NAME.fullmatch(uri.location)
    if found is None:
        msg = "the location must be the full name of a key version."
    elif found["version"] is None:
        msg = "the location names no version, and a key that signs has no current one."
    else:
        return uri.location
    hint = (
        "Write gcp-kms:projects/P/locations/L/keyRings/R/cryptoKeys/K/cryptoKeyVersions/N; of a"
        " new key N is 1."
    )
    raise ConfigurationError(msg, source=uri.redacted, hint=hint)


def _absent(error: Exception, meaning: CredentialsError) -> CredentialsError:
    """Return what it means that Google finds nothing; of another server the error says so."""
    told = translated(error, KEYS)
    return meaning if isinstance(told, SecretNotFoundError) else told


def _message(payload: bytes, key_type: KeyType) -> dict[str, Any]:
    """Return what is signed, with its checksum: Ed25519 takes the payload, RSA its digest."""
    if key_type is KeyType.ED25519:
        return {"data": payload, "data_crc32c": crc32c(payload)}
    digest = sha256(payload).digest()
    return {"digest": {"sha256": digest}, "digest_crc32c": crc32c(digest)}
