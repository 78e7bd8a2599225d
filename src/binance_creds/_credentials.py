"""`Credentials`: one API key with its signing material, parsed, validated, immutable."""

from __future__ import annotations

import time
from collections.abc import Callable

from binance_creds._enums import KeyType
from binance_creds._facts import MISNAMED, Facts, point_elsewhere
from binance_creds._typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Final, NoReturn, Self

    from binance_creds._enums import Environment
    from binance_creds._explanation import Explanation
    from binance_creds._facts import ExchangeFacts, FurtherFacts
    from binance_creds._secret import Secret
    from binance_creds.signers import Signer

__all__ = [
    "Credentials",
    "Verifier",
    "exchange_facts_of",
    "has_usual_form",
    "with_exchange_facts",
]


@final
class Credentials:
    """One API key with what signs for it. Immutable; threads may share it; nothing here blocks.

    Compared and hashed by identity. `repr`, `str`, logs and dumps show the origin and the
    fingerprint; copying gives itself; pickling is refused.

    Attributes:
        api_key: sent as `X-MBX-APIKEY`.
        api_secret: the HMAC secret; `None` for other kinds and when sealed.
        private_key_pem: canonical unencrypted PKCS#8 PEM; `None` for HMAC and when sealed.
        environment: the Binance environment that the key belongs to.
        origin: the redacted source that answered.
        version: the source's version of the secret, if it has one.
    """

    __slots__ = (
        "__weakref__", "_further", "_loaded_at_seconds", "_signer", "api_key", "api_secret",
        "environment", "origin", "private_key_pem", "version",
    )  # fmt: skip

    api_key: Secret
    api_secret: Secret | None
    private_key_pem: Secret | None
    environment: Environment
    origin: str
    version: str | None
    _signer: Signer | None
    _loaded_at_seconds: float
    _further: FurtherFacts

    def __init__(
        self,
        api_key: Secret,
        signer: Signer | None,
        facts: Facts,
        *,
        api_secret: Secret | None = None,
        private_key_pem: Secret | None = None,
    ) -> None:
        store: Final = object.__setattr__
        store(self, "api_key", api_key)
        store(self, "api_secret", api_secret)
        store(self, "private_key_pem", private_key_pem)
        store(self, "environment", facts.environment)
        store(self, "origin", facts.origin)
        store(self, "version", facts.version)
        store(self, "_loaded_at_seconds", facts.loaded_at_seconds)
        store(self, "_further", facts.further)
        store(self, "_signer", signer)

    @property
    def signer(self) -> Signer:
        """What signs bytes. For an HMAC secret it is made at its first use: it loads OpenSSL."""
        if self._signer is None:
            from binance_creds.signers import HmacSigner  # noqa: PLC0415  # 4 ms, as it says

            assert self.api_secret is not None  # noqa: S101  # what is built has one of the two
            object.__setattr__(self, "_signer", HmacSigner(self.api_secret))
        return self._signer  # type: ignore[return-value]  # it was made here

    @property
    def key_type(self) -> KeyType:
        """The kind of key."""
        return KeyType.HMAC if self._signer is None else self._signer.key_type

    @property
    def is_sealed(self) -> bool:
        """Whether the signing secret's text is gone."""
        return self.api_secret is None and self.private_key_pem is None

    @property
    def signed_by(self) -> str | None:
        """Where the key stays that signs, redacted; `None` if it is in this process."""
        return self._further.signed_by

    @property
    def fingerprint(self) -> str:
        """8 hex digits of SHA-256 of the API key: names the key in logs and gives nothing away."""
        from binance_creds.signers._fingerprint import fingerprint_of  # noqa: PLC0415  # as above

        return fingerprint_of(self.api_key)

    @property
    def loaded_at(self) -> datetime:
        """When the source was read, UTC."""
        from datetime import UTC, datetime  # noqa: PLC0415  # 2 ms that a load does not need

        return datetime.fromtimestamp(self._loaded_at_seconds, UTC)

    @property
    def created_at(self) -> datetime | None:
        """When the key was made: by the exchange, else by `created` of the secret, or its store."""
        said = self._further.exchange
        return said.created_at if said and said.created_at else self._further.created_at

    @property
    def trading_ends_at(self) -> datetime | None:
        """When the key's right to trade ends, UTC, if the exchange was asked and says."""
        said = self._further.exchange
        return said.trading_ends_at if said else None

    @property
    def rotate_by(self) -> datetime | None:
        """When the key should be replaced: its creation plus `rotation_days`, if both are known.

        The days are those of the profile, of the secret or of the policy, in this order.
        """
        days, said, created = self._further.rotation_days, self._further.exchange, self.created_at
        if days is None and said is not None:
            days = said.rotation_days
        if created is None or days is None:
            return None
        from datetime import timedelta  # noqa: PLC0415  # as above

        return created + timedelta(days=days)

    @property
    def current(self) -> Self:
        """These credentials, so that adapters take them and a live handle alike."""
        return self

    def sign(self, payload: bytes) -> str:
        """Return the signature of a payload: hex for HMAC, base64 otherwise."""
        signer = self._signer
        return (self.signer if signer is None else signer).sign(payload)

    def sealed(self) -> Credentials:
        """Return credentials that can sign but no longer reveal the signing secret.

        The API key stays readable: every request carries it.
        """
        return Credentials(self.api_key, self.signer, _facts_of(self))

    def explain(self) -> Explanation:
        """Return which source answered, what was tried before, version and age; no value."""
        from binance_creds._explanation import Explanation  # noqa: PLC0415  # few ask

        further = self._further
        return Explanation(
            origin=self.origin,
            version=self.version,
            environment=self.environment,
            key_type=self.key_type,
            fingerprint=self.fingerprint,
            age_seconds=max(0.0, time.time() - self._loaded_at_seconds),
            rotate_by=self.rotate_by,
            attempts=further.attempts,
            notes=further.notes + (further.exchange.notes if further.exchange else ()),
            signed_by=further.signed_by,
        )

    def __repr__(self) -> str:
        return (
            f"Credentials(fingerprint={self.fingerprint!r}, key_type={self.key_type.value},"
            f" environment={self.environment.value}, origin={self.origin!r},"
            f" version={self.version!r})"
        )

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __setattr__(self, name: str, value: object) -> NoReturn:
        msg = "Credentials are immutable"
        raise AttributeError(msg)

    def __delattr__(self, name: str) -> NoReturn:
        msg = "Credentials are immutable"
        raise AttributeError(msg)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        msg = "Credentials cannot be pickled: call load_credentials() in the process that uses them"
        raise TypeError(msg)

    def __getstate__(self) -> NoReturn:
        self.__reduce_ex__(0)


