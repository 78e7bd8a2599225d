"""What it means how a program ended, and what to do for the programs that are known.

A program says why it failed on standard error, where it may also print what it holds: that is not
read. So a failure is unavailable rather than absent, unless a documented exit code tells.
"""

from __future__ import annotations

import errno
import os
import signal
from typing import TYPE_CHECKING, Final

from binance_creds.errors import (
    AuthenticationError,
    ConfigurationError,
    ProviderUnavailableError,
    SecretNotFoundError,
)

if TYPE_CHECKING:
    from binance_creds.errors import CredentialsError

__all__ = ["hint_for", "not_in_time", "of_code", "of_start"]

_GPG: Final = "Unlock its key in gpg-agent, or use a key without a passphrase for unattended bots."
_HINTS: Final = {
    "bw": "Log in, unlock, and pass BW_SESSION; add --nointeraction to argv.",
    "gopass": _GPG,
    "gpg": f"Add --batch to argv. {_GPG}",
    "gpg2": f"Add --batch to argv. {_GPG}",
    "op": "Sign in, unlock the app, or set OP_SERVICE_ACCOUNT_TOKEN.",
    "pass": _GPG,
    "rbw": "Log in and unlock its agent.",
    "security": "Unlock the keychain, and allow this program to use the item.",
    "sops": "Check that it can use its key: SOPS_AGE_KEY_FILE, gpg-agent, or the login of the KMS.",
}
_BY_HAND: Final = "Run it by hand to see what it says."

# security(1) exits with the low byte of an OSStatus: errSecItemNotFound is -25300,
# errSecAuthFailed -25293, errSecInteractionNotAllowed -25308, userCanceledErr -128.
_SECURITY: Final[dict[int, tuple[type[CredentialsError], str]]] = {
    44: (SecretNotFoundError, "the keychain has no such item."),
    51: (AuthenticationError, "the keychain refused the password."),
    36: (ProviderUnavailableError, "the keychain is locked, and nobody could be asked."),
    128: (ProviderUnavailableError, "the prompt of the keychain was dismissed."),
}
_NOT_FOUND_INSIDE: Final = 127  # POSIX: of env, sh and others
_NOT_EXECUTABLE_INSIDE: Final = 126


def hint_for(program: str) -> str:
    """Return what usually helps."""
    known = _HINTS.get(os.path.basename(program))
    return f"{known} {_BY_HAND}" if known else _BY_HAND


def of_code(code: int, program: str) -> CredentialsError:
    """Return the error of a program that ended with a code other than zero."""
    hint = hint_for(program)
    if code < 0:
        name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
        return ProviderUnavailableError(f"the program was ended by {name}.", hint=hint)
    if os.path.basename(program) == "security" and code in _SECURITY:
        kind, message = _SECURITY[code]
        return kind(message, hint=hint)
    if code in {_NOT_FOUND_INSIDE, _NOT_EXECUTABLE_INSIDE}:
        msg = f"the program could not run another one (exit code {code})."
        return ConfigurationError(msg, hint=f"Check argv and PATH. {_BY_HAND}")
    return ProviderUnavailableError(f"the program failed with exit code {code}.", hint=hint)


def not_in_time(program: str) -> CredentialsError:
    """Return the error of a program that the deadline has ended."""
    msg = "the program did not finish in time, and was ended."
    hint = f"It may have waited for an answer to a prompt. {hint_for(program)}"
    return ProviderUnavailableError(msg, hint=f"{hint} If it is slow, raise the timeout.")


def of_start(error: OSError) -> CredentialsError:
    """Return the error of a program that could not be started."""
    name = errno.errorcode.get(error.errno or 0, "an unknown error")
    if error.errno == errno.ENOEXEC:  # a script without its first line, another machine's program
        msg = "the system cannot run this file as a program."
        return ConfigurationError(msg, hint="Begin a script with #!, such as #!/bin/sh.")
    if error.errno in {errno.ENOENT, errno.EACCES, errno.EPERM, errno.E2BIG, errno.ENOTDIR}:
        # its interpreter is missing; the folder is mounted noexec; a security module
        msg = f"the program, or the interpreter that it names, cannot be started ({name})."
        return ConfigurationError(
            msg, hint="Check its first line, its mode and where it is mounted."
        )
    msg = f"the system could not start the program ({name})."  # no memory, process or descriptor
    return ProviderUnavailableError(msg, hint="Check the limits of processes and open files.")
