"""What every `KeyMaker` says in the same words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from binance_creds.errors import ConfigurationError, ConflictError

if TYPE_CHECKING:
    from binance_creds._enums import KeyType
    from binance_creds.signers._protocols import KeyVersion

__all__ = ["not_made", "of_type", "unnameable"]


def of_type(version: KeyVersion, key_type: KeyType) -> KeyVersion:
    """Return the version that has the name of a new key.

    Raises:
        ConflictError: it is of another type than the new key.
    """
    if version.key_type is key_type:
        return version
    msg = f"a key of the type {version.key_type.value} has this name."
    raise ConflictError(msg, hint="Choose another name for the new key.")


def not_made(place: str, key_type: KeyType) -> ConfigurationError:
    """Return the error of a place that makes no keys of a type."""
    msg = f"{place} makes no keys of the type {key_type.value}."
    return ConfigurationError(msg, hint="Try the other one: --type ed25519 or --type rsa.")


def unnameable(hint: str) -> ConfigurationError:
    """Return the error of a URI that can name a key, but none that is not there yet."""
    return ConfigurationError(
        "there is no such key, and a new one cannot have this name.", hint=hint
    )
