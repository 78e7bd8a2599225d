"""Where an Azure secret is, and who asks for it: what a source says of vault, cloud and login."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from binance_creds.errors import ConfigurationError
from binance_creds.providers.azure._login import AUTH, Login, login_of, matching

if TYPE_CHECKING:
    from binance_creds._uri import SourceURI

__all__ = ["Place", "place_of", "version_of"]

# Azure naming rules: a vault's name, a secret's name. A host may carry a port.
_LOCATION: Final = re.compile(
    r"([a-zA-Z][a-zA-Z0-9-]{2,23}|[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)+(?::\d{1,5})?)"
    r"/[0-9a-zA-Z-]{1,127}"
)
_VERSION: Final = re.compile(r"[0-9a-zA-Z]{1,64}")  # 32 hex digits


class _Cloud(NamedTuple):
    suffix: str
    authority: str | None  # None: the SDK's default, or AZURE_AUTHORITY_HOST


# learn.microsoft.com: "Azure Key Vault DNS suffixes", "National clouds: Entra endpoints".
_CLOUDS: Final = {
    "public": _Cloud("vault.azure.net", None),
    "china": _Cloud("vault.azure.cn", "https://login.chinacloudapi.cn"),
    "usgov": _Cloud("vault.usgovcloudapi.net", "https://login.microsoftonline.us"),
}


class Place(NamedTuple):
    """What tells one client from another."""

    host: str
    login: Login


def place_of(uri: SourceURI) -> Place:
    """Return what the location and the options say.

    Raises:
        ConfigurationError: no vault and name, or options that contradict them or each other.
    """
    found = _LOCATION.fullmatch(uri.location)
    if found is None:
        msg = "the location is a vault and a secret's name, such as azure-kv://my-vault/binance."
        if ":" in uri.location.partition("/")[0]:
            msg = "a port needs the full host of the vault before it; leave it out for 443."
        raise ConfigurationError(msg, source=uri.redacted)
    cloud = _CLOUDS[_cloud_of(uri, found[1])]
    host = found[1] if "." in found[1] else f"{found[1]}.{cloud.suffix}"
    return Place(host, login_of(uri, uri.choice("auth", *AUTH), cloud.authority))


def version_of(uri: SourceURI) -> str | None:
    """Return the version that is pinned; it becomes a part of the URL's path.

    Raises:
        ConfigurationError: it is none.
    """
    return matching(uri, "version", _VERSION)


def _cloud_of(uri: SourceURI, vault: str) -> str:
    chosen = uri.choice("cloud", *_CLOUDS)
    host = vault.partition(":")[0].lower()
    of_host = [name for name, cloud in _CLOUDS.items() if host.endswith(f".{cloud.suffix}")]
    if "cloud" in uri.options and of_host and of_host != [chosen]:
        msg = "the option 'cloud' contradicts the host of the vault."
        raise ConfigurationError(msg, source=uri.redacted, hint="Leave the option out.")
    return of_host[0] if of_host else chosen
