"""What a credential lacks that somebody can still be asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from binance_creds._parse._clean import is_pem, trimmed
from binance_creds._raw import VALUE
from binance_creds._secret import plain_bytes
from binance_creds.errors import MalformedSecretError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from binance_creds._secret import Secret

__all__ = ["lacking", "with_key_named"]


def lacking(fields: Mapping[str, Secret]) -> tuple[str, ...]:
    """Return the names of the fields without which no credential can be built."""
    names = () if "api_key" in fields else ("api_key",)
    if "signer" in fields:
        return names
    text = fields.get("private_key", fields.get("api_secret"))
    if text is None:
        return (*names, "api_secret")
    return (*names, "passphrase") if _is_locked(text, fields.get("passphrase")) else names


def with_key_named(fields: Mapping[str, Secret]) -> Mapping[str, Secret]:
    """Return the fields, a private key that stands alone under its name."""
    text = fields.get(VALUE)
    return {"private_key": text} if text is not None and _is_key(text) else fields


def _is_key(text: Secret) -> bool:
    return is_pem(plain_bytes(trimmed(text)))


def _is_locked(text: Secret, passphrase: Secret | None) -> bool:
    if passphrase is not None or not _is_key(text):
        return False
    from binance_creds._parse._pem import read_private_key  # noqa: PLC0415  # HMAC users need none of it

    try:
        read_private_key(text, None)
    except MalformedSecretError as error:
        return error.reason == "passphrase_missing"
    return False
