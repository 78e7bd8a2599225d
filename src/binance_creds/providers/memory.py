"""`memory:NAME`: what the program itself registered, for tests and for stores of its own.

from binance_creds.providers import memory

memory.register("bot", {"api_key": key, "api_secret": secret})
creds = load_credentials("memory:bot")
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from binance_creds._parse._content_version import content_version
from binance_creds._raw import FIELDS, RawSecret, Unchanged
from binance_creds._secret import Secret
from binance_creds.errors import ConfigurationError, SecretNotFoundError
from binance_creds.providers._options import check_options

if TYPE_CHECKING:
    from collections.abc import Mapping

    from binance_creds._time._deadline import Deadline
    from binance_creds._uri import SourceURI

__all__ = ["MemoryProvider", "register", "unregister"]

_registered: Final[dict[str, Mapping[str, Secret]]] = {}
_lock: Final = threading.Lock()  # guards _registered


def register(name: str, fields: Mapping[str, Secret | str]) -> None:
    """Keep fields under a name, in place of what was there.

    Args:
        name: the location of `memory:NAME`.
        fields: `api_key` and `api_secret` or `private_key`, and the other fields of a credential.

    Raises:
        ConfigurationError: a field has another name.
    """
    secrets = {
        field: value if isinstance(value, Secret) else Secret(value)
        for field, value in fields.items()
    }
    del fields
    if not secrets.keys() <= set(FIELDS):
        msg = f"the fields of a credential are {', '.join(FIELDS)}."
        raise ConfigurationError(msg)
    with _lock:
        _registered[name] = secrets


def unregister(name: str) -> None:
    """Forget a name; one that is not there is fine."""
    with _lock:
        _registered.pop(name, None)


class MemoryProvider:
    """Read what `register` keeps."""

    def __init__(self, uri: SourceURI) -> None:
        check_options(uri)
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
        version = content_version(fields)
        if version == known_version:
            return Unchanged(version)
        return RawSecret(fields, origin=source, version=version)

    def close(self) -> None:
        """Nothing is open."""
