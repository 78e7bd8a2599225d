"""`SignerContract`: the laws that every key outside obeys, ours and third parties'."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Final

from binance_creds._enums import KeyType
from binance_creds._time._deadline import Deadline
from binance_creds.errors import ConfigurationError, CredentialsError, SecretNotFoundError
from binance_creds.providers.signing import key_of, opened_signer
from binance_creds.signers import KeyMaker, SignerURI
from binance_creds.signers._public_key import has_signed

__all__ = ["SignerContract"]

_THREADS: Final = 16
_LENGTHS: Final = {KeyType.HMAC: 32, KeyType.ED25519: 64}  # bytes; RSA's is the key's
_PAYLOADS: Final = [f"symbol=BTCUSDT&timestamp={number}".encode() for number in range(_THREADS)]


class SignerContract:
    """Inherit this in a test class, give the hooks, and every law is a test.

        class TestMySigner(SignerContract):
            def uri(self): return "mysigner://bot"
            def missing(self): return "mysigner://nothing"

    A key that can be made there inherits `KeyMakerContract` in place of this.

    pytest collects the `test_` methods; nothing here imports pytest. Hooks that return `None`
    leave their law out.
    """

    timeout_seconds = 10.0

    def uri(self) -> str:
        """Return a signer whose key is there."""
        raise NotImplementedError

    def missing(self) -> str:
        """Return a signer of this kind whose key is definitely not there."""
        raise NotImplementedError

    def silent(self) -> str | None:
        """Return a signer whose place takes requests and never answers, or `None`."""
        return None

    def test_it_signs_what_its_public_half_verifies(self) -> None:
        """The payload itself is signed: no digest, no prefix, no other algorithm."""
        key = key_of(SignerURI.parse(self.uri()))
        version = key.describe(self._deadline())
        for payload in (b"timestamp=1", b"x" * 4000):
            signature = key.sign(payload, version, self._deadline())
            assert has_signed(version, payload, signature)
            assert len(signature) == _LENGTHS.get(version.key_type, len(signature))
        assert (version.public_key_pem is None) is (version.key_type is KeyType.HMAC)
        key.close()
        key.close()

    def test_threads_share_it(self) -> None:
        """Each gets the signature of its own payload."""
        key = key_of(SignerURI.parse(self.uri()))
        version = key.describe(self._deadline())
        found: dict[bytes, bytes] = {}

        def sign(payload: bytes) -> None:
            found[payload] = key.sign(payload, version, self._deadline())

        threads = [threading.Thread(target=sign, args=(payload,)) for payload in _PAYLOADS]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) == _THREADS
        assert all(has_signed(version, payload, found[payload]) for payload in found)
        assert len(set(found.values())) == _THREADS
        key.close()

    def test_an_event_loop_goes_on_meanwhile(self) -> None:
        """Tasks sign side by side, and the loop turns."""
        signer = opened_signer(SignerURI.parse(self.uri()), self._deadline())

        async def signed() -> list[str]:
            return await asyncio.gather(*map(signer.asign, _PAYLOADS))

        texts = asyncio.run(signed())
        assert texts == [signer.sign(payload) for payload in _PAYLOADS]

    def test_a_key_that_is_not_there_is_told_as_absent(self) -> None:
        """Nothing else is: an absence is believed."""
        assert isinstance(self._failure(self.missing()), SecretNotFoundError)

    def test_an_unknown_option_is_refused_before_anything_is_asked(self) -> None:
        """A typing error must not silently do nothing."""
        mark = "&" if "?" in self.uri() else "?"
        assert isinstance(self._failure(f"{self.uri()}{mark}no-such-option=1"), ConfigurationError)

    def test_its_errors_name_the_key_and_carry_nothing_else(self) -> None:
        """No option's value, and no cause that may hold an answer."""
        failure = self._failure(self.missing())
        assert failure.source == SignerURI.parse(self.missing()).redacted
        assert failure.__cause__ is None
        assert failure.__context__ is None

    def test_what_can_be_made_obeys_the_laws_of_makers(self) -> None:
        """A `KeyMaker` inherits `KeyMakerContract`, and no other key does."""
        key = key_of(SignerURI.parse(self.uri()))
        assert isinstance(key, KeyMaker) is hasattr(self, "vacant")
        key.close()

    def test_nobody_waits_longer_than_the_deadline(self) -> None:
        """Also where the answer never comes."""
        uri = self.silent()
        if uri is None:
            return
        began = time.monotonic()
        try:
            opened_signer(SignerURI.parse(uri), Deadline(0.3))
        except CredentialsError as error:
            assert error.retryable
        else:
            msg = "it answered"
            raise AssertionError(msg)
        assert time.monotonic() - began < self.timeout_seconds

    def _failure(self, uri: str) -> CredentialsError:
        try:
            opened_signer(SignerURI.parse(uri), self._deadline())
        except CredentialsError as error:
            return error
        msg = f"{uri} could be opened"
        raise AssertionError(msg)

    def _deadline(self) -> Deadline:
        return Deadline(self.timeout_seconds)
