"""What all stores of keys have in common."""

from __future__ import annotations

import os
from contextlib import contextmanager
from itertools import cycle
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from support import token

from binance_creds import KeyType

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    import pytest
    import trustme

    from key_stores.front import Front

OF_STORES = ("AWS_", "AZURE_", "BAO_", "GOOGLE_", "PKCS11_", "SSH_A", "VAULT_")
Private = Ed25519PrivateKey | RSAPrivateKey | str


def query(*options: str) -> str:
    """Return options, each with its `&`, as the end of a URI."""
    whole = "".join(options)
    return f"?{whole[1:]}" if whole else ""


class Kept(NamedTuple):
    """A key in a store.

    Attributes:
        signer: the URI that a bot is given.
        private: what never leaves the store; of HMAC the secret.
        name: what the store calls it.
    """

    signer: str
    private: Private
    name: str

    def register(self, exchange, api_key: str, **options: object) -> None:
        """Let an exchange know what Binance would: the public half, or the secret of HMAC."""
        keys = exchange.keys
        if isinstance(self.private, str):
            keys.register_hmac(api_key, self.private, **options)
        else:
            keys.register_public_key(api_key, public_pem(self.private), **options)


class KeyStore:
    """A store that runs on this machine, outside of the bot.

    Args:
        folder: empty, and the store's own.
        authority: the fixture `google_ca`, whose certificates gRPC trusts.

    Attributes:
        scheme: of its signers.
        key_types: what it keeps.
        elsewhere: those of them that are in another process than the bot's.
        prelude: code with which a program of its own finds the store.
        environ: the variables that a bot needs besides its signer.
        front: what all that a bot sends passes through.
    """

    scheme: ClassVar[str]
    key_types: ClassVar[tuple[KeyType, ...]] = (KeyType.ED25519, KeyType.RSA)
    elsewhere: ClassVar[tuple[KeyType, ...]] = key_types
    prelude: ClassVar[str] = ""

    environ: dict[str, str]
    front: Front

    def __init__(self, folder: Path, authority: tuple[trustme.CA, str]) -> None:
        raise NotImplementedError

    def prepare(self, patch: pytest.MonkeyPatch) -> None:
        """Let this process find the store, and no other."""
        for name in [name for name in os.environ if name.startswith(OF_STORES)]:
            patch.delenv(name)
        for name, value in self.environ.items():
            patch.setenv(name, value)

    def make(self, key_type: KeyType, more: str = "", *, over: Kept | None = None) -> Kept:
        """Put a key into the store.

        Args:
            key_type: one of `key_types`.
            more: options of its URI, each with its `&`.
            over: the key whose newer version it becomes, under the same URI, where the store has
                versions; elsewhere it is just another key.
        """
        raise NotImplementedError

    def failing(self, outage: str, key: Kept) -> AbstractContextManager[object]:
        """Let the store fail for the time of a block: `gone`, `hung`, `noise` or a method's name."""
        act = getattr(self, outage, None)
        return self.front.failing(outage) if act is None else act(key)

    def close(self) -> None:
        raise NotImplementedError


def new_private(key_type: KeyType) -> Private:
    """Return a key; those of RSA are two in turn, as making one takes long."""
    if key_type is KeyType.HMAC:
        return token()
    return Ed25519PrivateKey.generate() if key_type is KeyType.ED25519 else next(_RSA)


def _two() -> Iterator[RSAPrivateKey]:
    yield from cycle([generate_private_key(65537, 2048) for _ in range(2)])


_RSA = _two()


@contextmanager
def swapped_private(holder) -> Iterator[None]:
    """Let what holds a private key of a server have another one of its kind."""
    before = holder.private
    is_rsa = isinstance(before, RSAPrivateKey)
    holder.private = new_private(KeyType.RSA if is_rsa else KeyType.ED25519)
    yield
    holder.private = before


def public_pem(private: Private) -> str:
    form = PublicFormat.SubjectPublicKeyInfo
    return private.public_key().public_bytes(Encoding.PEM, form).decode()


def private_pem(private: Private, form: PrivateFormat = PrivateFormat.PKCS8) -> bytes:
    return private.private_bytes(Encoding.PEM, form, NoEncryption())
