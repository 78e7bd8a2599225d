"""The fields of credentials that a program was given as text, or as a file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from binance_creds._parse._document import read_document
from binance_creds._parse._lacking import lacking, with_key_named
from binance_creds._raw import VALUE, RawSecret
from binance_creds._time._deadline import Deadline
from binance_creds._uri import SourceURI
from binance_creds.errors import CredentialsError, MalformedSecretError
from binance_creds.providers._registry import provider_for

if TYPE_CHECKING:
    from collections.abc import Mapping

    from binance_creds._secret import Secret

__all__ = ["missing_fields", "pair_of_file", "pair_of_text"]


def pair_of_text(text: Secret, *, origin: str = "standard input") -> Mapping[str, Secret]:
    """Return the fields that a text holds: JSON, TOML, lines of a `.env`, or a private key.

    Args:
        text: the whole.
        origin: where it is from, for errors.

    Raises:
        MalformedSecretError: it holds no fields of credentials, or one value alone.
    """
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
        SecretNotFoundError: there is no such file.
        MalformedSecretError: it holds no fields of credentials, or one value alone.
        CredentialsError: it cannot be read.
    """
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
    """
    return lacking(fields)


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
