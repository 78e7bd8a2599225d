"""The three signers of Binance, one class a key type."""

from __future__ import annotations

from binascii import b2a_base64
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NoReturn, Protocol, final

from binance_creds._enums import KeyType
from binance_creds._secret import plain_bytes

if TYPE_CHECKING:
    from _hashlib import HASH

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from binance_creds._secret import Secret

__all__ = ["Ed25519Signer", "HmacSigner", "RsaSigner", "Signer"]

_BLOCK_BYTES: Final = 64  # SHA-256 block, RFC 2104 section 2
_INNER: Final = bytes(byte ^ 0x36 for byte in range(256))
_OUTER: Final = bytes(byte ^ 0x5C for byte in range(256))


class Signer(Protocol):
    """Make Binance signatures with one key. Threads may share it; it never blocks."""

    @property
    def key_type(self) -> KeyType:
        """The kind of key it signs with."""

    def sign(self, payload: bytes) -> str:
        """Return the signature: hex for HMAC, base64 for Ed25519 and RSA.

        Base64 must be percent-encoded in a REST query string.
        Source: binance-spot-api-docs a5e0bc3d, rest-api.md, SIGNED endpoint security.
        """


class _Unpicklable:
    __slots__ = ()

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        msg = "a signer cannot be pickled: load the credentials in the process that uses them"
        raise TypeError(msg)

    def __getstate__(self) -> NoReturn:
        self.__reduce_ex__(0)


@final
class HmacSigner(_Unpicklable):
    """Sign with HMAC-SHA256.

    Keeps the two half-done hashes of RFC 2104 section 4 instead of the secret: they can sign and
    cannot be turned back into it. They are made from buffers that are wiped at once.
    """

    __slots__ = ("_inner", "_outer")

    @property
    def key_type(self) -> KeyType:
        """The kind of key: HMAC."""
        return KeyType.HMAC

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


def _key_block(secret: Secret) -> bytearray:
    """Return the key padded to one block; RFC 2104 hashes a longer one first."""
    block = bytearray(_BLOCK_BYTES)
    key = plain_bytes(secret)
    short = key if len(key) <= _BLOCK_BYTES else sha256(key).digest()
    with memoryview(block) as view:
        view[: len(short)] = short  # a bytearray would make a copy first
    return block


def _keyed(block: bytearray, pad: bytes) -> HASH:
    padded = block.translate(pad)
    context = sha256(padded)
    padded[:] = bytes(len(padded))
    return context


@final
class Ed25519Signer(_Unpicklable):
    """Sign with Ed25519; the signature is base64, 88 characters."""

    __slots__ = ("_sign",)

    @property
    def key_type(self) -> KeyType:
        """The kind of key: ED25519."""
        return KeyType.ED25519

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._sign = key.sign

    def sign(self, payload: bytes) -> str:
        """Return the signature as base64."""
        try:
            return b2a_base64(self._sign(payload), newline=False).decode("ascii")
        except TypeError:
            raise _not_bytes(payload) from None


@final
class RsaSigner(_Unpicklable):
    """Sign with RSA PKCS#1 v1.5 and SHA-256; Binance takes no PSS."""

    __slots__ = ("_hash", "_padding", "_sign")

    @property
    def key_type(self) -> KeyType:
        """The kind of key: RSA."""
        return KeyType.RSA

    def __init__(self, key: RSAPrivateKey) -> None:
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15  # noqa: PLC0415
        from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415

        self._sign = key.sign
        self._padding = PKCS1v15()
        self._hash = SHA256()

    def sign(self, payload: bytes) -> str:
        """Return the signature as base64."""
        try:
            signature = self._sign(payload, self._padding, self._hash)
        except TypeError:
            raise _not_bytes(payload) from None
        return b2a_base64(signature, newline=False).decode("ascii")


def _not_bytes(payload: object) -> TypeError:
    kind = type(payload).__name__
    return TypeError(f"a payload to sign is bytes, not {kind}: encode text with .encode('utf-8').")
