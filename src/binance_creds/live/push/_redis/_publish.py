"""`announce`: tell whoever listens."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from binance_creds._uri import SourceURI
from binance_creds.errors import ConfigurationError
from binance_creds.live.push._redis._client import LOGGER, address_of, client_of
from binance_creds.live.push._redis._errors import translated
from binance_creds.live.push._redis._message import checked
from binance_creds.providers.remote._quiet import quiet

if TYPE_CHECKING:
    from binance_creds.errors import CredentialsError
    from binance_creds.live.push._redis._client import Address
    from binance_creds.providers._announcements import Announcement

__all__ = ["announce"]

KEPT: Final = 1_000  # entries that a stream is trimmed to, about


def announce(uri: SourceURI | str, announcement: Announcement) -> None:
    """Tell whoever listens. Call it once the version is current.

    Blocks: 5 seconds at most for the connection, and 6 for each answer.

    Args:
        uri: as for `RedisAnnouncements`. A stream is trimmed to about its newest 1,000 entries.
        announcement: with no scheme, name or version it is about all of them.

    Raises:
        ConfigurationError: what is announced is longer than a name, or looks like a key.
        CredentialsError: as the table of `_errors` says.
    """
    uri = SourceURI.parse(uri)
    address = address_of(uri)
    told = {name: word for name, word in announcement._asdict().items() if word is not None}
    is_fit = checked(told) == announcement
    del announcement
    if not is_fit:
        del told  # a traceback with locals must not find a key here
        msg = "scheme, name and version are words of at most 512 characters, and never a key."
        raise ConfigurationError(msg, source=uri.redacted)
    refusal = _told(client_of(address), address, told)
    if refusal is not None:
        raise refusal.at(uri.redacted)


def _told(client: Any, address: Address, told: dict[str, str]) -> CredentialsError | None:
    with quiet(LOGGER):
        try:
            if address.stream:
                client.xadd(address.stream, told or {"name": ""}, maxlen=KEPT, approximate=True)
            else:
                client.publish(address.channel, json.dumps(told))
        except Exception as error:  # noqa: BLE001  # as in `wait`
            return translated(error)
        finally:
            client.close()
    return None
