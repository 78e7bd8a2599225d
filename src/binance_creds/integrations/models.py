"""Credentials and secrets as fields of models: pydantic, msgspec, attrs.

    class Settings(pydantic.BaseModel):
        binance: CredentialsField  # from a source such as "dotenv:.env"
        webhook: Secret

    msgspec.json.decode(text, type=Settings, dec_hook=dec_hook)
    attrs.field(converter=as_credentials)

What is dumped is a mask, and no validation error shows what was given. A source in a text counts as
found, as in a file that merely lies there (docs/explanation/trust.md); a `SourceURI` is named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, cast

from binance_creds import load_credentials
from binance_creds._api._load import load_of_data
from binance_creds._credentials import Credentials
from binance_creds._masked_field import MASK, checked, masked_schema, taken
from binance_creds._secret import Secret
from binance_creds._uri import SourceURI
from binance_creds.live import LiveCredentials

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import GetJsonSchemaHandler
    from pydantic_core import CoreSchema

__all__ = [
    "CredentialsField",
    "LiveCredentialsField",
    "as_credentials",
    "as_live_credentials",
    "as_secret",
    "dec_hook",
    "enc_hook",
]


def as_credentials(value: object) -> Credentials:
    """Return credentials as they are, or load those of a source; a converter for attrs.

    Raises:
        ValueError: it is neither, or they cannot be loaded; says why, without the value.
    """
    outcome = taken(_credentials, value)
    del value  # a traceback with locals must not find it here
    return cast("Credentials", checked(outcome))


def as_live_credentials(value: object) -> LiveCredentials:
    """Return a live handle as it is, or open one on a source; as `as_credentials`."""
    outcome = taken(_live, value)
    del value
    return cast("LiveCredentials", checked(outcome))


def as_secret(value: object) -> Secret:
    """Return a secret as it is, or one that holds the text; as `as_credentials`."""
    outcome = taken(_secret, value)
    del value
    return cast("Secret", checked(outcome))


def dec_hook(kind: type, value: object) -> object:
    """Decode fields of the types `Credentials`, `LiveCredentials` and `Secret` for msgspec.

    Raises:
        NotImplementedError: the field is of another type.
        ValueError: the value cannot be used; msgspec makes a `ValidationError` of it.
    """
    convert = _CONVERTERS.get(kind)
    if convert is None:
        del value
        msg = f"dec_hook of binance_creds knows no {kind.__name__}"
        raise NotImplementedError(msg)
    outcome = taken(convert, value)
    del value
    return checked(outcome)


def enc_hook(value: object) -> str:
    """Encode the same types for msgspec: as a mask.

    Raises:
        NotImplementedError: it is of another type.
    """
    if isinstance(value, tuple(_CONVERTERS)):
        return MASK
    msg = f"enc_hook of binance_creds knows no {type(value).__name__}"
    raise NotImplementedError(msg)


class _Field:
    """What makes a type of ours a field of pydantic."""

    def __init__(self, convert: Callable[[object], object]) -> None:
        self._convert = convert

    def __get_pydantic_core_schema__(self, source: object, handler: object) -> CoreSchema:
        """Validate by the converter; dump as itself to Python and as the mask to JSON."""
        return masked_schema(self._convert)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, object]:
        """Describe the field as the source that it is given as."""
        return {"type": "string", "format": "uri", "writeOnly": True}


def _credentials(value: object) -> object:
    return value if isinstance(value, Credentials) else _loaded(value, live=False)


def _live(value: object) -> object:
    return value if isinstance(value, LiveCredentials) else _loaded(value, live=True)


def _loaded(value: object, *, live: bool) -> Credentials | LiveCredentials:
    if isinstance(value, SourceURI):
        return load_credentials(value, live=live)
    if isinstance(value, str):
        return load_of_data(value, live=live)
    msg = f"give credentials or a source such as `dotenv:.env`, not {type(value).__name__}."
    raise TypeError(msg)


def _secret(value: object) -> object:
    return value if isinstance(value, Secret) else Secret(cast("str", value))


_CONVERTERS: dict[type, Callable[[object], object]] = {
    Credentials: _credentials,
    LiveCredentials: _live,
    Secret: _secret,
}

CredentialsField = Annotated[Credentials, _Field(_credentials)]
"""A field of pydantic that takes `Credentials`, or a source that they are loaded from."""

LiveCredentialsField = Annotated[LiveCredentials, _Field(_live)]
"""A field of pydantic that takes `LiveCredentials`, or a source that a handle is opened on."""
