"""`Traits`: what may be known of pairs, which are opaque to whatever decides."""

from __future__ import annotations

from binance_creds._typing import TYPE_CHECKING, NamedTuple
from binance_creds.live.decide._aging import NO_DATES, Dates

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final

__all__ = ["PLAIN", "Traits"]


class Traits(NamedTuple):
    """What the caller answers of pairs.

    Attributes:
        same: whether two pairs are of the same material.
        shares_half: whether two pairs have the key alone, or the secret alone, in common.
        renews: whether the second of two pairs of the same material has another version.
        has_proof: whether the exchange has accepted a pair.
        dates: of a pair.
    """

    same: Callable[[Any, Any], bool] = lambda a, b: bool(a == b)
    shares_half: Callable[[Any, Any], bool] = lambda a, b: False  # noqa: ARG005  # none does
    renews: Callable[[Any, Any], bool] = lambda a, b: False  # noqa: ARG005  # none does
    has_proof: Callable[[Any], bool] = lambda pair: True  # noqa: ARG005  # each has
    dates: Callable[[Any], Dates] = lambda pair: NO_DATES  # noqa: ARG005  # none has any


PLAIN: Final = Traits()
