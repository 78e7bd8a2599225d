"""The key in a token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar, final

from pkcs11 import SignMixin

from binance_creds.errors import CredentialsError, ProviderUnavailableError, SecretNotFoundError
from binance_creds.providers.signing.token._creation import make_key
from binance_creds.providers.signing.token._errors import (
    ABSENT_TOKEN,
    MAY_NOT,
    REMOVED,
    REPLACED,
    may_be_over,
    translated,
)
from binance_creds.providers.signing.token._module import Module, OpenToken, module_at
from binance_creds.providers.signing.token._path import module_path
from binance_creds.providers.signing.token._pin import PinSource, open_session
from binance_creds.providers.signing.token._public_half import MECHANISMS, version_of
from binance_creds.providers.signing.token._search import OF_KEY, found_key, found_tokens
from binance_creds.signers._making import of_type
from binance_creds.signers._pkcs11_uri import attributes_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from binance_creds._enums import KeyType
    from binance_creds._time._deadline import Deadline
    from binance_creds.signers import KeyVersion, SignerURI

__all__ = ["TokenKey"]

_T = TypeVar("_T")
_SILENT: Final = "Check the device, and the service or the network between."


@final
class TokenKey:
    """Sign with a key in a token; a `RemoteKey` and a `KeyMaker` of `binance_creds.signers`.

    Options: `module-path` or `module-name`, `pin-source`.

    Attributes:
        is_pinned: never: another key can take the place of one in a token.

    Raises:
        ConfigurationError: an option is wrong.
    """

    is_pinned = False

    def __init__(self, uri: SignerURI) -> None:
        self._uri = uri
        self._wanted = attributes_of(uri.location)
        parts = uri.location.split(";")
        self._token = ";".join(part for part in parts if part.partition("=")[0] not in OF_KEY)
        self._pins = PinSource(uri)
        self._module: Module | None = None

    def describe(self, deadline: Deadline) -> KeyVersion:
        """Return the key that the URI names now, with its public half; blocks.

        Raises:
            CredentialsError: as `RemoteKey` has it.
        """
        return self._bounded(self._described, deadline)

    def sign(self, payload: bytes, version: KeyVersion, deadline: Deadline) -> bytes:
        """Return the raw signature; blocks.

        Raises:
            CredentialsError: as `RemoteKey` has it.
        """

        def signed(token: OpenToken) -> bytes:
            known, private = token.keys.get(self._uri.location, (None, None))
            if known != version or private is None:
                if self._described(token) != version:
                    raise REPLACED.error()
                _, private = token.keys[self._uri.location]
            mechanism = MECHANISMS[version.key_type.name]
            return bytes(private.sign(payload, mechanism=mechanism))

        return self._bounded(signed, deadline)

    def create(self, key_type: KeyType, deadline: Deadline) -> KeyVersion:
        """Make the key, which nobody can take out, and return it; blocks.

        Raises:
            ConfigurationError: the URI gives it no name, or the token makes none of this type.
            ConflictError: a key of the other type has the name.
            CredentialsError: as `RemoteKey` has it.
        """

        def created(token: OpenToken) -> KeyVersion:
            try:
                version = self._described(token)
            except SecretNotFoundError:
                # The login holds for all sessions of a process; this one may write.
                with token.session.token.open(rw=True) as session:
                    make_key(session, self._wanted, key_type)
                version = self._described(token)
            return of_type(version, key_type)

        return self._bounded(created, deadline)

    def close(self) -> None:
        """Nothing is given back: the session is the process's, as is the login at the token."""

    def _described(self, token: OpenToken) -> KeyVersion:
        private = found_key(token.session, self._wanted)
        version = version_of(token.session, private)
        if not isinstance(private, SignMixin):  # what the key may do is a part of its class there
            raise MAY_NOT.error()
        token.keys[self._uri.location] = (version, private)
        return version

    def _bounded(self, act: Callable[[OpenToken], _T], deadline: Deadline) -> _T:
        module = self._module = self._module or module_at(module_path(self._uri))
        try:
            return module.run(lambda: self._done(module, act, deadline), deadline)
        except CredentialsError as error:
            refusal = error.at(self._uri.redacted)
        if type(refusal) is ProviderUnavailableError and refusal.hint is None:
            refusal.message = f"the token does not answer: {refusal.message}"
            refusal.hint = _SILENT
        raise refusal

    def _done(
        self, module: Module, act: Callable[[OpenToken], _T], deadline: Deadline
    ) -> _T | CredentialsError:
        """Act on the token; once more with the module started anew, if it ran before.

        A signature may be made twice. A PIN that was refused is not tried twice.
        """
        ran_before = module.has_started
        try:
            try:
                return act(self._opened(module, deadline))
            except Exception as error:
                if not (ran_before and may_be_over(error)):
                    raise
            module.restart()
            return act(self._opened(module, deadline))
        except Exception as error:  # noqa: BLE001  # modules fail in ways that no table has
            return translated(error)

    def _opened(self, module: Module, deadline: Deadline) -> OpenToken:
        opened = module.tokens.get(self._token)
        if opened is None:
            found = found_tokens(module.library(), self._wanted)
            if not found:
                raise (REMOVED if self._token in module.seen else ABSENT_TOKEN).error()
            opened = OpenToken(open_session(found[0], self._pins, deadline), {})
            module.tokens[self._token] = opened
            module.seen.add(self._token)
        return opened
