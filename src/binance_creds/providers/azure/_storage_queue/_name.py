"""Which queue a source names, and who asks for it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from binance_creds.errors import ConfigurationError
from binance_creds.providers.azure._login import AUTH, Login, login_of
from binance_creds.providers.remote._call import warn_if_plain

if TYPE_CHECKING:
    from binance_creds._uri import SourceURI

__all__ = ["BY_KEY", "Place", "place_of"]

BY_KEY: Final = "connection-string"  # the word of `auth` for the account's own key
# A path before the queue's name is the account, as emulators have it.
_LOCATION: Final = re.compile(
    r"(?P<account>(?P<scheme>https?)://(?P<host>[a-zA-Z0-9.-]+)(?::\d{1,5})?(?:/[a-z0-9]{3,24})?)"
    r"/(?P<queue>[a-z0-9][a-z0-9-]{1,61}[a-z0-9])"
)
# learn.microsoft.com, "National clouds: Entra endpoints"; another suffix has the SDK's default.
_AUTHORITIES: Final = {
    ".core.chinacloudapi.cn": "https://login.chinacloudapi.cn",
    ".core.usgovcloudapi.net": "https://login.microsoftonline.us",
}


class Place(NamedTuple):
    """What tells one client from another."""

    account: str
    queue: str
    login: Login


def place_of(uri: SourceURI) -> Place:
    """Return what the location and the options say.

    Raises:
        ConfigurationError: no queue, or options that do not fit.
    """
    found = _LOCATION.fullmatch(uri.location)
    if found is None:
        msg = (
            "the location must be the URL of a queue, https://ACCOUNT.queue.core.windows.net/QUEUE."
        )
        raise ConfigurationError(msg, source=uri.redacted)
    auth = uri.choice("auth", *AUTH, BY_KEY)
    if found["scheme"] == "http" and auth != BY_KEY:
        msg = f"a login is not sent over http: {auth!r} needs https."
        raise ConfigurationError(msg, source=uri.redacted)
    host = found["host"].lower()
    of_cloud = [url for suffix, url in _AUTHORITIES.items() if host.endswith(suffix)]
    login = login_of(uri, auth, next(iter(of_cloud), None))
    warn_if_plain(found["account"])
    return Place(found["account"], found["queue"], login)
