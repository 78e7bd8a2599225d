"""What a store returned as a secret's payload, turned into fields; and fields into a payload."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from binance_creds._parse._document import read_document
from binance_creds._secret import Secret
from binance_creds.errors import MalformedSecretError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from binance_creds._uri import SourceURI

__all__ = ["document_of", "fields_of"]


def fields_of(payload: str | bytes, uri: SourceURI) -> dict[str, Secret]:
    """Return the fields of a payload, or of the member that the source names.

    Raises:
        MalformedSecretError: it is not UTF-8 text, or not a document of known fields.
    """
    text = _text(payload)
    del payload  # a traceback with locals must not find it here
    if text is None:
        raise MalformedSecretError(
            "the secret is binary, not UTF-8 text.",
            reason="not_utf8",
            source=uri.redacted,
            hint="Store it as JSON, or a private key as PEM.",
        )
    return read_document(text, uri)


def document_of(fields: Mapping[str, Secret]) -> Secret:
    """Return the fields as the JSON text that `fields_of` reads."""
    return Secret(json.dumps({name: secret.reveal() for name, secret in fields.items()}))


def _text(payload: str | bytes) -> Secret | None:
    try:
        return Secret(payload)
    except MalformedSecretError:
        return None
