"""The spellings under which stores keep the fields of a credential."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from binance_creds.errors import MalformedSecretError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from binance_creds._secret import Secret

__all__ = ["canonical_name", "collected"]

# Without case, hyphens and underscores: api_key, apiKey, API-KEY and so on are one spelling.
_SPELLINGS: Final = {
    "apikey": "api_key",
    "key": "api_key",
    "apisecret": "api_secret",
    "secret": "api_secret",
    "secretkey": "api_secret",
    "privatekey": "private_key",
    "passphrase": "passphrase",
    "privatekeypassphrase": "passphrase",
    "environment": "environment",
    "created": "created",
    "rotationdays": "rotation_days",
}


def canonical_name(name: str, *, prefix: str = "BINANCE") -> str | None:
    """Return the field that a member, file or variable stands for, or `None` for none of ours."""
    return _SPELLINGS.get(_folded(name)) or _SPELLINGS.get(
        _folded(name).removeprefix(_folded(prefix))
    )


def collected(entries: Iterable[tuple[str, str, Secret]]) -> dict[str, Secret]:
    """Return fields from (field, spelling, value) entries.

    Raises:
        MalformedSecretError: two spellings of one field have two values.
    """
    fields: dict[str, Secret] = {}
    spellings: dict[str, str] = {}
    for field, spelling, value in entries:
        if field in fields and fields[field] != value:
            msg = f"{spellings[field]} and {spelling} both give {field}, with different values."
            raise MalformedSecretError(
                msg, reason="ambiguous", field=field, hint="Keep one of the two."
            )
        fields[field] = value
        spellings[field] = spelling
    return fields


def _folded(name: str) -> str:
    return name.replace("_", "").replace("-", "").casefold()
