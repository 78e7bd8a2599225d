"""From one pair to findings or an error: the markets in order, until one knows the key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from binance_creds.errors import CredentialsError, VerificationError
from binance_creds.exchange._evidence import gathered
from binance_creds.exchange._findings import Findings, Restrictions, restrictions_of
from binance_creds.exchange._line import Line
from binance_creds.exchange._markets import places_of
from binance_creds.exchange._memo import Asked
from binance_creds.exchange._verdict import not_live, unanswered, verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from binance_creds._credentials import Credentials
    from binance_creds._time._deadline import Deadline
    from binance_creds.exchange._evidence import Evidence
    from binance_creds.exchange._findings import Market
    from binance_creds.exchange._line import Answer
    from binance_creds.exchange._markets import Place
    from binance_creds.exchange._memo import Pauses

__all__ = ["asked"]

# What a market of the testnets says of a key that is of another one.
_OF_ANOTHER_MARKET: Final = frozenset({"unknown_key", "key_address_or_permission"})
_LACKS_PERMISSION: Final = "permission"  # what the key may do is known then
_ABSENT: Final = 404


def asked(
    used: Credentials,
    markets: Sequence[Market],
    deadline: Deadline,
    pauses: Pauses,
    *,
    base_url: str | None,
    known_offset: float,
    needs_permissions: bool,
) -> Asked:
    """Return what the exchange says of a pair, or why that is not known. Blocks.

    Args:
        used: the pair.
        markets: where to prove it: at the first that knows its key; without one, at spot, and on
            test networks at those of futures, too.
        deadline: of all requests.
        pauses: that hosts have asked for.
        base_url: that serves every market, or `None`.
        known_offset: of the exchange's clock, in seconds, as it was measured before; else zero.
        needs_permissions: whether the pair is not proven without an answer about permissions.
    """
    first: CredentialsError | None = None
    with Line(deadline, pauses) as line:
        for market, place in places_of(markets, used.environment, base_url):
            evidence = gathered(used, market, place, line, known_offset)
            error = _error_of(evidence, used, market, place, needs_permissions=needs_permissions)
            if error is None:
                findings = _findings(evidence, used, market, known_offset)
                return Asked(findings, is_whole=_is_whole(evidence.restrictions))
            if isinstance(error, VerificationError) and error.reason == _LACKS_PERMISSION:
                return Asked(_findings(evidence, used, market, known_offset), error)
            first = first or error
            if not isinstance(error, VerificationError) or error.reason not in _OF_ANOTHER_MARKET:
                return Asked(error=error)
    assert first is not None  # noqa: S101  # there is one place at least
    return Asked(error=first)


def _error_of(
    evidence: Evidence, used: Credentials, market: Market, place: Place, *, needs_permissions: bool
) -> CredentialsError | None:
    error = verdict(evidence, used, market, place)
    restrictions = evidence.restrictions
    if error is not None or restrictions is None or not needs_permissions:
        return error
    if _is_absent(restrictions):
        return not_live(used, place.spot_host)
    return unanswered(restrictions, used, place.spot_host)


def _is_absent(answer: Answer) -> bool:
    """Return whether there is no such path: then it is not the live exchange, or a proxy of it."""
    return answer.rejection is not None and answer.rejection.status == _ABSENT


def _is_whole(restrictions: Answer | None) -> bool:
    return restrictions is None or restrictions.is_served or _is_absent(restrictions)


def _findings(
    evidence: Evidence, used: Credentials, market: Market, known_offset: float
) -> Findings:
    answer, offset = evidence.restrictions, evidence.offset_seconds
    said = restrictions_of(answer.body or {}) if answer and answer.is_served else Restrictions()
    return Findings(
        market=market,
        environment=used.environment,
        permissions=said.permissions,
        is_ip_restricted=said.is_ip_restricted,
        created_at=said.created_at,
        trading_ends_at=said.trading_ends_at,
        clock_offset_seconds=(known_offset or None) if offset is None else offset,
        key_type=used.key_type,
        denied_permissions=said.denied_permissions,
    )
