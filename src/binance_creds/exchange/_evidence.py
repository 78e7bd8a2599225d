"""`Evidence`: what the exchange answered about one pair, gathered by as few requests as it takes.

One request proves the pair, one more asks for the permissions. Only where the exchange refuses the
pair without saying why (-2015) are there two others: its time, and the one that carries the address
of this machine.

A pair is never tried at the hosts of another environment: its key belongs to its own exchange, and
a signed request that one does not know could be used at the other while it is valid.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Final, NamedTuple

from binance_creds.exchange._clock import LARGEST_OFFSET_SECONDS
from binance_creds.exchange._findings import Market, is_about_a_key, milliseconds
from binance_creds.exchange._line import Answer
from binance_creds.exchange._markets import RESTRICTIONS, endpoint_of
from binance_creds.exchange._rejection import Meaning

if TYPE_CHECKING:
    from binance_creds._credentials import Credentials
    from binance_creds.exchange._line import Line
    from binance_creds.exchange._markets import Place

__all__ = ["AMBIGUOUS", "Evidence", "gathered"]

AMBIGUOUS: Final = -2015  # the key, its address, or its permission: errors.md
_FIRST_MS: Final = 1_000_000_000_000  # in 2001, before Binance
_ADDRESS: Final = re.compile(r"request ip: ?([0-9a-fA-F.:]{1,44}[0-9a-fA-F:])")
# What accounts have; one of them is enough, since answers lose fields and get new ones.
_ACCOUNT: Final = frozenset({
    *("accountType", "balances", "canTrade", "makerCommission", "uid"),  # spot
    *("borrowEnabled", "marginLevel", "tradeEnabled", "userAssets"),  # margin
    *("assets", "availableBalance", "feeTier", "positions", "totalWalletBalance"),  # futures
    *("asset", "greek"),  # options
    *("accountEquity", "accountStatus", "uniMMR"),  # portfolio margin
})  # fmt: skip


class Evidence(NamedTuple):
    """What is known of one pair.

    Attributes:
        proof: the answer to the request that proves it.
        restrictions: the answer about its permissions; `None` where nobody can be asked.
        offset_seconds: the exchange's time minus this machine's; `None` if it was not measured.
        address: of this machine, as the exchange sees it; empty if nobody said.
    """

    proof: Answer
    restrictions: Answer | None = None
    offset_seconds: float | None = None
    address: str = ""


def gathered(
    used: Credentials, market: Market, place: Place, line: Line, known_offset: float
) -> Evidence:
    """Ask, and return what was answered. Blocks until the deadline of the line at most.

    Args:
        used: the one snapshot that is proven.
        market: what it is for.
        place: where to ask.
        line: over which.
        known_offset: of the exchange's clock, in seconds, as it was measured before; else zero.
    """
    asking = _Asking(used, market, place, line, known_offset)
    proof = asking.proof()
    if proof.meaning is Meaning.CLOCK and asking.measured():
        proof = asking.proof()
    restrictions = None
    if place.has_restrictions and (proof.is_served or proof.code == AMBIGUOUS):
        restrictions = asking.restrictions()
    if proof.code != AMBIGUOUS or (restrictions and restrictions.is_served):
        return Evidence(proof, restrictions, asking.offset_seconds)
    asking.measured()
    return Evidence(proof, restrictions, asking.offset_seconds, asking.own_address(proof))


class _Asking:
    """The requests about one pair."""

    def __init__(
        self,
        used: Credentials,
        market: Market,
        place: Place,
        line: Line,
        known_offset: float,
    ) -> None:
        self._used, self._place, self._line = used, place, line
        self._known_offset = known_offset
        self._endpoint = endpoint_of(market)
        self.offset_seconds: float | None = None

    def proof(self) -> Answer:
        """Return the answer to the request that proves the pair."""
        found = self.signed(self._place.address, self._endpoint.path)
        if found.is_served and not _ACCOUNT & (found.body or {}).keys():
            return Answer(silence="the answer is not an account of the exchange")
        return found

    def restrictions(self) -> Answer:
        """Return the answer about the permissions of the key."""
        found = self.signed(self._place.spot_address, RESTRICTIONS)
        if found.is_served and not is_about_a_key(found.body or {}):
            return Answer(silence="the answer does not say what the key may do")
        return found

    def signed(self, address: str, path: str) -> Answer:
        """Return the answer to a signed request."""
        return self._line.signed(address, path, int(self._now() * 1000), self._used)

    def measured(self) -> bool:
        """Measure how far the exchange's clock is ahead; return whether it can be allowed for."""
        if self.offset_seconds is None:
            before = time.time()
            answer = self._line.open(self._time_address(), self._endpoint.time_path)
            shown = milliseconds((answer.body or {}).get("serverTime"))
            if shown is not None and shown > _FIRST_MS:
                self.offset_seconds = shown / 1000 - (before + time.time()) / 2
        return self._is_allowed_for()

    def _is_allowed_for(self) -> bool:
        offset = self.offset_seconds
        return offset is not None and abs(offset) <= LARGEST_OFFSET_SECONDS

    def own_address(self, proof: Answer) -> str:
        """Return the address that the exchange sees, from a refusal of futures, which has it."""
        said = proof.message
        futures = self._place.futures_address
        if not _ADDRESS.search(said) and futures is not None:
            said = self.signed(futures, endpoint_of(Market.FUTURES).path).message
        found = _ADDRESS.search(said)
        return found[1] if found else ""

    def _time_address(self) -> str:
        is_of_spot = self._endpoint.time_path == endpoint_of(Market.SPOT).time_path
        return self._place.spot_address if is_of_spot else self._place.address

    def _now(self) -> float:
        """Return the time to sign for: never one that is far from this machine's."""
        offset = self.offset_seconds if self._is_allowed_for() else None
        return time.time() + (self._known_offset if offset is None else offset)
