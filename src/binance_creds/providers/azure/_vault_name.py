"""Where a secret or a key of Azure is, and who asks: what a source says of vault and login."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from binance_creds.errors import ConfigurationError
from binance_creds.providers.azure._login import AUTH, Login, login_of, matching

if TYPE_CHECKING:
    from binance_creds._uri import SourceURI

__all__ = ["Place", "place_of", "version_of"]

# Azure naming rules: a vault's name, the name of a secret or a key.
_LOCATION: Final = re.compile(
    r"(?P<vault>[a-zA-Z][a-zA-Z0-9-]{2,23}|[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)+)(?::(?P<port>[^/]*))?"
    r"/[0-9a-zA-Z-]{1,127}"
)
# Any other text, such as `latest`, is answered as a version that is not there.
_VERSION: Final = re.compile(r"[0-9a-fA-F]{32}")
_PORT: Final = re.compile(r"[1-9][0-9]{0,4}")
_HIGHEST_PORT: Final = 65_535
_HTTPS: Final = "443"


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
    """What tells one client from another; the host has its port, unless that is 443."""

    host: str
    login: Login

    @property
    def url(self) -> str:
        """The address of the vault."""
        return f"https://{self.host}"


def place_of(uri: SourceURI) -> Place:
    """Return what the location and the options say.

    Raises:
        ConfigurationError: no vault and name, or options that contradict them or each other.
    """
    found = _LOCATION.fullmatch(uri.location)
    if found is None:
        what = "key" if uri.scheme == "azure-keys" else "secret"
        msg = (
            f"the location must be a vault and a {what}'s name,"
            f" such as {uri.scheme}://my-vault/binance."
        )
        raise ConfigurationError(msg, source=uri.redacted)
    vault, port = found["vault"], found["port"]
    of_host = _cloud_of_host(vault)
    cloud = _CLOUDS[_chosen_cloud(uri, of_host)]
    host = vault if "." in vault else f"{vault}.{cloud.suffix}"
    if port is not None:
        _check_port(uri, port, vault, is_azures=of_host is not None)
        host = host if port == _HTTPS else f"{host}:{port}"
    return Place(host, login_of(uri, uri.choice("auth", *AUTH), cloud.authority))


def version_of(uri: SourceURI) -> str | None:
    """Return the version that is pinned; it becomes a part of the URL's path.

    Raises:
        ConfigurationError: it is none.
    """
    return matching(uri, "version", _VERSION)


def _check_port(uri: SourceURI, port: str, vault: str, *, is_azures: bool) -> None:
    if "." not in vault:
        msg = "a port needs the full host of the vault before it; leave it out for 443."
        raise ConfigurationError(msg, source=uri.redacted)
    if not _PORT.fullmatch(port) or int(port) > _HIGHEST_PORT:
        msg = "the port of the vault's host is not a number from 1 to 65535."
        raise ConfigurationError(msg, source=uri.redacted, hint="Leave it out: it is 443.")
    if is_azures and port != _HTTPS:
        msg = f"the vaults of Azure answer at port 443 only, not at {port}."
        hint = "Leave the port out; for a vault elsewhere, such as an emulator, give its full host."
        raise ConfigurationError(msg, source=uri.redacted, hint=hint)


def _cloud_of_host(vault: str) -> str | None:
    host = vault.lower()
    found = (name for name, cloud in _CLOUDS.items() if host.endswith(f".{cloud.suffix}"))
    return next(found, None)


def _chosen_cloud(uri: SourceURI, of_host: str | None) -> str:
    chosen = uri.choice("cloud", *_CLOUDS)
    if "cloud" in uri.options and of_host not in {None, chosen}:
        msg = "the option 'cloud' contradicts the host of the vault."
        raise ConfigurationError(msg, source=uri.redacted, hint="Leave the option out.")
    return of_host or chosen
