"""Which queue a source names, and who asks for it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from binance_creds.errors import ConfigurationError
from binance_creds.providers._azure_login import AUTH, Login
from binance_creds.providers._remote import warn_if_plain

if TYPE_CHECKING:
    from binance_creds._uri import SourceURI

__all__ = ["BY_KEY", "Place", "place_of"]

BY_KEY: Final = "connection-string"  # the word of `auth` for the account's own key
# A path before the queue's name is the account, as emulators have it.
_LOCATION: Final = re.compile(
    r"(?P<account>(?P<scheme>https?)://(?P<host>[a-zA-Z0-9.-]+)(?::\d{1,5})?(?:/[a-z0-9]{3,24})?)"
    r"/(?P<queue>[a-z0-9][a-z0-9-]{1,61}[a-z0-9])"
)
_AUTHORITY: Final = re.compile(r"(?:https://)?([a-zA-Z0-9.-]+(?::\d{1,5})?)/?")
_ID: Final = re.compile(r"([0-9a-zA-Z.-]{1,255})")  # a GUID, or a tenant's domain
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
        msg = "the location is the URL of a queue, https://ACCOUNT.queue.core.windows.net/QUEUE."
        raise ConfigurationError(msg, source=uri.redacted)
    auth = uri.choice("auth", *AUTH, BY_KEY)
    if found["scheme"] == "http" and auth != BY_KEY:
        msg = f"there is no login over http: {auth!r} cannot be honoured."
        raise ConfigurationError(msg, source=uri.redacted)
    for name in ("client_id", "tenant_id", "authority"):
        if name in uri.options and name not in AUTH.get(auth, ()):
            msg = f"the login by {auth!r} cannot honour {name!r}."
            raise ConfigurationError(msg, source=uri.redacted)
    warn_if_plain(found["account"])
    return Place(found["account"], found["queue"], _login_of(uri, auth, found["host"]))


def _login_of(uri: SourceURI, auth: str, host: str) -> Login:
    authority = _matching(uri, "authority", _AUTHORITY)
    of_cloud = [url for suffix, url in _AUTHORITIES.items() if host.lower().endswith(suffix)]
    return Login(
        auth,
        client_id=_matching(uri, "client_id", _ID),
        tenant_id=_matching(uri, "tenant_id", _ID),
        authority=f"https://{authority}" if authority else next(iter(of_cloud), None),
        is_private=authority is not None,
    )


def _matching(uri: SourceURI, name: str, form: re.Pattern[str]) -> str | None:
    value = uri.option(name)
    if value is None:
        return None
    found = form.fullmatch(value)
    if found is None:
        msg = f"the option {name!r} is not of the form that it has in Azure."
        raise ConfigurationError(msg, source=uri.redacted)
    return found[1]
