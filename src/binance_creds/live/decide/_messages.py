"""The words between the machine that decides and the engine that does."""

from __future__ import annotations

from enum import Enum

from binance_creds._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import Any, Final

__all__ = [
    "DENIALS",
    "UNDECIDED",
    "UNUSABLE",
    "Check",
    "Failed",
    "Fetch",
    "Half",
    "Kind",
    "Moment",
    "New",
    "Outcome",
    "Output",
    "Refuse",
    "Renew",
    "Same",
    "State",
    "Swap",
    "Tell",
    "Verdict",
]  # fmt: skip

# The codes that say the owner has taken the secret, or the right to it, away.
DENIALS: Final = frozenset({"disabled", "not_found", "permission_denied", "unauthenticated"})

UNDECIDED: Final = "undecided"

# The source answers, and what it holds cannot be used, or not yet: its owner is at work, or made a
# mistake, or the exchange does not say whether the pair is good. The current pair grows stale by
# that, but does not expire: it goes on for as long as it lasts.
UNUSABLE: Final = frozenset({"malformed", "rejected", UNDECIDED})


class State(Enum):
    """Where a live handle is."""

    FRESH = "fresh"
    REFRESHING = "refreshing"
    STALE = "stale"
    HELD = "held"
    EXPIRED = "expired"
    FAILED = "failed"
    CLOSED = "closed"


class Kind(Enum):
    """What happened; the transitions, never the steady state."""

    ROTATED = "rotated"
    ROLLED_BACK = "rolled_back"
    PENDING = "pending"
    HALF_CHANGED = "half_changed"
    FAILED = "failed"
    UNDECIDED = "undecided"
    RECOVERED = "recovered"
    STALE = "stale"
    EXPIRED = "expired"
    DENIED = "denied"
    UNPROVEN = "unproven"
    REFUSED = "refused"
    PROVEN = "proven"
    ROTATE_SOON = "rotate_soon"
    ROTATE_NOW = "rotate_now"
    TRADING_ENDS = "trading_ends"
    TRADING_ENDED = "trading_ended"
    HOLD_ENDED = "hold_ended"
    PUSH_LOST = "push_lost"
    PUSH_BACK = "push_back"
    CLOSED = "closed"


class Moment(NamedTuple):
    """A time, with how long the swap window stays shut from then on, and the date; in seconds."""

    at: float
    opens_in: float = 0.0
    wall: float = 0.0


class Same(NamedTuple):
    """The source holds what it held; `rotates_in` seconds the store will rotate it, if it says."""

    rotates_in: float | None = None


class New(NamedTuple):
    """The source holds another pair, complete, checked, and verified."""

    pair: Any
    rotates_in: float | None = None


class Half(NamedTuple):
    """The source holds a pair of which one half is new, and which is not verified yet."""

    pair: Any
    rotates_in: float | None = None


class Failed(NamedTuple):
    """No answer, or none that can be used; `retry_after` seconds, if the store said so.

    The error itself is opaque here.
    """

    code: str
    retry_after: float | None = None
    error: Any = None


class Verdict(NamedTuple):
    """What the exchange says of a pair that is in use.

    Attributes:
        pair: the one that it was asked about.
        found: the same with what it says of it; `None` if it was not accepted.
        code: then `rejected`, or `undecided` if it did not decide.
        retry_after: when to ask again, in seconds, if it said so.
        error: the error behind the code.
    """

    pair: Any
    found: Any = None
    code: str | None = None
    retry_after: float | None = None
    error: Any = None


Outcome = Same | New | Half | Failed


class Fetch(NamedTuple):
    """Ask the source; `serial` names this fetch when its outcome comes back.

    Attributes:
        announced: the version that is said to be there.
        with_new_login: forget the login first; a denial is being confirmed.
        is_check: read nothing; verify the pair again that was read last, and not decided about.
    """

    serial: int
    announced: str | None = None
    with_new_login: bool = False
    is_check: bool = False


class Check(NamedTuple):
    """Ask the exchange about the current pair."""

    pair: Any


class Swap(NamedTuple):
    """Make `after` current in the place of `before`, and call the hooks."""

    before: Any
    after: Any
    kind: Kind


class Renew(NamedTuple):
    """Serve the current pair as it is now: of the same material, with another version."""


class Refuse(NamedTuple):
    """Make `.current` raise the error of this code; `None` lets it serve again."""

    code: str | None


class Tell(NamedTuple):
    """Report a transition, and what it is due to."""

    kind: Kind
    code: str | None = None
    error: Any = None


Output = Fetch | Check | Swap | Renew | Refuse | Tell
