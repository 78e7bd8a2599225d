"""Which token and which private key a URI names: exactly one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pkcs11 import Attribute, ObjectClass
from pkcs11.exceptions import TokenNotPresent, TokenNotRecognised

from binance_creds.errors import MalformedSecretError
from binance_creds.providers.signing.token._errors import ABSENT_KEY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pkcs11 import PrivateKey, Session, Slot, Token
    from pkcs11._pkcs11 import lib as Library  # noqa: N812  # as other classes are written

__all__ = ["OF_KEY", "found_key", "found_tokens"]

OF_KEY = frozenset({"id", "object", "type"})
"""The attributes that say which key; the others say which token."""


def found_tokens(library: Library, wanted: Mapping[str, bytes]) -> list[Token]:
    """Return the tokens that fit; those that were pulled out meanwhile do not.

    Raises:
        MalformedSecretError: several do.
    """
    names = {name: value.decode() for name, value in wanted.items() if name not in OF_KEY}
    found = [
        token
        for slot, token in _tokens(library)
        if names.items() <= _facts(library, slot, token).items()
    ]
    if len(found) > 1:
        serials = ", ".join(sorted(_text(token.serial) for token in found))
        raise _ambiguous("tokens", f"Add serial= with one of: {serials}")
    return found


def found_key(session: Session, wanted: Mapping[str, bytes]) -> PrivateKey:
    """Return the private key that fits.

    Raises:
        SecretNotFoundError: none does.
        MalformedSecretError: several do.
    """
    template: dict[Attribute, object] = {Attribute.CLASS: ObjectClass.PRIVATE_KEY}
    if "object" in wanted:
        template[Attribute.LABEL] = wanted["object"].decode()
    if "id" in wanted:
        template[Attribute.ID] = wanted["id"]
    keys: list[PrivateKey] = list(session.get_objects(template))  # type: ignore[arg-type]  # by CLASS
    if not keys:
        raise ABSENT_KEY.error()
    if len(keys) > 1:
        raise _ambiguous("private keys", f"Add id= with one of: {', '.join(map(_id, keys))}")
    return keys[0]


def _tokens(library: Library) -> Iterator[tuple[Slot, Token]]:
    for slot in library.get_slots(token_present=True):
        try:
            yield slot, slot.get_token()
        except (TokenNotPresent, TokenNotRecognised):  # pulled out since, or not formatted
            continue


def _facts(library: Library, slot: Slot, token: Token) -> dict[str, str]:
    return {
        "token": token.label,
        "manufacturer": token.manufacturer_id,
        "model": token.model,
        "serial": _text(token.serial),
        "slot-id": str(slot.slot_id),
        "slot-description": slot.slot_description,
        "slot-manufacturer": slot.manufacturer_id,
        "library-manufacturer": library.manufacturer_id,
        "library-description": library.library_description,
        "library-version": ".".join(map(str, library.library_version)),
    }


def _text(serial: bytes) -> str:
    return serial.strip(b"\0 ").decode(errors="replace")


def _id(key: PrivateKey) -> str:
    return "".join(f"%{byte:02X}" for byte in key[Attribute.ID]) or "(this one has none)"


def _ambiguous(what: str, hint: str) -> MalformedSecretError:
    return MalformedSecretError(
        f"several {what} fit the URI.", reason="ambiguous", field="signer", hint=hint
    )
