"""What goes wrong with a token, and which of our errors that is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pkcs11 import exceptions

from binance_creds.errors import (
    AccessDeniedError,
    AuthenticationError,
    MalformedSecretError,
    ProviderUnavailableError,
    SecretNotFoundError,
)
from binance_creds.providers.remote._error_row import ErrorRow
from binance_creds.providers.remote._errors import ErrorTable

if TYPE_CHECKING:
    from binance_creds.errors import CredentialsError

__all__ = [
    "ABSENT_KEY",
    "ABSENT_TOKEN",
    "LAST_TRY",
    "LOCKED",
    "MAY_NOT",
    "NO_PIN",
    "REFUSED_BEFORE",
    "REMOVED",
    "REPLACED",
    "may_be_over",
    "translated",
]

ABSENT_TOKEN: Final = ErrorRow(
    SecretNotFoundError,
    "the module has no token that fits the URI.",
    "List them: pkcs11-tool --module MODULE --list-token-slots",
)
ABSENT_KEY: Final = ErrorRow(
    SecretNotFoundError,
    "the token has no private key that fits the URI.",
    "List them: pkcs11-tool --module MODULE --login --list-objects --type privkey",
)
REMOVED: Final = ErrorRow(
    ProviderUnavailableError,
    "the token was there and is not any more.",
    "Put it back; the next signature opens it again.",
)
REPLACED: Final = ErrorRow(
    SecretNotFoundError,
    "another key has taken the place of this one in the token.",
    "Load the credentials again; the new public key must be registered at Binance.",
)
_MEND: Final = (
    "Correct what `pin-source` names; this process does not try the same PIN again, because a few"
    " wrong ones lock a token."
)
_REFUSED: Final = ErrorRow(AuthenticationError, "the token refused the PIN.", _MEND)
REFUSED_BEFORE: Final = ErrorRow(
    AuthenticationError, "the token has refused this PIN before, so it was not tried again.", _MEND
)
LOCKED: Final = ErrorRow(
    AuthenticationError,
    "the PIN of the token is locked after too many wrong ones.",
    "Set a new one as its security officer: pkcs11-tool --module MODULE --login --login-type so"
    " --init-pin",
)
LAST_TRY: Final = ErrorRow(
    AuthenticationError,
    "one more wrong PIN locks the token, so a program does not try.",
    "Log in by hand, which clears the counter: pkcs11-tool --module MODULE --login --list-objects",
)
NO_PIN: Final = ErrorRow(
    AuthenticationError,
    "the token asks for a PIN, and the URI names none.",
    "Add `pin-source=file:PATH`, `pin-source=keyring:SERVICE/ACCOUNT` or `pin-source=prompt:`.",
)
_NO_LOGIN: Final = ErrorRow(
    AccessDeniedError,
    "the token wants a login for this key.",
    "Add `pin-source`. A key that asks for its PIN at each signature (CKA_ALWAYS_AUTHENTICATE)"
    " cannot serve a program: make one without.",
)
MAY_NOT: Final = ErrorRow(
    AccessDeniedError,
    "this key may not sign.",
    "Make one with CKA_SIGN, or give the user of this PIN the capability.",
)
_READ_ONLY: Final = ErrorRow(
    AccessDeniedError,
    "the token does not let this program write.",
    "Make the key with the token's own program.",
)
_DECLINED: Final = ErrorRow(
    AccessDeniedError,
    "the token, or who holds it, declined the signature.",
    "Touch it in time, or use a key that signs without consent.",
)
_NO_MECHANISM: Final = ErrorRow(
    MalformedSecretError,
    "the token cannot sign as Binance wants it.",
    "It needs CKM_EDDSA for Ed25519, CKM_SHA256_RSA_PKCS for RSA: pkcs11-tool --list-mechanisms",
    reason="unusable_key",
)
_GONE: Final = ErrorRow(
    ProviderUnavailableError,
    "the token was removed, or its session has ended.",
    "Put it back; the next signature opens it again.",
)
_FAULT: Final = ErrorRow(
    ProviderUnavailableError,
    "the token or its module reported a fault.",
    "Check it: pkcs11-tool --module MODULE --list-token-slots",
)
_FULL: Final = ErrorRow(
    ProviderUnavailableError,
    "the token has no session or memory left.",
    "End other programs that use it.",
)

_TABLE: Final = ErrorTable(
    {
        exceptions.PinIncorrect: _REFUSED,
        exceptions.PinInvalid: _REFUSED,  # characters that no PIN of this token has
        exceptions.PinLenRange: _REFUSED,
        exceptions.PinLocked: LOCKED,
        exceptions.PinExpired: ErrorRow(
            AuthenticationError,
            "the PIN of the token has expired.",
            "Set a new one: pkcs11-tool --module MODULE --login --change-pin",
        ),
        exceptions.UserPinNotInitialized: ErrorRow(
            AuthenticationError,
            "the token has no PIN for its user yet.",
            "Set one: pkcs11-tool --module MODULE --login --login-type so --init-pin",
        ),
        exceptions.AnotherUserAlreadyLoggedIn: ErrorRow(  # the security officer, in this process
            AuthenticationError,
            "this process is logged in at the token as its security officer.",
            "Log out first.",
        ),
        exceptions.UserNotLoggedIn: _NO_LOGIN,
        exceptions.TokenWriteProtected: _READ_ONLY,
        exceptions.SessionReadOnly: _READ_ONLY,
        exceptions.FunctionRejected: _DECLINED,
        exceptions.FunctionCancelled: _DECLINED,
        exceptions.MechanismInvalid: _NO_MECHANISM,
        exceptions.MechanismParamInvalid: _NO_MECHANISM,
        exceptions.KeyTypeInconsistent: _NO_MECHANISM,
        exceptions.FunctionNotSupported: _NO_MECHANISM,
        exceptions.DeviceRemoved: _GONE,
        exceptions.TokenNotPresent: _GONE,
        exceptions.TokenNotRecognised: _GONE,
        exceptions.SessionHandleInvalid: _GONE,
        exceptions.SessionClosed: _GONE,
        exceptions.KeyHandleInvalid: _GONE,
        exceptions.ObjectHandleInvalid: _GONE,
        exceptions.SessionCount: _FULL,
        exceptions.DeviceMemory: _FULL,
        exceptions.HostMemory: _FULL,
        exceptions.PKCS11Error: (
            # Return values that python-pkcs11 has no class for: CKR_KEY_FUNCTION_NOT_PERMITTED,
            # CKR_ACTION_PROHIBITED.
            MAY_NOT._replace(says="0x68"),
            MAY_NOT._replace(says="0x1b"),
            _FAULT,
        ),
    },
    store="the token",
)

_STALE: Final = (
    exceptions.DeviceError,
    exceptions.DeviceRemoved,
    exceptions.FunctionFailed,
    exceptions.GeneralError,
    exceptions.KeyHandleInvalid,
    exceptions.ObjectHandleInvalid,
    exceptions.OperationActive,
    exceptions.SessionClosed,
    exceptions.SessionHandleInvalid,
    exceptions.SlotIDInvalid,
    exceptions.TokenNotPresent,
    exceptions.TokenNotRecognised,
    exceptions.UserNotLoggedIn,
)


def may_be_over(error: Exception) -> bool:
    """Return whether an error may be over once the module is started anew and the token opened."""
    if isinstance(error, (*_STALE, ProviderUnavailableError, SecretNotFoundError)):
        return True
    # Other code has ended the module: python-pkcs11 has no class for CKR_CRYPTOKI_NOT_INITIALIZED.
    return type(error) is exceptions.PKCS11Error and "not initialized" in str(error)


def translated(error: Exception) -> CredentialsError:
    """Return our error for one of a module, or for one of ours itself without its traceback."""
    return _TABLE.raised(error)
