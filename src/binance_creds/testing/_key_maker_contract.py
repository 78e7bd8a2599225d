"""`KeyMakerContract`: the laws of every key outside that can be made where it stays."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar

from binance_creds._enums import KeyType
from binance_creds.errors import (
    ConfigurationError,
    ConflictError,
    CredentialsError,
    ProviderUnavailableError,
    SecretNotFoundError,
)
from binance_creds.providers.signing import key_of
from binance_creds.signers import KeyMaker, SignerURI
from binance_creds.signers._public_key import has_signed
from binance_creds.testing._signer_contract import SignerContract

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from binance_creds.signers import KeyVersion, RemoteKey

__all__ = ["KeyMakerContract"]

_PAYLOAD = b"timestamp=1"


class KeyMakerContract(SignerContract):
    """Inherit this in place of `SignerContract` where the key is a `KeyMaker`.

    Attributes:
        makes: the types of keys that the place makes.
    """

    makes: ClassVar[frozenset[KeyType]] = frozenset({KeyType.ED25519, KeyType.RSA})

    def vacant(self) -> str:
        """Return a signer whose key is not there, and can be made; another one at each call."""
        raise NotImplementedError

    def unnameable(self) -> str | None:
        """Return a signer without a key, whose URI can name no new one, or `None`."""
        return None

    def losing_answers(self) -> AbstractContextManager[object] | None:
        """Have the place lose its answer to what makes something, inside the block; or `None`."""
        return None

    def how_many(self) -> int | None:
        """Return how many keys and versions of keys the place holds, or `None`."""
        return None

    def test_what_is_made_signs_under_its_name(self) -> None:
        """Of each type that the place makes."""
        for key_type in self.makes:
            key = _key(self.vacant())
            version = self._created(key, key_type)
            assert version.key_type is key_type
            assert version == key.describe(self._deadline())
            assert has_signed(version, _PAYLOAD, key.sign(_PAYLOAD, version, self._deadline()))
            key.close()

    def test_what_is_there_is_never_replaced(self) -> None:
        """Asked for its type it is returned; another type has no place."""
        for key_type in self.makes:
            key = _key(self.vacant())
            version, held = self._created(key, key_type), self.how_many()
            assert version == self._created(key, key_type)
            for other in self.makes - {key_type}:
                assert type(self._not_created(key, other)) is ConflictError
            assert version == key.describe(self._deadline())
            assert held == self.how_many()
            key.close()

    def test_a_type_that_is_not_made_is_refused(self) -> None:
        """Before anything is made. Secrets for HMAC are made by Binance."""
        key = _key(self.vacant())
        for key_type in set(KeyType) - self.makes:
            assert type(self._not_created(key, key_type)) is ConfigurationError
        self._assert_vacant(key)

    def test_a_name_that_no_new_key_can_have_is_refused(self) -> None:
        """The error says what to write."""
        uri = self.unnameable()
        if uri is not None:
            key, held = _key(uri), self.how_many()
            failure = self._not_created(key, min(self.makes, key=str))
            assert type(failure) is ConfigurationError
            assert failure.hint
            assert held == self.how_many()
            key.close()

    def test_a_lost_answer_doubles_nothing(self) -> None:
        """Neither in the call that lost it nor in the next."""
        for key_type in self.makes:
            losing = self.losing_answers()
            if losing is None:
                return
            key, held = _key(self.vacant()), self.how_many()
            with losing, suppress(ProviderUnavailableError):
                self._created(key, key_type)
            version = self._created(key, key_type)
            assert version == key.describe(self._deadline())
            assert held is None or held + 1 == self.how_many()
            key.close()

    def _created(self, key: RemoteKey, key_type: KeyType) -> KeyVersion:
        assert isinstance(key, KeyMaker)
        return key.create(key_type, self._deadline())

    def _not_created(self, key: RemoteKey, key_type: KeyType) -> CredentialsError:
        try:
            self._created(key, key_type)
        except CredentialsError as error:
            return error
        msg = "a key was made that must not be"
        raise AssertionError(msg)

    def _assert_vacant(self, key: RemoteKey) -> None:
        try:
            key.describe(self._deadline())
        except SecretNotFoundError:
            key.close()
            return
        msg = "a key was made that must not be"
        raise AssertionError(msg)


def _key(uri: str) -> RemoteKey:
    return key_of(SignerURI.parse(uri))
