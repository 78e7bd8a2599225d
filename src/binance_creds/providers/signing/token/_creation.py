"""Make a key pair in a token, of which only the public half can be read."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from pkcs11 import Attribute, KeyType, Mechanism, MechanismFlag, ObjectClass
from pkcs11.exceptions import (
    AttributeValueInvalid,
    DomainParamsInvalid,
    FunctionNotSupported,
    KeySizeRange,
    MechanismInvalid,
    MechanismParamInvalid,
)

from binance_creds._enums import KeyType as OurType
from binance_creds.signers._making import not_made, unnameable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pkcs11 import Session

__all__ = ["make_key"]

_ED25519: Final = b"\x06\x03\x2b\x65\x70"  # CKA_EC_PARAMS: the OID of RFC 8410, section 3
_MADE: Final = (OurType.ED25519, OurType.RSA)
_RSA_BITS: Final = 2048
_ID_BYTES: Final = 2  # what YubiHSM takes; others take any
_REFUSALS: Final = (
    AttributeValueInvalid,
    DomainParamsInvalid,
    FunctionNotSupported,
    KeySizeRange,
    MechanismInvalid,
    MechanismParamInvalid,
)


def make_key(session: Session, wanted: Mapping[str, bytes], key_type: OurType) -> None:
    """Make the key pair that a URI names.

    Raises:
        ConfigurationError: the URI gives it no name, or the token makes none of this type.
    """
    if key_type not in _MADE:
        raise not_made("the token", key_type)
    if "object" not in wanted and "id" not in wanted:
        raise unnameable("Add object= to the URI.")
    named = {
        "id": wanted.get("id") or _new_id(session),
        "label": wanted["object"].decode() if "object" in wanted else None,
    }
    try:
        _generate(session, key_type, named)
    except _REFUSALS:
        pass
    else:
        return
    raise not_made("the token", key_type)


def _generate(session: Session, key_type: OurType, named: Mapping[str, object]) -> None:
    more: dict[str, Any] = {
        "store": True,
        "capabilities": MechanismFlag.SIGN | MechanismFlag.VERIFY,
        "private_template": {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False},
        **named,
    }
    if key_type is OurType.RSA:
        session.generate_keypair(KeyType.RSA, _RSA_BITS, **more)
        return
    parameters = session.create_domain_parameters(
        KeyType.EC_EDWARDS, {Attribute.EC_PARAMS: _ED25519}, local=True
    )
    parameters.generate_keypair(mechanism=Mechanism.EC_EDWARDS_KEY_PAIR_GEN, **more)


def _new_id(session: Session) -> bytes:
    """Return an identifier that no private key has, so that its public half is found by it."""
    while True:
        new = os.urandom(_ID_BYTES)
        template = {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.ID: new}
        if any(new) and not list(session.get_objects(template)):
            return new
