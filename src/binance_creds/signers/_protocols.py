"""What signs, and what a key that stays outside of this process can do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from binance_creds._typing import NamedTuple

if TYPE_CHECKING:
    from binance_creds._enums import KeyType
    from binance_creds._time._deadline import Deadline

__all__ = ["KeyMaker", "KeyVersion", "RemoteKey", "Signer"]


class Signer(Protocol):
    """Make Binance signatures with one key. Threads and tasks may share it."""

    @property
    def key_type(self) -> KeyType:
        """The kind of key it signs with."""

    def sign(self, payload: bytes) -> str:
        """Return the signature: hex for HMAC, base64 for Ed25519 and RSA.

        With a key that is here it takes microseconds; with one outside it blocks, for no longer
        than the `timeout` of its URI. Base64 must be percent-encoded in a REST query string.

        Raises:
            CredentialsError: the key is outside, and there is no signature.
        Source: binance-spot-api-docs a5e0bc3d, rest-api.md, SIGNED endpoint security.
        """

    async def asign(self, payload: bytes) -> str:
        """Do what `sign` does, without blocking the event loop."""

    def public_key_pem(self) -> str | None:
        """Return the public half (SubjectPublicKeyInfo, PEM); `None` for HMAC."""


class KeyVersion(NamedTuple):
    """One version of a key that stays outside.

    Attributes:
        key_type: what it signs with.
        public_key_pem: its public half (SubjectPublicKeyInfo, PEM); `None` for HMAC.
        name: what its store calls the version; `None` where a key has none.
    """

    key_type: KeyType
    public_key_pem: str | None = None
    name: str | None = None


class RemoteKey(Protocol):
    """A key that stays where it is, and signs there.

    An entry point of the group `binance_creds.signers` names a callable that takes a `SignerURI`
    and gives one. It is built without I/O and refuses unknown options then. Threads share it, and
    several may sign at the same time. It raises only `CredentialsError`s:
    `SecretNotFoundError` (no such key), `SecretDisabledError`, `AccessDeniedError`,
    `AuthenticationError`, `ProviderUnavailableError`, `ThrottledError`, and `MalformedSecretError`
    with the reason `unusable_key` for a kind of key that Binance does not take.
    `binance_creds.testing.SignerContract` holds its laws.

    Attributes:
        is_pinned: whether the URI names one key for ever, so that no later version is looked for.
    """

    is_pinned: bool

    def describe(self, deadline: Deadline) -> KeyVersion:
        """Return the version that would sign now, with its public half; blocks until the deadline.

        Raises:
            CredentialsError: see the class.
        """

    def sign(self, payload: bytes, version: KeyVersion, deadline: Deadline) -> bytes:
        """Return the raw signature: Ed25519 64 bytes, RSA PKCS#1 v1.5 with SHA-256, HMAC 32 bytes.

        Args:
            payload: signed as it is.
            version: as `describe` gave it; no other signs.
            deadline: after which nobody waits for the answer.

        Raises:
            CredentialsError: see the class.
        """

    def close(self) -> None:
        """Give back what is open. Closing twice is fine."""


@runtime_checkable
class KeyMaker(Protocol):
    """A `RemoteKey` that can be made where it will stay, so that its private half is nowhere else.

    `binance-creds keygen --signer URI` calls it where `describe` has found no key.
    `binance_creds.testing.KeyMakerContract` holds its laws.
    """

    def create(self, key_type: KeyType, deadline: Deadline) -> KeyVersion:
        """Make the key that the URI names, not exportable, and return its first version. Blocks.

        It never replaces a key. Called again after an attempt whose answer was lost, it returns
        the key that this attempt has made.

        Args:
            key_type: Ed25519, or RSA of 2048 bits.
            deadline: after which nobody waits for the answer.

        Raises:
            ConfigurationError: the place makes no keys of this type, or the URI cannot name a new
                one.
            ConflictError: another key has taken the name; one of this type is returned instead
                where the place cannot tell it from what this attempt has made.
            CredentialsError: as `RemoteKey` says.
        """
