"""The closed sets of design words: kinds of key and Binance environments, with their hosts."""

from __future__ import annotations

from enum import Enum

from binance_creds._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Final

__all__ = ["Environment", "KeyType", "environment_of_host"]


class KeyType(Enum):
    """The three kinds of API key that Binance issues.

    Source: binance-spot-api-docs a5e0bc3d, faqs/api_key_types.md.
    """

    HMAC = "HMAC"
    ED25519 = "ED25519"
    RSA = "RSA"


class Environment(Enum):
    """The Binance environments; each has keys of its own. Binance.US is an exchange apart.

    Source: binance-spot-api-docs a5e0bc3d, testnet/ and demo-mode/ general information;
    docs.binance.us.
    """

    LIVE = "live"
    TESTNET = "testnet"
    DEMO = "demo"
    US = "us"


# The longest suffix decides. Whatever stands before it is one of that exchange's own machines.
_SUFFIXES: Final = {
    "testnet.binance.vision": Environment.TESTNET,
    "binancefuture.com": Environment.TESTNET,  # futures; stream. and dstream. too
    "binance.vision": Environment.LIVE,  # public market data of the exchange
    "binance.com": Environment.LIVE,
    "binance.us": Environment.US,
}
_DEMO: Final = "demo-"  # demo-api.binance.com, demo-fapi.binance.com, demo-ws-api.binance.com


def environment_of_host(host: str) -> Environment | None:
    """Return the environment that a host serves, or `None` if Binance does not document it.

    Args:
        host: in lower case, without a port.

    Source: binance-spot-api-docs a5e0bc3d, base endpoints in rest-api.md, web-socket-api.md and
    user-data-stream.md, in testnet/ and demo-mode/ too; developers.binance.com, derivatives,
    General Info; docs.binance.us.
    """
    for suffix, environment in _SUFFIXES.items():
        if host == suffix or host.endswith(f".{suffix}"):
            is_demo = environment is Environment.LIVE and host.startswith(_DEMO)
            return Environment.DEMO if is_demo else environment
    return None
