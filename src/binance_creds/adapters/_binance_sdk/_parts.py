"""What a client of the SDK is made of: REST, the WebSocket API, streams; and their configurations.

All packages of the SDK are made alike: a class such as `Spot` builds each part when it is first
asked for, and the code that sends is in `binance-common`.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from binance_common.signature import Signers

from binance_creds.adapters._binance_sdk._addresses import address_of
from binance_creds.adapters._wire._request import (
    API_KEY_HEADER,
    PLACEHOLDER_KEY,
    PLACEHOLDER_SECRET,
)
from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from binance_creds._enums import Environment
    from binance_creds.adapters._wire._attachment import Attachment

__all__ = ["Part", "address", "hide", "own_configurations", "parts_of"]

# The name of a part, the prefix of its constants, and where its configuration has its address.
_PARTS: Final = (
    ("rest_api", "rest_api", "base_path"),
    ("websocket_api", "ws_api", "stream_url"),
    ("websocket_streams", "ws_streams", "stream_url"),
)
_SIGNERS: Final = ("_signer", "signer")


class Part(NamedTuple):
    """A part of a client.

    Attributes:
        api: what sends.
        is_chosen: whether the caller has chosen where it goes, or has built it; else he may have
            no use for it.
    """

    api: Any
    is_chosen: bool


def own_configurations(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a client with copies of the configurations, whose owner keeps his."""
    return {
        name: copy.copy(value) if hasattr(value, "api_key") else value
        for name, value in options.items()
    }


def address(client: Any, environment: Environment) -> None:
    """Let each part of a new client go to its environment, unless its configuration says where."""
    for part, prefix, name in _PARTS:
        configuration = getattr(client, f"_{part}_config", None)
        found = address_of(type(client), prefix, environment)
        if found is not None and not _is_chosen(configuration, name):
            setattr(configuration, name, found)


def parts_of(client: Any) -> list[Part]:
    """Return the parts of a client, or the client where it is one itself.

    Raises:
        ConfigurationError: it is no client of the SDK.
    """
    parts = list(_parts(client))
    if not parts and hasattr(getattr(client, "configuration", None), "private_key"):
        parts = [Part(client, is_chosen=True)]
    known = ("_session", "connections")
    if parts and all(any(hasattr(part.api, name) for name in known) for part in parts):
        is_any_chosen = any(part.is_chosen for part in parts)
        return [Part(part.api, is_chosen=part.is_chosen or not is_any_chosen) for part in parts]
    kind = type(client)
    msg = f"this is no client of the Binance SDK, but {kind.__module__}.{kind.__qualname__}."
    hint = "Pass one of binance-sdk-spot, say, whose binance-common is between 3.7 and 4.7."
    raise ConfigurationError(msg, hint=hint)


def _parts(client: Any) -> Iterator[Part]:
    for part, _, name in _PARTS:
        configuration = getattr(client, f"_{part}_config", None)
        if configuration is not None:
            is_built = getattr(client, f"_{part}", None) is not None
            is_chosen = is_built or _is_chosen(configuration, name)
            yield Part(getattr(client, part), is_chosen=is_chosen)


def _is_chosen(configuration: Any, name: str) -> bool:
    """Return whether somebody has said where a part goes."""
    if configuration is None:
        return False
    chosen: object = getattr(configuration, name)
    return bool(chosen != getattr(type(configuration)(), name))


def hide(attachment: Attachment, part: Any) -> None:
    """Put placeholders where a part of a client has a key, a secret, or a signer made of one."""
    configuration = part.configuration
    attachment.set(configuration, "api_key", PLACEHOLDER_KEY)
    attachment.set(configuration, "api_secret", PLACEHOLDER_SECRET)
    attachment.set(configuration, "private_key", None)
    attachment.set(configuration, "private_key_passphrase", None)
    if (headers := getattr(configuration, "base_headers", None)) is not None:
        attachment.call_on_undo(headers.__setitem__, API_KEY_HEADER, headers[API_KEY_HEADER])
        headers[API_KEY_HEADER] = PLACEHOLDER_KEY
    for owner in (part, *vars(part).values()):
        for name in _SIGNERS:
            if getattr(owner, name, None) is not None:
                attachment.set(owner, name, None)
    for cache in vars(Signers).values():  # by the text of the key, for as long as the process lives
        if isinstance(cache, dict):
            cache.clear()
