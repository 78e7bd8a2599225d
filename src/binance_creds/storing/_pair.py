"""`pair_of_text`: the fields of credentials that a program was given as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from binance_creds._parse._document import read_document
from binance_creds._raw import VALUE
from binance_creds._uri import SourceURI
from binance_creds.errors import CredentialsError, MalformedSecretError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from binance_creds._secret import Secret

__all__ = ["pair_of_text"]


def pair_of_text(text: Secret, *, origin: str = "standard input") -> Mapping[str, Secret]:
    """Return the fields that a text holds: JSON, TOML or lines of a `.env`.

    Args:
        text: the whole.
        origin: where it is from, for errors.

    Raises:
        MalformedSecretError: it holds no fields of credentials, or one value alone.
    """
    try:
        fields = read_document(text, SourceURI("file", "text"))
    except CredentialsError as error:
        refusal = error.at(origin)
    else:
        if VALUE not in fields:
            return fields
        refusal = MalformedSecretError(
            "this holds one value without a name, not a pair.",
            reason="one_value",
            source=origin,
            hint="Write JSON with api_key and api_secret, or lines as in a .env.",
        )
    raise refusal
