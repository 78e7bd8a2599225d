"""Where a pair is proven: the host of each market and environment, and a read-only endpoint there.

Source: binance-spot-api-docs a5e0bc3d, rest-api.md, testnet/ and demo-mode/; derivatives and margin
trading at developers.binance.com, General Info; docs.binance.us; binance-common 4, constants; read
on 2026-11-26. Each environment has keys of its own, on the testnets each market too. `/sapi` exists
on the live exchange only, so nobody tells the permissions elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import SplitResult, urlsplit

from binance_creds._enums import Environment, environment_of_host
from binance_creds._loopback import is_loopback
from binance_creds.errors import ConfigurationError
from binance_creds.exchange._findings import Market

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["RESTRICTIONS", "Endpoint", "Place", "checked_address", "endpoint_of", "places_of"]

RESTRICTIONS: Final = "/sapi/v1/account/apiRestrictions"
_AMBIGUOUS: Final = frozenset("@?#\\ \t\r\n")
_SPOT_TIME: Final = "/api/v3/time"  # margin and portfolio margin have none of their own
_HOSTS: Final = {
    Environment.LIVE: {
        Market.SPOT: "https://api.binance.com",
        Market.MARGIN: "https://api.binance.com",
        Market.FUTURES: "https://fapi.binance.com",
        Market.COIN_FUTURES: "https://dapi.binance.com",
        Market.OPTIONS: "https://eapi.binance.com",
        Market.PORTFOLIO_MARGIN: "https://papi.binance.com",
    },
    Environment.TESTNET: {
        Market.SPOT: "https://testnet.binance.vision",
        Market.FUTURES: "https://testnet.binancefuture.com",
        Market.COIN_FUTURES: "https://testnet.binancefuture.com",
    },
    Environment.DEMO: {
        Market.SPOT: "https://demo-api.binance.com",
        Market.FUTURES: "https://demo-fapi.binance.com",
        Market.COIN_FUTURES: "https://demo-dapi.binance.com",
    },
    Environment.US: {Market.SPOT: "https://api.binance.us"},
}

_ONE_KEY: Final = (Market.SPOT,)  # which is for all markets
_SEVERAL_KEYS: Final = (Market.SPOT, Market.FUTURES, Market.COIN_FUTURES)
_HAVE_SEVERAL: Final = (Environment.TESTNET, Environment.DEMO)


class Endpoint(NamedTuple):
    """How a pair is proven on one market.

    Attributes:
        path: of a signed request that reads.
        time_path: what tells the time of the exchange.
        permission: what the key needs for it.
    """

    path: str
    time_path: str
    permission: str


_ENDPOINTS: Final = {
    Market.SPOT: Endpoint("/api/v3/account", _SPOT_TIME, "reading"),
    Market.MARGIN: Endpoint("/sapi/v1/margin/account", _SPOT_TIME, "reading"),
    Market.FUTURES: Endpoint("/fapi/v3/account", "/fapi/v1/time", "futures"),
    Market.COIN_FUTURES: Endpoint("/dapi/v1/account", "/dapi/v1/time", "futures"),
    Market.OPTIONS: Endpoint("/eapi/v1/marginAccount", "/eapi/v1/time", "vanilla-options"),
    Market.PORTFOLIO_MARGIN: Endpoint("/papi/v1/account", _SPOT_TIME, "portfolio-margin-trading"),
}


class Place(NamedTuple):
    """Where the requests of one check go.

    Attributes:
        address: of the market.
        spot_address: of what only the spot host has.
        futures_address: of futures, or `None` where the pair cannot be of them.
        has_restrictions: whether somebody there tells the permissions.
    """

    address: str
    spot_address: str
    futures_address: str | None
    has_restrictions: bool

    @property
    def host(self) -> str:
        """The host of the market, for messages."""
        return urlsplit(self.address).netloc

    @property
    def spot_host(self) -> str:
        """The host of what only spot has, for messages."""
        return urlsplit(self.spot_address).netloc


def endpoint_of(market: Market) -> Endpoint:
    """Return how a pair is proven on a market."""
    return _ENDPOINTS[market]


def places_of(
    markets: Sequence[Market], environment: Environment, base_url: str | None = None
) -> list[tuple[Market, Place]]:
    """Return where a pair can be proven; not every environment has every market.

    Args:
        markets: what the pair may be for; none if that is not known.
        environment: that the pair is declared to be of.
        base_url: an address that `checked_address` has passed; it serves everything.

    Raises:
        ConfigurationError: this environment has none of the markets.
    """
    hosts = _HOSTS[environment]
    untold = _SEVERAL_KEYS if environment in _HAVE_SEVERAL else _ONE_KEY
    wanted = markets or untold
    found = [each for each in wanted if base_url is not None or each in hosts]
    if not found:
        names = ", ".join(repr(each.value) for each in wanted)
        there = ", ".join(repr(each.value) for each in hosts)
        msg = f"Binance has no market {names} in the environment {environment.value!r}."
        raise ConfigurationError(msg, hint=f"There is {there}: choose another policy.")
    return [(each, _place_of(each, environment, base_url)) for each in found]


def _place_of(market: Market, environment: Environment, base_url: str | None) -> Place:
    is_live = environment is Environment.LIVE
    if base_url is not None:
        return Place(base_url, base_url, base_url if is_live else None, is_live)
    hosts = _HOSTS[environment]
    futures = hosts[Market.FUTURES] if is_live else None
    return Place(hosts[market], hosts[Market.SPOT], futures, is_live)


def checked_address(base_url: str) -> str:
    """Return an address of a proxy, or of this machine, without a slash at its end.

    Raises:
        ConfigurationError: it is not a plain address, or neither encrypted nor of this machine, or
            of Binance, each of whose hosts serves some markets of one environment only.
    """
    parts = _plain(base_url)
    if parts is None:
        msg = "base_url must be an address such as https://host or http://127.0.0.1:8080."
        raise ConfigurationError(msg, hint="Leave out user, query and fragment.")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        msg = f"base_url leads to {parts.hostname!r} unencrypted; the API key is not sent there."
        raise ConfigurationError(msg, hint="Use https.")
    there = environment_of_host(parts.hostname or "")
    if there is not None:
        msg = f"base_url leads to {parts.hostname!r}, a host of Binance for {there.value!r}."
        hint = (
            "Leave it out: environment and policy choose the host. To declare the environment, set"
            f' BINANCE_ENVIRONMENT={there.value}, or environment = "{there.value}" in the profile.'
        )
        raise ConfigurationError(msg, hint=hint)
    return base_url.rstrip("/")


def _plain(base_url: object) -> SplitResult | None:
    """Return the parts of an address that every client reads alike, or `None`."""
    if not isinstance(base_url, str) or set(base_url) & _AMBIGUOUS:
        return None
    try:
        parts = urlsplit(base_url)
        is_plain = parts.scheme in {"http", "https"} and parts.port != 0
    except ValueError:  # half an IPv6 address, or a port that is none
        return None
    return parts if is_plain and parts.hostname else None
