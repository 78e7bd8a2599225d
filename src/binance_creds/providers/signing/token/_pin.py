"""Where the PIN of a token comes from, and that one which the token refused is not tried again."""

from __future__ import annotations

import os
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

import pkcs11
from pkcs11 import TokenFlag
from pkcs11.exceptions import PinIncorrect, PinInvalid, PinLenRange, UserAlreadyLoggedIn

from binance_creds._files._paths import SYSTEMD, absolute, is_systemd
from binance_creds._files._reader import FileReader, FileRules
from binance_creds._parse._clean import trimmed
from binance_creds._raw import VALUE, Unchanged
from binance_creds._secret import plain_bytes
from binance_creds._uri import SourceURI
from binance_creds._working_directory import working_directory
from binance_creds.errors import ConfigurationError, MalformedSecretError
from binance_creds.providers.signing.token._errors import LAST_TRY, LOCKED, NO_PIN, REFUSED_BEFORE
from binance_creds.providers.signing.token._terminal import forget_typed, typed_pin

if TYPE_CHECKING:
    from binance_creds._secret import Secret
    from binance_creds._time._deadline import Deadline
    from binance_creds.signers import SignerURI

__all__ = ["VARIABLE", "PinSource", "open_session"]

VARIABLE: Final = "PKCS11_PIN_SOURCE"
"""Says what `pin-source` does, for a signer that stands in a file which was merely found."""

_FORMS: Final = (
    "It is file:PATH or an absolute path, keyring:SERVICE/ACCOUNT, or prompt: for a terminal."
)
_RULES: Final = FileRules(otherwise="let `pin-source` name another file")
_KEY: Final = os.urandom(32)
_REFUSED: Final[dict[str, bytes]] = {}  # by token: a keyed digest of the PIN that it refused


class PinSource:
    """Where the PIN is.

    Raises:
        ConfigurationError: it is none of the forms.
    """

    def __init__(self, uri: SignerURI) -> None:
        self._uri = uri.redacted
        text = uri.option("pin-source") or os.environ.get(VARIABLE) or ""
        if text.startswith("/"):
            text = f"file:{text}"
        self._scheme, _, self._rest = text.partition(":")
        if text and self._scheme not in {"file", "keyring", "prompt"}:
            msg = "`pin-source` has none of the known forms; a program ('|...') is not run."
            raise ConfigurationError(msg, source=self._uri, hint=_FORMS)

    def read(self, token: str, deadline: Deadline) -> Secret | None:
        """Return the PIN, `None` where none is named; blocks.

        Args:
            token: its name, for the question on a terminal.
            deadline: for the file, the keychain or the user.

        Raises:
            CredentialsError: it cannot be read.
        """
        if self._scheme == "file":
            return _of_file(self._rest, self._uri, deadline)
        if self._scheme == "keyring":
            return _of_keychain(self._rest, self._uri, deadline)
        return typed_pin(token, deadline) if self._scheme else None

    def forget(self, token: str) -> None:
        """Let somebody who mistyped the PIN of a token type it again."""
        if self._scheme == "prompt":
            forget_typed(token)


def open_session(token: pkcs11.Token, pins: PinSource, deadline: Deadline) -> pkcs11.Session:
    """Return a session that is logged in where the token wants that; blocks.

    Raises:
        AuthenticationError: the PIN is missing, locked, or one that was refused before.
        PKCS11Error: the token refused it.
    """
    if not token.flags & TokenFlag.LOGIN_REQUIRED:
        return token.open()
    name = f"{token.label} {token.serial.decode(errors='replace')}"
    pin = pins.read(name, deadline)
    if token.flags & TokenFlag.USER_PIN_LOCKED:
        raise LOCKED.error()
    if pin is None and token.flags & TokenFlag.PROTECTED_AUTHENTICATION_PATH:
        return token.open(user_pin=pkcs11.PROTECTED_AUTH)  # on the keys of the device
    if pin is None:
        raise NO_PIN.error()
    if token.flags & TokenFlag.USER_PIN_FINAL_TRY:
        raise LAST_TRY.error()
    digest = blake2b(plain_bytes(pin), key=_KEY, digest_size=16).digest()
    if _REFUSED.get(name) == digest:
        pins.forget(name)
        raise REFUSED_BEFORE.error()
    try:
        return token.open(user_pin=pin.reveal())
    except UserAlreadyLoggedIn:  # by another session of this process
        return token.open()
    except (PinIncorrect, PinInvalid, PinLenRange):
        _REFUSED[name] = digest
        pins.forget(name)
        raise


def _of_file(path: str, source: str, deadline: Deadline) -> Secret:
    path = path.removeprefix("//") if path.startswith("///") else path
    if is_systemd(path):
        path = os.environ.get(SYSTEMD[1:], SYSTEMD) + path.removeprefix(SYSTEMD)
    path = absolute(path, working_directory(), source=source)
    return trimmed(FileReader(source, _RULES, deadline).read_file(path))


def _of_keychain(rest: str, source: str, deadline: Deadline) -> Secret:
    from binance_creds.providers.keychain.keyring import KeyringProvider  # noqa: PLC0415  # another extra

    provider = KeyringProvider(SourceURI.parse(f"keyring:{rest}"))
    found = provider.fetch(deadline)
    secret = None if isinstance(found, Unchanged) else found.fields.get(VALUE)
    if secret is None:
        msg = "the item of the keychain that `pin-source` names is no single value."
        raise MalformedSecretError(msg, reason="no_document", source=source)
    return secret