point_elsewhere(Credentials, {slip: f"write `{name}`" for slip, name in MISNAMED.items()})

Verifier = Callable[[Credentials], object]
"""Try a pair before it becomes current: whatever it raises refuses the pair; may be awaitable."""


def has_usual_form(credentials: Credentials) -> bool:
    """Return whether API key and HMAC secret are 64 letters and digits each, as all seen so far."""
    return credentials._further.has_usual_form  # noqa: SLF001  # of this module


def exchange_facts_of(credentials: Credentials) -> ExchangeFacts | None:
    """Return what the exchange said of a pair; `None` if it has not accepted it."""
    return credentials._further.exchange  # noqa: SLF001  # of this module


def with_exchange_facts(credentials: Credentials, said: ExchangeFacts | None) -> Credentials:
    """Return the pair with what the exchange says of it; the same object if that is no news."""
    facts = _facts_of(credentials)
    if facts.further.exchange == said:
        return credentials
    return Credentials(
        credentials.api_key,
        credentials.signer,
        facts._replace(further=facts.further._replace(exchange=said)),
        api_secret=credentials.api_secret,
        private_key_pem=credentials.private_key_pem,
    )


def _facts_of(credentials: Credentials) -> Facts:
    return Facts(
        credentials.environment,
        credentials.origin,
        credentials._loaded_at_seconds,  # noqa: SLF001  # of this module
        credentials.version,
        credentials._further,  # noqa: SLF001  # as above
    )
