"""Change the credentials in what a file holds as one text, and keep its form.

The frames of this module hold plaintext: the caller raises errors anew.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NoReturn

from binance_creds._parse._clean import stripped
from binance_creds._parse._document import ASSIGNMENT, toml_members
from binance_creds._parse._edit._dotenv import edited_dotenv
from binance_creds._parse._edit._json import edited_json, new_json
from binance_creds._parse._edit._toml import edited_toml, new_toml
from binance_creds._parse._names import Names
from binance_creds._raw import VALUE
from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from binance_creds._secret import Secret
    from binance_creds._uri import SourceURI

__all__ = ["edited_document", "is_bare"]


def edited_document(
    text: Secret | None,
    fields: Mapping[str, Secret],
    uri: SourceURI,
    *,
    is_dotenv: bool,
    is_toml: bool,
) -> Secret:
    """Return the text with these fields and no other field of a credential.

    A text that is there keeps its form; a new one has that of the file's name, else JSON.

    Args:
        text: what the file holds, or `None` without a file.
        fields: the whole credential.
        uri: its `field` is the member to change; its option `prefix` is that of the names.
        is_dotenv: whether it is a `.env` by its name.
        is_toml: the same of TOML.

    Raises:
        ConfigurationError: the text cannot hold these fields, or not be changed safely.
    """
    names = Names.of_folder(uri.option("prefix"))
    if text is None or not stripped(text.reveal()):
        return _new(text, fields, uri, names, is_dotenv=is_dotenv, is_toml=is_toml)
    plain = text.reveal()
    if stripped(plain.removeprefix("\ufeff")).startswith("{"):
        return edited_json(text, fields, names, uri.field)
    if not (is_dotenv or re.search(ASSIGNMENT, plain)):
        return _value(fields)
    if VALUE in fields:
        _refuse_form()
    if not is_dotenv and toml_members(plain):
        return edited_toml(text, fields, names, uri.field)
    return edited_dotenv(text, fields, names._replace(takes_bare=False))


def is_bare(text: Secret) -> bool:
    """Return whether a text holds nothing but white space, or an empty object."""
    return "".join(text.reveal().split()) in {"", "{}"}


def _new(
    text: Secret | None,
    fields: Mapping[str, Secret],
    uri: SourceURI,
    names: Names,
    *,
    is_dotenv: bool,
    is_toml: bool,
) -> Secret:
    if uri.field is not None:
        msg = "there is no document with this member yet."
        raise ConfigurationError(msg, hint="Write the document first, or leave out '#'.")
    if VALUE in fields:
        return _value(fields)
    if is_dotenv:
        return edited_dotenv(text, fields, names._replace(takes_bare=False))
    named = {names.written(field): secret for field, secret in fields.items()}
    return new_toml(named) if is_toml else new_json(named)


def _value(fields: Mapping[str, Secret]) -> Secret:
    if fields.keys() != {VALUE}:
        _refuse_form()
    return fields[VALUE]


def _refuse_form() -> NoReturn:
    msg = "the file holds one value and a pair is stored, or the reverse."
    raise ConfigurationError(msg, hint="Name another file, or remove this one first.")
