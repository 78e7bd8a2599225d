"""`keygen`: make a key pair whose private half goes into the store, or never leaves a device."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from binance_creds._enums import KeyType
from binance_creds._parse._clean import trimmed
from binance_creds._parse._new_key import new_private_key, public_half
from binance_creds._secret import Secret
from binance_creds._time._deadline import DEFAULT_TIMEOUT_SECONDS, Deadline
from binance_creds._uri import SourceURI
from binance_creds.errors import (
    ConfigurationError,
    ConflictError,
    CredentialsError,
    SecretNotFoundError,
)
from binance_creds.providers.signing import made_key
from binance_creds.rotation._places import Place, fingerprint_in
from binance_creds.rotation._siblings import staged
from binance_creds.signers import SignerURI
from binance_creds.signers._fingerprint import fingerprint_of
from binance_creds.storing._put import Stored, put
from binance_creds.storing._target import plan_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from binance_creds import Config
    from binance_creds._api._types import Verify
    from binance_creds._plan import Plan
    from binance_creds._raw import RawSecret

__all__ = [
    "NewKey",
    "completed",
    "finish_keygen",
    "keygen",
    "keygen_outside",
    "made_of",
    "make_half",
    "the_one",
]

_CARRIED: Final = ("environment", "rotation_days")


class NewKey(NamedTuple):
    """A key whose private half waits in a store, or stays in a device. Nothing here is secret.

    Attributes:
        target: where it waits or stays, redacted.
        key_type: Ed25519 or RSA.
        public_key: PEM, to be registered at Binance.
        is_new: whether it was made now; else it was there already.
    """

    target: str
    key_type: KeyType
    public_key: str
    is_new: bool


def keygen(
    target: str | SourceURI,
    *,
    key_type: KeyType | None = None,
    config: Config | None = None,
    timeout_seconds: float | None = None,
) -> NewKey:
    """Make a key pair for a target, and have its private half wait beside it. Blocks.

    It is written into the store of the target, where no bot reads it (see `staged`), and nowhere
    else. Done again it makes none, and returns the public half once more.

    Args:
        target: a source that can be written, or the name of a profile with one.
        key_type: `KeyType.ED25519` or `KeyType.RSA`; `None`: Ed25519, or what waits there already.
        config: as for `load_credentials`; for a profile.
        timeout_seconds: over each of reading and writing.

    Raises:
        ConfigurationError: an argument is wrong, or the store cannot be written.
        ConflictError: another pair waits there, or a key of another type than was asked for.
        CredentialsError: the store failed.
    """
    plan = plan_of(target, config)
    if isinstance(plan, CredentialsError):
        del target, config  # a key may have been pasted where these belong
        raise plan
    _check_type(key_type)
    place = Place(plan, staged(the_one(plan)), timeout_seconds)
    place.check()
    before = place.read()
    if before is None:
        return make_half(place, key_type or KeyType.ED25519)
    if fingerprint_in(before) is not None:
        msg = f"the pair of key {fingerprint_in(before)} waits there already."
        hint = "Go on with its rotation, or end it: binance-creds rotate PROFILE --abort"
        raise ConflictError(msg, source=place.uri.redacted, hint=hint)
    return _of_type(made_of(place, before.fields), key_type)


def keygen_outside(
    signer: str | SignerURI,
    *,
    key_type: KeyType | None = None,
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
) -> NewKey:
    """Make a key where it will stay and sign: no program ever has its private half. Blocks.

    One that is there already stays, and its public half is returned.

    Args:
        signer: names the key, such as `vault-transit://transit/bot`.
        key_type: `KeyType.ED25519` or `KeyType.RSA`; `None`: Ed25519, or what is there already.
        timeout_seconds: over login, look and making.

    Raises:
        ConfigurationError: an argument is wrong.
        SecretNotFoundError: there is no such key, and none can be made there.
        ConflictError: an HMAC secret has this name, or a key of another type than was asked for.
        CredentialsError: as `KeyMaker` and `RemoteKey` say.
    """
    uri = SignerURI.parse(signer)
    del signer  # a key may have been pasted where it belongs
    _check_type(key_type)
    version, is_new = made_key(uri, key_type or KeyType.ED25519, Deadline(timeout_seconds))
    if version.public_key_pem is None:
        msg = "an HMAC secret has this name."
        raise ConflictError(msg, source=uri.redacted, hint="Choose another name for the key.")
    return _of_type(
        NewKey(uri.redacted, version.key_type, version.public_key_pem, is_new), key_type
    )


def _of_type(key: NewKey, asked: KeyType | None) -> NewKey:
    """Return the key; one of another type than was asked for would be registered by mistake."""
    if asked in {None, key.key_type}:
        return key
    msg = f"there is a key of the type {key.key_type.value} already, which stays."
    hint = "Leave the type out for its public half, or choose another name for the new key."
    raise ConflictError(msg, source=key.target, hint=hint)


def _check_type(key_type: KeyType | None) -> None:
    if key_type not in {None, KeyType.ED25519, KeyType.RSA}:
        msg = "the kinds of keys that can be made are ED25519 and RSA."
        raise ConfigurationError(msg, hint="Binance makes HMAC keys itself.")


def make_half(place: Place, key_type: KeyType) -> NewKey:
    """Make a key whose private half waits in a place where nothing is."""
    private = new_private_key(key_type)
    created = Secret(datetime.now(UTC).date().isoformat())
    place.write({"private_key": private.pem, "created": created}, None)
    public = public_half(private.pem)[1]
    return NewKey(place.uri.redacted, key_type, public, is_new=True)


def made_of(place: Place, half: Mapping[str, Secret]) -> NewKey:
    """Return the key whose private half waits in a place, or shall.

    Raises:
        MalformedSecretError: it is no private key.
    """
    text = half.get("private_key")
    if text is None:
        msg = "it holds neither a pair nor a private key."
        raise ConflictError(msg, source=place.uri.redacted, hint="Look at it, and remove it.")
    key_type, public = public_half(text, half.get("passphrase"))
    return NewKey(place.uri.redacted, key_type, public, is_new=False)


def finish_keygen(
    target: str | SourceURI,
    api_key: Secret,
    *,
    replace: str | None = None,
    config: Config | None = None,
    verify: Verify = True,
    timeout_seconds: float | None = None,
) -> Stored:
    """Put a key that `keygen` made into its target, verified first. Blocks.

    It is written in one step, as `put` writes; then what waited is removed. Interrupted anywhere,
    it can be called again. The pair that it replaces is not kept; `Rotation` keeps it.

    Args:
        target: as for `keygen`.
        api_key: what Binance gave for the public half.
        replace: as for `put`.
        config: as for `keygen`.
        verify: as for `load_credentials`; the exchange is asked by default.
        timeout_seconds: over each of reading, verifying and writing.

    Raises:
        SecretNotFoundError: nothing waits.
        ConflictError: the target holds something that `replace` does not name.
        VerificationError: the exchange refuses the pair; it waits still.
        CredentialsError: as `put` does.
    """
    plan = plan_of(target, config)
    if isinstance(plan, CredentialsError):
        del target, config  # a key may have been pasted where these belong
        raise plan
    api_key = trimmed(api_key)
    uri, fingerprint = the_one(plan), fingerprint_of(api_key)
    place = Place(plan, staged(uri), timeout_seconds)
    half, held = place.read(), Place(plan, uri, timeout_seconds).read()
    if fingerprint_in(held) == fingerprint:
        stored = Stored(uri.redacted, fingerprint, None, None)  # it was interrupted after the write
    elif half is None or "private_key" not in half.fields:
        msg = "no private key waits there for its API key."
        hint = "Make one: binance-creds keygen SOURCE"
        raise SecretNotFoundError(msg, source=place.uri.redacted, hint=hint)
    else:
        fields = completed({**half.fields, "api_key": api_key}, held)
        stored = put(
            target, fields, replace=replace, config=config, verify=verify,
            timeout_seconds=timeout_seconds,
        )  # fmt: skip
    place.erase(None, fingerprint)
    return stored


def completed(new: Mapping[str, Secret], old: RawSecret | None) -> Mapping[str, Secret]:
    """Return the fields of a new pair with what the old one says besides its key."""
    said = old.fields if old else {}
    carried = {name: said[name] for name in _CARRIED if name in said}
    created = Secret(datetime.now(UTC).date().isoformat())
    return {**carried, "created": created, **new}


def the_one(plan: Plan) -> SourceURI:
    """Return the source of a plan.

    Raises:
        ConfigurationError: there are several.
    """
    (place, *others) = plan.candidates
    if others or not isinstance(place, SourceURI):
        msg = "the profile has several sources."
        raise ConfigurationError(msg, hint="Name the one to rotate.")
    return place
