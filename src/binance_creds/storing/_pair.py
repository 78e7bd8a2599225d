"""The fields of credentials that a program was given as text, or as a file."""

from __future__ import annotations

import os
from collections.abc import Mapping

from binance_creds._parse._document import read_document
from binance_creds._parse._lacking import lacking, with_key_named
from binance_creds._raw import VALUE, RawSecret
from binance_creds._secret import Secret
from binance_creds._time._deadline import Deadline
from binance_creds._uri import SourceURI, looks_pasted
from binance_creds.errors import ConfigurationError, CredentialsError, MalformedSecretError
from binance_creds.providers._registry import provider_for

__all__ = ["missing_fields", "pair_of_file", "pair_of_text", "refusal_of"]


def pair_of_text(text: Secret, *, origin: str = "standard input") -> Mapping[str, Secret]:
    """Return the fields that a text holds: JSON, TOML, lines of a `.env`, or a private key.

    Args:
        text: the whole.
        origin: where it is from, for errors.

    Raises:
        ConfigurationError: it is no `Secret`.
        MalformedSecretError: it holds no fields of credentials, or one value alone.
    """
    refusal: CredentialsError | None = _refusal_of_text(text)
    if refusal is not None:
        del text  # a traceback with locals must not find it here
        raise refusal
    try:
        return _named(read_document(text, SourceURI("file", "text")))
    except CredentialsError as error:
        refusal = _told(error, origin)
    raise refusal


def pair_of_file(path: str | os.PathLike[str]) -> Mapping[str, Secret]:
    """Return the fields that a file holds, in the forms of `pair_of_text`. Blocks.

    The file obeys the rules of a source: nobody else may write it, and whoever can read it is
    warned of.

    Raises:
        ConfigurationError: the path looks like a key that was pasted in its place.
        SecretNotFoundError: there is no such file.
        MalformedSecretError: it holds no fields of credentials, or one value alone.
        CredentialsError: it cannot be read.
    """
    if looks_pasted(os.fsdecode(path)):
        del path
        msg = "the path looks like an API key or secret, not like a path."
        raise ConfigurationError(msg, hint="Name a file that holds the pair.")
    uri = SourceURI("file", os.path.abspath(os.path.expanduser(path)))
    try:
        found = provider_for(uri).fetch(Deadline())
        assert isinstance(found, RawSecret)  # noqa: S101  # no version was known
        return _named(found.fields)
    except CredentialsError as error:
        refusal = _told(error, uri.redacted)
    raise refusal


def missing_fields(fields: Mapping[str, Secret]) -> tuple[str, ...]:
    """Return what must be asked for besides: `api_key`, `api_secret`, `passphrase`.

    The passphrase is that of a private key that is encrypted; `api_secret` may be such a key.

    Raises:
        ConfigurationError: a field is no `Secret`.
    """
    refusal = refusal_of(fields)
    if refusal is not None:
        del fields
        raise refusal
    return lacking(fields)


def _refusal_of_text(text: object) -> ConfigurationError | None:
    if isinstance(text, Secret):
        return None
    msg = f"`text` must be a `Secret`, not {type(text).__name__}."
    return ConfigurationError(msg, hint="Write pair_of_text(Secret(text)).")


def refusal_of(fields: object) -> ConfigurationError | None:
    """Return the error of what are no secrets by name; to raise it here would keep them here."""
    if isinstance(fields, Mapping) and all(isinstance(one, Secret) for one in fields.values()):
        return None
    msg = "the fields must be a mapping of names to `Secret`."
    return ConfigurationError(
        msg, hint="Write {'api_key': Secret(...), 'api_secret': Secret(...)}."
    )


def _named(fields: Mapping[str, Secret]) -> Mapping[str, Secret]:
    found = with_key_named(fields)
    if VALUE not in found:
        return found
    from binance_creds._parse._members import refuse_other_form  # noqa: PLC0415  # few need it

    refuse_other_form(found[VALUE])
    raise MalformedSecretError(
        "this holds one value without a name, not a pair.",
        reason="one_value",
        hint="Write JSON with api_key and api_secret, or lines as in a .env.",
    )


def _told(error: CredentialsError, origin: str) -> CredentialsError:
    """Return the error anew; its hint for what is no source, so that no `#` names a member."""
    if not isinstance(error, MalformedSecretError) or error.reason != "in_members":
        return error.at(origin)
    hint = "Give one pair alone: an object with api_key and api_secret."
    return MalformedSecretError(error.message, reason=error.reason, source=origin, hint=hint)
