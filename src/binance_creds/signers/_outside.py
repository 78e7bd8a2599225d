"""`OutsideSigner`: sign with a key that stays outside of this process."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, final

from binance_creds._threads._daemons import acalled
from binance_creds._threads._kept import KEPT
from binance_creds._time._deadline import Deadline
from binance_creds.errors import CredentialsError, MalformedSecretError
from binance_creds.signers._fingerprint import PROBE
from binance_creds.signers._local import Unpicklable, buffered, text_of
from binance_creds.signers._public_key import has_signed

if TYPE_CHECKING:
    from collections.abc import Callable

    from binance_creds._enums import KeyType
    from binance_creds.signers._protocols import KeyVersion, RemoteKey

__all__ = ["DEFAULT_SIGNER_SECONDS", "OutsideSigner"]

DEFAULT_SIGNER_SECONDS: Final = 5.0  # as long as a request is valid by default
# To verify takes 0.15 ms of Ed25519, a tenth of a signature in a vault: not each one pays for it.
_TRUSTED_SECONDS: Final = 1.0


@final
class OutsideSigner(Unpicklable):
    """Sign with one version of a key that stays outside. Threads and tasks may share it.

    Args:
        key: where the key is.
        version: of the key, as it describes itself.
        origin: the redacted URI; errors name it.
        timeout_seconds: how long one signature may take.
        clock: monotonic seconds.

    Attributes:
        origin: see above.
        version: see above.
        proof: the signature of a payload that never changes; `None` before `prove`. Two HMAC keys
            are compared by it, as they have no public half.
        error: the code of the error that the last signature ended with; `None` after a success.
    """

    __slots__ = (
        "__weakref__", "_clock", "_key", "_timeout_seconds", "_verify_at", "error", "origin",
        "proof", "version",
    )  # fmt: skip

    def __init__(
        self,
        key: RemoteKey,
        version: KeyVersion,
        origin: str,
        *,
        timeout_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._key = key
        self._timeout_seconds = timeout_seconds
        self._clock = clock
        self._verify_at = 0.0
        self.origin = origin
        self.version = version
        self.proof: str | None = None
        self.error: str | None = None

    @property
    def key_type(self) -> KeyType:
        """The kind of key it signs with."""
        return self.version.key_type

    def public_key_pem(self) -> str | None:
        """Return the public half as PEM; `None` for HMAC."""
        return self.version.public_key_pem

    def sign(self, payload: bytes) -> str:
        """Return the signature; blocks for as long as the key's place takes.

        Raises:
            CredentialsError: there is none, and why.
        """
        return self._text(self._raw(payload, Deadline(self._timeout_seconds)))

    async def asign(self, payload: bytes) -> str:
        """Do what `sign` does, without blocking the event loop."""
        return await acalled(lambda: self.sign(payload), start=KEPT.run)

    def has_newer_version(self, deadline: Deadline) -> bool:
        """Return whether another version of the key would sign now. Blocks.

        Raises:
            CredentialsError: the key is gone, or cannot be asked.
        """
        if self._key.is_pinned:
            return False
        try:
            return self._key.describe(deadline) != self.version
        except CredentialsError as error:
            refusal = error.at(self.origin)
        raise refusal

    def prove(self, deadline: Deadline) -> None:
        """Sign once: a key that cannot be used is an error of the load.

        Raises:
            CredentialsError: as `sign` does.
        """
        self.proof = self._text(self._raw(PROBE, deadline.at_most(self._timeout_seconds)))

    def _raw(self, payload: bytes, deadline: Deadline) -> bytes:
        if type(payload) is not bytes:
            payload = buffered(payload)
        try:
            signature = self._key.sign(payload, self.version, deadline)
            if self._clock() >= self._verify_at:
                self._verify(payload, signature)
        except CredentialsError as error:
            refusal = error.at(self.origin)
        else:
            self.error = None
            return signature
        self.error = refusal.code
        raise refusal

    def _verify(self, payload: bytes, signature: bytes) -> None:
        """Compare with the public half: a store may have another key of the name by now.

        The exchange would answer -1022, which says neither where nor why.

        Raises:
            MalformedSecretError: `signature_mismatch`.
        """
        if has_signed(self.version, payload, signature):
            self._verify_at = self._clock() + _TRUSTED_SECONDS
            return
        self._verify_at = 0.0
        raise MalformedSecretError(
            "the signature does not belong to the public key of this signer.",
            reason="signature_mismatch",
            field="signer",
            hint="Another key has its name now, or something between changes requests. Load again,"
            " and register the public half of the key at Binance if it is the one you want.",
        )

    def _text(self, signature: bytes) -> str:
        return signature.hex() if self.version.public_key_pem is None else text_of(signature)
