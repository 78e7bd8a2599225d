"""`memory:NAME`: what the program itself registered, for tests and for stores of its own.

from binance_creds.providers import memory

memory.register("bot", {"api_key": key, "api_secret": secret})
creds = load_credentials("memory:bot")
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from binance_creds._parse._fields import collected
from binance_creds._parse._names import Names
from binance_creds._raw import FIELDS, RawSecret, Unchanged, answer
from binance_creds._secret import Secret
from binance_creds.errors import ConfigurationError, CredentialsError, SecretNotFoundError
from binance_creds.providers._options import check_options

if TYPE_CHECKING:
    from binance_creds._time._deadline import Deadline
    from binance_creds._uri import SourceURI

__all__ = ["MemoryProvider", "register", "unregister"]

_NAMES: Final = Names()
_registered: Final[dict[str, Mapping[str, Secret]]] = {}
_lock: Final = threading.Lock()  # guards _registered


def register(name: str, fields: Mapping[str, Secret | str]) -> None:
    """Keep fields under a name, in place of what was there.

    Args:
        name: the location of `memory:NAME`.
        fields: `api_key` and `api_secret` or `private_key`, and the other fields of a credential,
            in any spelling.

    Raises:
        ConfigurationError: a field has another name, or something has the wrong type.
        MalformedSecretError: a value is not UTF-8 text, or two spellings have two values.
    """
    outcome = _checked(name, fields)
    del fields  # a traceback with locals must not find them here
    if isinstance(outcome, CredentialsError):
        del name  # nor here, if they were exchanged
        raise outcome
    with _lock:
        _registered[name] = outcome


def unregister(name: str) -> None:
    """Forget a name; one that is not there is fine."""
    with _lock:
        _registered.pop(name, None)


def _checked(name: object, fields: object) -> Mapping[str, Secret] | CredentialsError:
    if not isinstance(name, str):
        return ConfigurationError(f"the name must be a str, not {type(name).__name__}.")
    if not isinstance(fields, Mapping):
        kind = type(fields).__name__
        return ConfigurationError(f"the fields must be a mapping of names to text, not {kind}.")
    try:
        return collected(((_field(key), key, _secret(key, fields[key])) for key in fields), _NAMES)
    except CredentialsError as error:
        return error.again()


def _field(name: object) -> str:
    field = _NAMES.field(name) if isinstance(name, str) else None
    if field is None:
        raise ConfigurationError(f"the fields of a credential are {', '.join(FIELDS)}.")
    return field


def _secret(name: str, value: object) -> Secret:
    if isinstance(value, Secret):
        return value
    if not isinstance(value, str | bytes | bytearray):
        raise ConfigurationError(f"{name} must be text, not {type(value).__name__}.")
    return Secret(value)


class MemoryProvider:
    """Read what `register` keeps."""

    def __init__(self, uri: SourceURI) -> None:
        if uri.options or uri.field is not None:
            check_options(uri)
        if not uri.location:
            msg = "the location is the name that register() was given, such as in memory:bot."
            raise ConfigurationError(msg, source=uri.redacted)
        self._uri = uri

    def fetch(
        self, deadline: Deadline, *, known_version: str | None = None
    ) -> RawSecret | Unchanged:
        """Return the registered fields."""
        with _lock:
            fields = _registered.get(self._uri.location)
        source = self._uri.redacted
        if fields is None:
            msg = "nothing is registered under this name."
            hint = "Call binance_creds.providers.memory.register() first."
            raise SecretNotFoundError(msg, source=source, hint=hint)
        return answer(fields, source, known_version)

    def close(self) -> None:
        """Nothing is open."""
