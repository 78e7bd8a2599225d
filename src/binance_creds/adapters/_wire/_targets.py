"""Where a key may go: to its own exchange, encrypted, or to a host that the caller has named."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NoReturn
from urllib.parse import SplitResult, urlsplit

from binance_creds._enums import environment_of_host
from binance_creds._loopback import is_loopback
from binance_creds.errors import ConfigurationError
from binance_creds.exchange._endpoints import Security, security_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from binance_creds._enums import Environment

__all__ = ["check_target", "refuse_proxy", "security_at", "trusted_hosts"]

_AMBIGUOUS: Final = re.compile(r"[\x00-\x20\x7f\\]")  # dropped, or read as a slash, by some clients
_ENCRYPTED: Final = ("https", "wss")
_REMEMBERED: Final = 4096  # addresses; a bot calls some dozens


@dataclass(frozen=True, slots=True)
class _Target:
    host: str
    security: Security
    is_local: bool
    is_encrypted: bool
    environment: Environment | None


def trusted_hosts(hosts: Collection[str]) -> frozenset[str]:
    """Return host names as they are compared.

    Raises:
        ConfigurationError: one text, whose every substring would count as a host, or a URL.
    """
    if isinstance(hosts, str):
        msg = "hosts is a collection of names, not one text."
        raise ConfigurationError(msg, hint="Put the name into brackets: hosts=['proxy.lan'].")
    for host in hosts:
        if "/" in host or host.count(":") == 1:
            msg = f"hosts has {host!r}, which is more than a host name."
            raise ConfigurationError(msg, hint="Write the name alone: hosts=['proxy.lan'].")
    return frozenset(host.casefold() for host in hosts)


def security_at(address: str) -> Security:
    """Return what the endpoint at an address asks of a request, wherever the host is."""
    return _parsed(address).security


def check_target(
    address: str, environment: Environment, hosts: frozenset[str] = frozenset()
) -> Security:
    """Return what the endpoint at an address asks of a request, if a key may go to its host.

    Refused are a host that is not the key's exchange, and one that is reached unencrypted.

    Args:
        address: where the request goes; without a query.
        environment: of the credentials.
        hosts: further hosts that the caller trusts, such as a proxy of his own.

    Raises:
        ConfigurationError: the key would leave for somewhere else.
    """
    target = _parsed(address)
    is_exchange = target.environment is environment or target.host in hosts
    if target.is_local or (is_exchange and target.is_encrypted):
        return target.security
    if not target.is_encrypted:
        msg = "an API key is not sent over unencrypted http."
        raise ConfigurationError(msg, hint="Use https.")
    if target.environment is None:
        msg = f"the host {target.host!r} is not one of Binance's; the API key is not sent there."
        raise ConfigurationError(msg, hint=f"If you trust it, name it: hosts=[{target.host!r}].")
    raise _foreign(target.host, target.environment.value, environment)


def _foreign(host: str, there: str, environment: Environment) -> ConfigurationError:
    msg = (
        f"these credentials belong to the environment {environment.value!r}, and {host}"
        f" serves {there!r}; the API key is not sent there."
    )
    hint = (
        f"Use the host of {environment.value!r}, or credentials of {there!r}; if these are, declare"
        f" it: BINANCE_ENVIRONMENT={there}, or environment = {there!r} in the profile."
    )
    return ConfigurationError(msg, hint=hint)


@lru_cache(maxsize=_REMEMBERED)
def _parsed(address: str) -> _Target:
    parts = _split(address)
    # Clients disagree on which host these name: what is checked here must be what they call.
    if parts is None or "@" in parts.netloc or _AMBIGUOUS.search(address):
        msg = "this address can be read in more than one way; the API key is not sent there."
        raise ConfigurationError(msg, hint="Use a plain https://host/path.")
    host = (parts.hostname or "").casefold()
    if not host:
        msg = f"the address {address!r} names no host."
        raise ConfigurationError(msg, hint="Use a whole one: https://api.binance.com/api/v3/...")
    return _Target(
        host,
        security_of(parts.path),
        is_loopback(host),
        parts.scheme in _ENCRYPTED,
        environment_of_host(host),
    )


def _split(address: str) -> SplitResult | None:
    try:
        return urlsplit(address)
    except ValueError:  # half an IPv6 address, or a host that changes under NFKC
        return None


def refuse_login(login: object, hosts: Collection[str]) -> None:
    """Refuse a client that sends a login of its own, except to a host that the caller names.

    Raises:
        ConfigurationError: Binance would get it beside key and signature.
    """
    if login is None or hosts:
        return
    msg = "this client sends a login of its own (`auth`), which Binance would get beside the key."
    hint = (
        "Leave `auth` out: requests are signed by this adapter. For a proxy of your own that asks"
        ' for it, name its host: hosts=["proxy.lan"].'
    )
    raise ConfigurationError(msg, hint=hint)


def refuse_proxy(address: str) -> NoReturn:
    """Refuse to send a key to this machine through a proxy, where the way cannot be chosen.

    Raises:
        ConfigurationError: always.
    """
    host = urlsplit(address).hostname
    msg = (
        f"the environment names a proxy for {host}, which is this machine; the API key is not sent."
    )
    raise ConfigurationError(msg, hint=f"Add {host} to the variable NO_PROXY.")
