"""The three signers of Binance whose key is here, one class a key type."""

from __future__ import annotations

from binascii import b2a_base64
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NoReturn, final

from binance_creds._enums import KeyType
from binance_creds._secret import Buffer, plain_bytes

if TYPE_CHECKING:
    from _hashlib import HASH

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from binance_creds._secret import Secret

__all__ = ["Ed25519Signer", "HmacSigner", "RsaSigner", "Unpicklable", "buffered", "text_of"]

_BLOCK_BYTES: Final = 64  # SHA-256 block, RFC 2104 section 2
_INNER: Final = bytes(byte ^ 0x36 for byte in range(256))
_OUTER: Final = bytes(byte ^ 0x5C for byte in range(256))


class Unpicklable:
    """Refuse to leave the process."""

    __slots__ = ()

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        msg = "a signer cannot be pickled: load the credentials in the process that uses them"
        raise TypeError(msg)

    def __getstate__(self) -> NoReturn:
        self.__reduce_ex__(0)


class _Local(Unpicklable):
    __slots__ = ()

    async def asign(self, payload: bytes) -> str:
        """Do what `sign` does: it takes microseconds, so no thread is needed."""
        return self.sign(payload)  # type: ignore[attr-defined, no-any-return]  # each has it


@final
class HmacSigner(_Local):
    """Sign with HMAC-SHA256.

    Keeps the two half-done hashes of RFC 2104 section 4 instead of the secret: they can sign and
    cannot be turned back into it. They are made from buffers that are wiped at once.
    """

    __slots__ = ("_inner", "_outer")

    @property
    def key_type(self) -> KeyType:
        """The kind of key: HMAC."""
        return KeyType.HMAC

    def public_key_pem(self) -> None:
        """Return nothing: a secret has no public half."""

    def __init__(self, secret: Secret) -> None:
        block = _key_block(secret)
        self._inner = _keyed(block, _INNER)
        self._outer = _keyed(block, _OUTER)
        block[:] = bytes(len(block))

    def sign(self, payload: bytes) -> str:
        """Return the signature as 64 hex digits."""
        inner = self._inner.copy()
        try:
            inner.update(payload)
        except TypeError:
            raise _not_bytes(payload) from None
        outer = self._outer.copy()
        outer.update(inner.digest())
        return outer.hexdigest()


def buffered(payload: bytes | bytearray | memoryview) -> bytes:
    """Return a payload as bytes.

    Raises:
        TypeError: it is text, or no buffer at all.
    """
    try:
        return bytes(memoryview(payload))
    except TypeError:
        raise _not_bytes(payload) from None


def _key_block(secret: Secret) -> Buffer:
    """Return the key padded to one block; RFC 2104 hashes a longer one first."""
    block = Buffer(_BLOCK_BYTES)
    key = plain_bytes(secret)
    short = key if len(key) <= _BLOCK_BYTES else sha256(key).digest()
    with memoryview(block) as view:
        view[: len(short)] = short  # a bytearray would make a copy first
    return block


def _keyed(block: Buffer, pad: bytes) -> HASH:
    padded = block.translate(pad)
    context = sha256(padded)
    padded[:] = bytes(len(padded))
    return context


@final
class Ed25519Signer(_Local):
    """Sign with Ed25519; the signature is base64, 88 characters."""

    __slots__ = ("_key", "_sign")

    @property
    def key_type(self) -> KeyType:
        """The kind of key: ED25519."""
        return KeyType.ED25519

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self._sign = key.sign

    def public_key_pem(self) -> str:
        """Return the public half as PEM, as it is registered at the exchange."""
        return _public_pem(self._key)

    def sign(self, payload: bytes) -> str:
        """Return the signature as base64."""
        try:
            return text_of(self._sign(payload))
        except TypeError:
            raise _not_bytes(payload) from None


@final
class RsaSigner(_Local):
    """Sign with RSA PKCS#1 v1.5 and SHA-256; Binance takes no PSS."""

    __slots__ = ("_hash", "_key", "_padding", "_sign")

    @property
    def key_type(self) -> KeyType:
        """The kind of key: RSA."""
        return KeyType.RSA

    def __init__(self, key: RSAPrivateKey) -> None:
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15  # noqa: PLC0415
        from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415

        self._key = key
        self._sign = key.sign
        self._padding = PKCS1v15()
        self._hash = SHA256()

    def public_key_pem(self) -> str:
        """Return the public half as PEM, as it is registered at the exchange."""
        return _public_pem(self._key)

    def sign(self, payload: bytes) -> str:
        """Return the signature as base64."""
        try:
            signature = self._sign(payload, self._padding, self._hash)
        except TypeError:
            raise _not_bytes(payload) from None
        return text_of(signature)


def text_of(signature: bytes) -> str:
    """Return an Ed25519 or RSA signature as the exchange takes it."""
    return b2a_base64(signature, newline=False).decode("ascii")


def _public_pem(key: Ed25519PrivateKey | RSAPrivateKey) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # noqa: PLC0415

    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _not_bytes(payload: object) -> TypeError:
    kind = type(payload).__name__
    return TypeError(f"a payload to sign is bytes, not {kind}: encode text with .encode('utf-8').")
