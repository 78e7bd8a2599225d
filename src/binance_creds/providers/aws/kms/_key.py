"""The code behind `key`; it needs the SDK."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from binance_creds._enums import KeyType
from binance_creds.errors import ConfigurationError, MalformedSecretError, SecretNotFoundError
from binance_creds.providers.aws._errors import translated
from binance_creds.providers.aws._login import CLIENTS, LOGGERS, AwsLogin, named_login, new_client
from binance_creds.providers.aws.kms._creation import Creation
from binance_creds.providers.aws.kms._errors import TABLE
from binance_creds.providers.remote._call import Remote
from binance_creds.signers._making import of_type
from binance_creds.signers._public_key import read_version, unsupported

if TYPE_CHECKING:
    from binance_creds._time._deadline import Deadline
    from binance_creds.errors import CredentialsError
    from binance_creds.signers import KeyVersion, SignerURI

__all__ = ["KmsKey"]

_ARN: Final = re.compile(r"arn:[\w-]+:kms:([\w-]+):\d{12}:(key/[\w-]+|alias/[\w/-]+)", re.ASCII)
_KEY: Final = re.compile(  # API reference, KeyId; a multi-Region key's begins with mrk-
    r"(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32}|alias/[\w/-]{1,250})",
    re.ASCII,
)
_ALGORITHMS: Final = {
    KeyType.ED25519: "ED25519_SHA_512",  # with the message itself; ED25519_PH is another signature
    KeyType.RSA: "RSASSA_PKCS1_V1_5_SHA_256",
}
_MOST_BYTES: Final = 4096  # API reference, Sign, Message


class KmsKey:
    """Sign with one key of AWS KMS.

    Options: `region`, `profile` and `role_arn` with `external_id` choose who asks and where, as for
    `aws-sm`; `endpoint_url` is for VPC endpoints and emulators. An alias is resolved when the key
    is described, and what signs is the key that it named then.

    Attributes:
        is_pinned: whether it is no alias: an alias can be moved, and a key for signatures does not
            rotate.

    Raises:
        ConfigurationError: no key, or options that contradict it or each other.
    """

    def __init__(self, uri: SignerURI) -> None:
        self._id = uri.location
        self._login = _login_of(uri)
        self._pooled = ("kms", self._login)
        self.is_pinned = "alias/" not in uri.location
        self._remote = Remote(
            uri,
            loggers=LOGGERS,
            translated=self._refusal,
            forget_login=lambda time: CLIENTS.drop(self._pooled, built_before=time),
        )

    def describe(self, deadline: Deadline) -> KeyVersion:
        """Return the key by its ARN, with its public half: one GetPublicKey.

        Raises:
            CredentialsError: as the table of `_errors` says.
        """
        return self._remote.call(lambda: self._described(self._id), deadline, purpose="describe")

    def create(self, key_type: KeyType, deadline: Deadline) -> KeyVersion:
        """Make the key and give it the alias; KMS gives no key out. Blocks.

        A key of this type that has the alias is returned. Where another gets the alias at the same
        moment, the new key stays without one, and the error names it.

        Raises:
            ConfigurationError: HMAC, or the URI is no alias: AWS names its keys itself.
            ConflictError: another key has the alias.
            CredentialsError: as the table of `_errors` says.
        """
        new = Creation(self._id, key_type, self._client, self._described)
        return self._remote.call(
            lambda: of_type(new.attempt(), key_type), deadline, purpose="create"
        )

    def sign(self, payload: bytes, version: KeyVersion, deadline: Deadline) -> bytes:
        """Return the signature: one Sign.

        Raises:
            ConfigurationError: the payload is longer than KMS signs with Ed25519.
            CredentialsError: as the table of `_errors` says.
        """
        asked = {
            "KeyId": version.name,
            "SigningAlgorithm": _ALGORITHMS[version.key_type],
            **_message(payload, version.key_type),
        }
        return self._remote.sign(lambda: self._signed(asked), deadline)

    def close(self) -> None:
        """Nothing is open: the client is the process's."""

    def _client(self) -> Any:
        return CLIENTS.get(self._pooled, lambda: new_client(self._login, "kms"))

    def _described(self, key: str) -> KeyVersion:
        answer = self._client().get_public_key(KeyId=key)
        if set(_ALGORITHMS.values()).isdisjoint(answer.get("SigningAlgorithms", ())):
            raise unsupported(f"{answer['KeySpec']} for {answer['KeyUsage']}")
        return read_version(answer["PublicKey"], answer["KeyId"])

    def _signed(self, asked: dict[str, Any]) -> bytes:
        signature: bytes = self._client().sign(**asked)["Signature"]
        return signature

    def _refusal(self, error: Exception) -> CredentialsError:
        """Return the error; of what was not found with the region, which may come from afar."""
        refusal = translated(error, TABLE)
        if isinstance(refusal, MalformedSecretError):
            refusal.field = "signer"
        if isinstance(refusal, SecretNotFoundError):
            region = self._client().meta.region_name
            refusal.hint = f"The region asked was {region}. {refusal.hint}"
        return refusal


def _login_of(uri: SignerURI) -> AwsLogin:
    arn = _ARN.fullmatch(uri.location)
    if arn is None and not _KEY.fullmatch(uri.location):
        msg = "the location must be a key's id, alias/NAME or ARN, such as aws-kms://alias/bot."
        raise ConfigurationError(msg, source=uri.redacted)
    return named_login(uri, region=arn[1] if arn else None)


def _message(payload: bytes, key_type: KeyType) -> dict[str, Any]:
    """Return what is signed: the payload itself, of which KMS takes 4,096 bytes, or its digest."""
    if len(payload) <= _MOST_BYTES:
        return {"Message": payload, "MessageType": "RAW"}
    if key_type is KeyType.RSA:
        return {"Message": sha256(payload).digest(), "MessageType": "DIGEST"}
    msg = (
        f"this request has {len(payload):,} bytes to be signed;"
        f" AWS KMS signs 4,096 at most with an Ed25519 key."
    )
    raise ConfigurationError(msg, hint="Send fewer parameters in one request, or use an RSA key.")
