"""From a raw secret to `Credentials`: the one place where plaintext is judged."""

from __future__ import annotations

import time

from binance_creds._credentials import Credentials
from binance_creds._enums import KeyType
from binance_creds._facts import NOTHING_FURTHER, Facts, FurtherFacts
from binance_creds._known import remember
from binance_creds._parse._clean import (
    OBSERVED_LENGTH,
    is_pem,
    refuse_bad_character,
    refuse_comment,
    trimmed,
    usual_fields,
)
from binance_creds._parse._facts import created_at, environment_of, rotation_days
from binance_creds._secret import plain_bytes
from binance_creds._typing import TYPE_CHECKING, NamedTuple
from binance_creds._warnings import warn
from binance_creds.errors import ConfigurationError, MalformedSecretError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import NoReturn

    from binance_creds._parse._pem import PrivateKey
    from binance_creds._plan import Plan
    from binance_creds._raw import RawSecret
    from binance_creds._secret import Secret
    from binance_creds.errors import Attempt
    from binance_creds.signers import Signer, SignerURI
    from binance_creds.signers._outside import OutsideSigner

__all__ = ["build_credentials"]


class _Material(NamedTuple):
    api_key: Secret
    signer: Signer | None
    is_usual: bool
    api_secret: Secret | None = None
    private_key_pem: Secret | None = None
    signed_by: str | None = None


def build_credentials(
    raw: RawSecret,
    plan: Plan,
    *,
    opened: Callable[[SignerURI], OutsideSigner],
    attempts: Iterable[Attempt] = (),
    stated: Iterable[tuple[str, str]] = (),
) -> Credentials:
    """Return validated credentials.

    Args:
        raw: what was read.
        plan: what the load is to do.
        opened: gives what signs where the key stays outside.
        attempts: the sources that were tried before.
        stated: (source, environment) of those among them that name an environment and no pair.

    Raises:
        MalformedSecretError: with `reason` and `field`; what is wrong and what to do.
        CredentialsError: the key outside cannot be used.
    """
    try:
        material = _material(raw, plan, opened)
        further = FurtherFacts(
            created_at(raw),
            rotation_days(raw, plan),
            tuple(attempts),
            plan.terms.notes,
            material.is_usual,
            signed_by=material.signed_by,
        )
        facts = Facts(
            environment_of(raw, plan, stated),
            raw.origin,
            time.time(),
            raw.version,
            NOTHING_FURTHER if further == NOTHING_FURTHER else further,
        )
        return _built(material, facts, plan)
    except MalformedSecretError as error:
        # The frames below hold plaintext: keep the words, drop the traceback.
        refusal = error.at(raw.origin)
    raise refusal


def _built(material: _Material, facts: Facts, plan: Plan) -> Credentials:
    held = (material.api_key, material.api_secret, material.private_key_pem)
    for plain in [plain_bytes(secret) for secret in held if secret is not None]:
        remember(plain)
    credentials = Credentials(
        material.api_key,
        material.signer,
        facts,
        api_secret=material.api_secret,
        private_key_pem=material.private_key_pem,
    )
    return credentials.sealed() if plan.terms.sealed else credentials


def _material(
    raw: RawSecret, plan: Plan, opened: Callable[[SignerURI], OutsideSigner]
) -> _Material:
    given, usual = raw.fields, usual_fields(raw.fields)
    api_key, is_usual_key = _token(raw, "api_key", usual)
    uri = _signer_uri(raw) if "signer" in given else plan.terms.signer
    _refuse_two(raw, uri)
    if uri is not None:
        signer = opened(uri)
        return _Material(api_key, signer, is_usual_key, signed_by=signer.origin)
    if "private_key" not in given and "api_secret" not in given:
        _refuse(
            "incomplete",
            f"there is an api_key, but neither api_secret nor private_key{raw.near}.",
            "Store both halves of the pair in the same place.",
            field="api_secret",
        )
    is_pair = "private_key" not in given and ("api_secret" in usual or not _is_key(raw))
    if not is_pair:
        key = _private_key(raw, given.get("private_key") or given["api_secret"])
        return _Material(api_key, _signer(key), is_usual_key, private_key_pem=key.pem)
    api_secret, is_usual_secret = _token(raw, "api_secret", usual)
    _refuse_same(api_key, api_secret)
    return _Material(api_key, None, is_usual_key and is_usual_secret, api_secret=api_secret)


