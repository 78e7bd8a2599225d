"""Where each part of an SDK goes, by the environment of the credentials.

The SDK knows the addresses itself, as constants: `SPOT_REST_API_PROD_URL`, `..._TESTNET_URL` and
`..._DEMO_URL`. A client goes to production unless its configuration says otherwise.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from binance_common import constants

from binance_creds._enums import Environment

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["address_of"]

_NAMES: Final = {
    Environment.LIVE: "PROD",
    Environment.TESTNET: "TESTNET",
    Environment.DEMO: "DEMO",
}
_PARTS: Final = {
    "rest_api": "_REST_API_",
    "ws_api": "_WS_API_",
    "ws_streams": "_WS_STREAMS_",
}


def address_of(kind: type, part: str, environment: Environment) -> str | None:
    """Return where a part of a client goes, or `None` if the SDK knows no such place.

    Args:
        kind: the class of the client, such as `Spot`.
        part: `rest_api`, `ws_api` or `ws_streams`.
        environment: of the credentials.
    """
    production = next(_constants(kind, _PARTS[part]), "")
    return getattr(constants, production.replace("_PROD_", f"_{_NAMES.get(environment)}_"), None)


def _constants(kind: type, part: str) -> Iterator[str]:
    """Give the names of the addresses that a client has by default; the shortest first."""
    for base in kind.__mro__:  # of a subclass, too
        module = sys.modules.get(base.__module__)
        named = [n for n in vars(module) if part in n and n.endswith("_PROD_URL")]
        yield from sorted(named, key=len)
