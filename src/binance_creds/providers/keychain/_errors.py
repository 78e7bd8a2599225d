"""From what keychain libraries raise to our errors.

The table goes by names of classes, so that it can have those of libraries that are not installed
here. Texts of backends are never repeated: some quote what they were given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from binance_creds.errors import (
    AccessDeniedError,
    ConfigurationError,
    CredentialsError,
    MalformedSecretError,
    ProviderUnavailableError,
)
from binance_creds.providers.remote._error_row import ErrorRow
from binance_creds.providers.remote._errors import ErrorTable

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["HEADLESS_HINT", "NO_KEYCHAIN", "TABLE", "translated"]

NO_KEYCHAIN: Final = "there is no usable keychain on this machine."
HEADLESS_HINT: Final = (
    "Without a desktop, start one first: run 'dbus-run-session -- sh', in it 'gnome-keyring-daemon"
    " --unlock --components=secrets' with the password on standard input, then the program; or use"
    " another source, such as file: or a cloud store."
)
_UNLOCK: Final = (
    "Unlock it: log in to the desktop, on macOS run 'security unlock-keychain', without a desktop"
    " 'gnome-keyring-daemon --unlock --components=secrets'."
)
_AGAIN: Final = "Check that its daemon is running, then try again."

_LOCKED: Final = ErrorRow(ProviderUnavailableError, "the keychain is locked.", _UNLOCK)
_SILENT: Final = ErrorRow(ProviderUnavailableError, "the keychain does not answer.", _AGAIN)
_REFUSED: Final = ErrorRow(
    AccessDeniedError,
    "the keychain refused this program.",
    "Allow it in the keychain's settings; on macOS grants belong to one executable.",
)
_DISMISSED: Final = ErrorRow(
    ProviderUnavailableError,
    "the keychain asked for permission, and the prompt was dismissed or denied.",
    "Load again and allow it; 'Always Allow' is kept for this executable.",
)

TABLE: Final = ErrorTable(
    {
        # Statuses of the Security framework of macOS.
        "macOS -25308": _LOCKED,  # errSecInteractionNotAllowed: no prompt, over SSH or in a daemon
        "macOS -128": _DISMISSED,  # errSecUserCanceled: Deny or Cancel, or the password was refused
        "macOS -25293": _REFUSED,  # errSecAuthFailed: not signed, or its grant was reset
        "macOS -67030": _REFUSED,  # errSecCSInfoPlistFailed: as above
        # CredWrite: RPC_X_BAD_STUB_DATA. An RSA key does not fit; characters take two bytes each.
        "Windows 1783": ErrorRow(
            ConfigurationError,
            "the item is larger than Windows keeps: 2,560 bytes, which is 1,280 characters.",
            "Use an Ed25519 key, store one item a field, or use a file.",
        ),
        # No backend fits this machine: headless, no D-Bus session. keyring keeps that answer for
        # the life of the process, so a retry does not help.
        "keyring.errors.NoKeyringError": ErrorRow(ConfigurationError, NO_KEYCHAIN, HEADLESS_HINT),
        # The prompt to unlock was dismissed, or nothing could show one.
        "keyring.errors.KeyringLocked": _LOCKED,
        # The default collection is missing and could not be made, or kwallet could not be opened.
        "keyring.errors.InitError": ErrorRow(
            ProviderUnavailableError, "the keychain could not be opened.", HEADLESS_HINT
        ),
        # macOS: another program owns the item; kwallet: the user cancelled; some only read.
        "keyring.errors.PasswordSetError": ErrorRow(
            AccessDeniedError, "the keychain refused to store the item.", _REFUSED.hint
        ),
        # As above, or the item vanished while an old value was being put back.
        "keyring.errors.PasswordDeleteError": ErrorRow(
            AccessDeniedError, "the keychain refused to delete the item.", _REFUSED.hint
        ),
        # macOS: any other status of the Security framework.
        "keyring.errors.KeyringError": ErrorRow(
            ProviderUnavailableError, "the keychain returned an error.", _AGAIN
        ),
        # The collection was locked again between our unlocking and our reading.
        "secretstorage.exceptions.LockedException": _LOCKED,
        # The prompt was dismissed, or nothing could show one.
        "secretstorage.exceptions.PromptDismissedException": _LOCKED,
        # The item was deleted or replaced while we read it.
        "secretstorage.exceptions.ItemNotFoundException": ErrorRow(
            ProviderUnavailableError, "the item changed while it was read.", "Try again."
        ),
        # The daemon died and D-Bus cannot start another, or the session bus is gone.
        "secretstorage.exceptions.SecretServiceNotAvailableException": _SILENT,
        "secretstorage.exceptions.SecretStorageException": _SILENT,
        # The daemon answered with another D-Bus error, such as one of its own policy.
        "jeepney.wrappers.DBusErrorResponse": _SILENT,
        # kwallet's daemon died during a call.
        "dbus.exceptions.DBusException": _SILENT,
        # The prompt to unlock was neither answered nor dismissed; a later try shows another.
        "builtins.TimeoutError": _LOCKED,
        # The socket of the session bus closed or refused: OSError and its family.
        "builtins.OSError": _SILENT,
        # The item holds bytes that are not text; also the UTF-16 trial of the Windows backend.
        "builtins.UnicodeDecodeError": ErrorRow(
            MalformedSecretError, "the item is not UTF-8 text.", "Store it again, as text."
        ),
    },
    store="the keychain",
)


def translated(error: Exception) -> CredentialsError:
    """Return our error for what a backend raised; nothing of its text, cause or frames."""
    if isinstance(error, CredentialsError):
        return error.again()
    row = TABLE.row(_signs(error), "")
    if row is None:  # GLib, or a third party's backend: only the name is safe
        name = type(error).__name__
        return ProviderUnavailableError(f"the keychain returned an error ({name}).", hint=_AGAIN)
    return TABLE.error(row)


def _signs(error: Exception) -> Iterator[str]:
    """Give statuses and names of classes, the most telling first."""
    for status in getattr(error.__cause__, "args", ())[:1]:
        yield f"macOS {status}" if type(status) is int else ""
    yield f"Windows {getattr(error, 'winerror', None)}"
    for kind in type(error).__mro__:
        yield f"{kind.__module__}.{kind.__qualname__}"