def _is_key(raw: RawSecret) -> bool:
    """Return whether a PEM stands where the secret would, which is ccxt's habit."""
    return is_pem(plain_bytes(trimmed(raw.fields["api_secret"])))


def _signer_uri(raw: RawSecret) -> SignerURI:
    from binance_creds.signers import SignerURI  # noqa: PLC0415  # few keys stay outside

    text = trimmed(raw.fields["signer"])
    refuse_comment(plain_bytes(text), "signer")
    try:
        return SignerURI.parse(text.reveal())
    except ConfigurationError as error:
        message, hint = error.message, error.hint
    _refuse("bad_signer", f"signer: {message}", str(hint), field="signer")


def _refuse_two(raw: RawSecret, signer: SignerURI | None) -> None:
    """Refuse what gives more than one thing that signs."""
    given = [name for name in ("api_secret", "private_key") if name in raw.fields]
    if signer is not None:
        given.append("signer")
    if len(given) > 1:
        _refuse(
            "two_secrets",
            f"both {given[0]} and {given[1]} are given.",
            "Keep the one that belongs to this API key.",
        )


def _refuse_same(api_key: Secret, api_secret: Secret) -> None:
    if api_secret == api_key:
        _refuse(
            "key_equals_secret",
            "api_key and api_secret are the same value.",
            "Copy each again from where the key was created.",
            field="api_secret",
        )


def _private_key(raw: RawSecret, text: Secret) -> PrivateKey:
    from binance_creds._parse._pem import read_private_key  # noqa: PLC0415  # HMAC users need none of it
    from binance_creds._parse._placeholder import refuse_placeholder  # noqa: PLC0415  # as above

    refuse_placeholder(plain_bytes(trimmed(text)), "private_key")
    return read_private_key(text, raw.fields.get("passphrase"))


def _signer(key: PrivateKey) -> Signer:
    from binance_creds.signers import Ed25519Signer, RsaSigner  # noqa: PLC0415  # as above

    if key.key_type is KeyType.RSA:
        return RsaSigner(key.key)  # type: ignore[arg-type]  # key_type tells which
    return Ed25519Signer(key.key)  # type: ignore[arg-type]  # key_type tells which


def _token(raw: RawSecret, field: str, usual: set[str]) -> tuple[Secret, bool]:
    """Return an API key or HMAC secret, and whether it looks like every one seen so far."""
    if field not in raw.fields:
        _refuse(
            "incomplete",
            f"there is no {field}{raw.near}.",
            "Store both halves of the pair in the same place.",
            field=field,
        )
    if field in usual:
        return raw.fields[field], True
    return _cleaned(trimmed(raw.fields[field]), field, raw.origin)


def _cleaned(text: Secret, field: str, origin: str) -> tuple[Secret, bool]:
    plain = plain_bytes(text)
    from binance_creds._parse._placeholder import (  # noqa: PLC0415  # few need it
        refuse_pasted,
        refuse_placeholder,
    )

    refuse_placeholder(plain, field)
    refuse_pasted(plain, field)
    refuse_bad_character(plain, field)
    is_of_letters = len(plain) == OBSERVED_LENGTH and plain.isalnum()
    if not is_of_letters:
        warn(
            f"{field} of {origin} is not {OBSERVED_LENGTH} letters and digits, as every key"
            " seen so far: check that it was copied whole."
        )
    return text, is_of_letters


def _refuse(reason: str, message: str, hint: str, *, field: str | None = None) -> NoReturn:
    raise MalformedSecretError(message, reason=reason, field=field, hint=hint)
