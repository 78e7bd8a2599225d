"""Which backends of keyring may be used: those that keep something, and keep it encrypted.

Decided by the names of classes, so that a chain with a bad member and a subclass of a bad backend
are seen too, and no package need be installed to be refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from binance_creds.errors import AccessDeniedError, ConfigurationError
from binance_creds.providers.keychain._errors import HEADLESS_HINT, NO_KEYCHAIN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["OF_MACOS", "class_path", "refusal_of"]

OF_MACOS: Final = (
    "every Python script of this user can read the item once this Python may; and as a write"
    " deletes the item before it adds the new one, keep the pair in a second place until a write"
    " has succeeded."
)
"""What is special there. Source: keyring, issue 457, and `set_generic_password` of its backend."""

_UNUSABLE: Final = {
    "keyring.backends.null.Keyring": "keyring is switched off on this machine (null backend).",
    "keyring.backends.fail.Keyring": NO_KEYCHAIN,
}
# The backends of keyrings.alt that encrypt; its others write base64 or hand the text to a wrapper.
_ALT: Final = "keyrings.alt."
_ALT_ENCRYPTED: Final = frozenset(
    {
        "keyrings.alt.Gnome.Keyring",
        "keyrings.alt.Google.KeyczarDocsKeyring",
        "keyrings.alt.Windows.EncryptedKeyring",
        "keyrings.alt.Windows.RegistryKeyring",
        "keyrings.alt.file.EncryptedKeyring",
    }
)


def refusal_of(
    backends: Sequence[object], *, takes_plaintext: bool
) -> ConfigurationError | AccessDeniedError | None:
    """Return why these backends, the members of a chain or one alone, may not be used."""
    if not backends:  # a chain of nothing answers "absent" to everything
        return ConfigurationError(NO_KEYCHAIN, hint=HEADLESS_HINT)
    for backend in backends:
        reason = next((_UNUSABLE[path] for path in _paths(backend) if path in _UNUSABLE), None)
        if reason:
            return ConfigurationError(reason, hint=HEADLESS_HINT)
    plain = [class_path(backend) for backend in backends if _is_plaintext(backend)]
    if not plain or takes_plaintext:
        return None
    safe = [class_path(backend) for backend in backends if not _is_plaintext(backend)]
    choice = f"Choose another: backend={safe[0]}" if safe else "Use another backend"
    return AccessDeniedError(
        f"the keychain backend {plain[0]} keeps secrets readable on disk.",
        hint=f"{choice}; allow_plaintext=true takes the risk.",
    )


def class_path(backend: object) -> str:
    """Return the full name of a backend's class."""
    return f"{type(backend).__module__}.{type(backend).__qualname__}"


def _paths(backend: object) -> Iterator[str]:
    for kind in type(backend).__mro__:
        yield f"{kind.__module__}.{kind.__qualname__}"


def _is_plaintext(backend: object) -> bool:
    alt = next((path for path in _paths(backend) if path.startswith(_ALT)), None)
    if alt is not None and alt not in _ALT_ENCRYPTED:
        return True
    return any("plaintext" in path.lower() for path in _paths(backend))
