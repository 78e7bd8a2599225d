"""`StoreContract`: the laws of every store that can be written, ours and third parties'."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from binance_creds._raw import RawSecret
from binance_creds._secret import Secret
from binance_creds._time._deadline import Deadline
from binance_creds._uri import SourceURI
from binance_creds.errors import ConflictError, CredentialsError, SecretNotFoundError
from binance_creds.providers._protocols import Erase, PreviousVersion, Store, StoreCheck
from binance_creds.testing._contract import ProviderContract, new_pair, plain_fields
from binance_creds.testing._leaks import assert_no_leak, watch_for_leaks

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["StoreContract"]

_ACCEPTED: Final = "a write was accepted that must not be"
_PEM: Final = (
    "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIBINANCE\n-----END PRIVATE KEY-----\n"
)


class StoreContract(ProviderContract):
    """Inherit this in place of `ProviderContract` where the provider is a `Store`.

    Attributes:
        is_atomic: whether the store itself compares and writes in one step, so that of two
            writers at one moment one is refused.
    """

    is_atomic = True

    def empty(self) -> str:
        """Return a source that holds nothing, and may be written; by default `missing()`."""
        return self.missing()

    def test_what_is_stored_is_read(self) -> None:
        """Where there was nothing; under the version that `store` returned."""
        source, pair = self.empty(), new_pair()
        version = _stored(self, source, pair, None)
        raw = _read(self, source)
        assert plain_fields(raw) == pair
        assert version == raw.version

    def test_what_is_there_is_replaced(self) -> None:
        """By the fields that are given and no others: an old one must not stay with a new key."""
        source = self.write({**new_pair(), "environment": "testnet"})
        pair = new_pair()
        version = _stored(self, source, pair, _read(self, source).version)
        raw = _read(self, source)
        assert plain_fields(raw) == pair
        assert version == raw.version

    def test_a_private_key_is_stored_unchanged(self) -> None:
        """With its line ends."""
        source = self.empty()
        fields = {"api_key": new_pair()["api_key"], "private_key": _PEM}
        _stored(self, source, fields, None)
        assert _read(self, source).fields["private_key"].reveal() == _PEM

    def test_what_was_not_read_is_not_replaced(self) -> None:
        """Neither by who read an older version nor by who read nothing."""
        source = self.write(new_pair())
        old = _read(self, source).version
        pair = new_pair()
        _stored(self, source, pair, old)
        for expected in (old, None):
            assert type(_refused(self, source, expected)) is ConflictError
        assert plain_fields(_read(self, source)) == pair

    def test_a_version_of_nothing_is_refused(self) -> None:
        """What was read is gone: nobody knows why."""
        seen = _read(self, self.write(new_pair())).version
        assert isinstance(_refused(self, self.empty(), seen), CredentialsError)
        assert type(self._refusal(self.empty())) is SecretNotFoundError

    def test_of_writers_at_one_moment_one_wins(self) -> None:
        """The others are told, and what is there is the pair of the one."""
        if not self.is_atomic:
            return
        source = self.write(new_pair())
        version = _read(self, source).version
        pairs = [new_pair() for _ in range(4)]
        outcomes: list[object] = [None] * len(pairs)
        together = threading.Barrier(len(pairs))

        def write(number: int) -> None:
            together.wait(self.timeout_seconds)
            try:
                _stored(self, source, pairs[number], version)
            except CredentialsError as error:
                outcomes[number] = type(error)

        threads = [threading.Thread(target=write, args=(number,)) for number in range(len(pairs))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert outcomes.count(None) == 1
        assert outcomes.count(ConflictError) == len(pairs) - 1
        assert plain_fields(_read(self, source)) == pairs[outcomes.index(None)]

    def test_the_version_before_can_be_read(self) -> None:
        """Where the provider has `PreviousVersion`: what a roll back stores again."""
        pair = new_pair()
        source = self.write(pair)
        provider = self.open(SourceURI.parse(source))
        if isinstance(provider, PreviousVersion):
            _stored(self, source, new_pair(), _read(self, source).version)
            with suppress(SecretNotFoundError):  # such as a mount of Vault without versions
                raw = provider.fetch_previous(Deadline(self.timeout_seconds))
                assert plain_fields(raw) == pair
        provider.close()

    def test_what_is_erased_is_absent(self) -> None:
        """Where the provider has `Erase`: all of it, if it was read; then it can be stored anew."""
        source = self.empty()
        provider = self.open(SourceURI.parse(source))
        if isinstance(provider, Erase):
            version = _stored(self, source, new_pair(), None)
            version = _stored(self, source, new_pair(), version)
            assert type(_refusal_of_erase(self, provider, None)) is ConflictError
            provider.erase(Deadline(self.timeout_seconds), expected_version=version)
            assert type(self._refusal(source)) is SecretNotFoundError
            assert type(_refusal_of_erase(self, provider, version)) is ConflictError
            _stored(self, source, new_pair(), None)
        provider.close()

    def test_a_check_of_the_store_changes_nothing(self) -> None:
        """Where the provider has `StoreCheck`; neither where a pair is nor where nothing is."""
        source, pair = self.write(new_pair()), new_pair()
        provider, other = (self.open(SourceURI.parse(it)) for it in (source, self.empty()))
        if isinstance(provider, StoreCheck) and isinstance(other, StoreCheck):
            version = _stored(self, source, pair, _read(self, source).version)
            for checked in (provider, other):
                checked.check_store(Deadline(self.timeout_seconds))
            raw = _read(self, source)
            assert (plain_fields(raw), raw.version) == (pair, version)
            assert type(self._refusal(self.empty())) is SecretNotFoundError
        provider.close()
        other.close()

    def test_storing_shows_nothing(self) -> None:
        """Neither while it writes nor where it is refused."""
        pair, other = new_pair(), new_pair()
        provider = self.open(SourceURI.parse(self.empty()))
        assert isinstance(provider, Store)
        secrets = _secrets(pair)
        with watch_for_leaks(pair["api_secret"]):
            provider.store(secrets, Deadline(self.timeout_seconds))
        error = _refusal(provider, _secrets(other), self.timeout_seconds)
        for canary in (pair["api_secret"], other["api_secret"]):
            assert_no_leak(canary, provider, error)
        provider.close()


def _stored(
    contract: StoreContract, source: str, fields: Mapping[str, str], expected: str | None
) -> str | None:
    provider = contract.open(SourceURI.parse(source))
    assert isinstance(provider, Store)
    try:
        deadline = Deadline(contract.timeout_seconds)
        return provider.store(_secrets(fields), deadline, expected_version=expected)
    finally:
        provider.close()


def _refused(contract: StoreContract, source: str, expected: str | None) -> CredentialsError:
    try:
        _stored(contract, source, new_pair(), expected)
    except CredentialsError as error:
        return error
    raise AssertionError(_ACCEPTED)


def _refusal(provider: Store, secrets: Mapping[str, Secret], seconds: float) -> CredentialsError:
    """Return an error with the frames of the provider, and with no plaintext of this one."""
    try:
        provider.store(secrets, Deadline(seconds))
    except CredentialsError as error:
        return error
    raise AssertionError(_ACCEPTED)


def _refusal_of_erase(
    contract: StoreContract, provider: Erase, expected: str | None
) -> CredentialsError:
    try:
        provider.erase(Deadline(contract.timeout_seconds), expected_version=expected)
    except CredentialsError as error:
        return error
    raise AssertionError(_ACCEPTED)


def _read(contract: StoreContract, source: str) -> RawSecret:
    provider = contract.open(SourceURI.parse(source))
    try:
        raw = provider.fetch(Deadline(contract.timeout_seconds))
    finally:
        provider.close()
    assert isinstance(raw, RawSecret)
    return raw


def _secrets(fields: Mapping[str, str]) -> dict[str, Secret]:
    return {name: Secret(text) for name, text in fields.items()}
