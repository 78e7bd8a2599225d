"""`Check`: how a profile wants the exchange to be asked about a pair."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Hashable

__all__ = ["Check"]


class Check(NamedTuple):
    """What a profile says of asking the exchange about a pair before it is used.

    Attributes:
        policy: a `binance_creds.exchange.Policy`, or `None`: prove the pair and its environment.
        when_unreachable: whether a first pair is used or refused that nobody could prove.
        is_of_file: whether the policy is from a file of its own, which may change at any time.
    """

    policy: Hashable = None
    when_unreachable: Literal["use", "refuse"] = "use"
    is_of_file: bool = False
