"""Answer `report_rejection`: what a rejected request means for the pair that signed it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from binance_creds.errors import CredentialsError
from binance_creds.exchange import Meaning, rejection_of
from binance_creds.live._engine import ENGINE
from binance_creds.live._keeper import same_material
from binance_creds.live._values import Action, Decision

if TYPE_CHECKING:
    from collections.abc import Callable

    from binance_creds._credentials import Credentials
    from binance_creds.exchange import Rejection
    from binance_creds.live._keeper import Keeper

__all__ = ["Rejections"]

ANSWER_SECONDS: Final = 5.0  # how long the answer for a pair stands: a storm makes one re-read

_BAD_SIGNATURE: Final = -1022  # errors.md
_OF_THE_KEY: Final = (
    "the source still holds the rejected key: it was deleted at the exchange, this address is not"
    " on its list, or it lacks the permission; a swapped key and secret look the same"
)
_OF_THE_SIGNATURE: Final = (
    "the source still holds the rejected pair: the secret does not belong to the key, or what is"
    " signed is not what is sent"
)


class Rejections:
    """Decide for one keeper. Threads may share it: of a storm one asks, the others get its answer.

    Args:
        keeper: whose pairs are reported.
        clock: monotonic seconds.
    """

    def __init__(self, keeper: Keeper, *, clock: Callable[[], float]) -> None:
        self._keeper, self._clock = keeper, clock
        self.start_over()

    def start_over(self) -> None:
        """Forget the last answer; in a forked child its lock may be that of a thread of before."""
        self._lock = threading.Lock()  # guards the two below; held while the one asks
        self._answered: tuple[Credentials, float] | None = None
        self._answer: Decision | None = None

    def decide(self, error: object, used: Credentials) -> Decision:
        """Return what to do. Blocks while the source is read, if it is."""
        found = rejection_of(error)
        match found.meaning:
            case Meaning.CLOCK:
                reason = "the clock is off: measure the exchange's time and sign with that"
                return Decision(Action.RETRY, self._now(), reason)
            case Meaning.LIMIT:
                reason = "too many requests: the credentials have no part in it"
                return Decision(Action.WAIT, self._now(), reason, found.wait_seconds)
            case Meaning.OTHER:
                reason = "the rejection is not about credentials"
                return Decision(Action.GIVE_UP, self._now(), reason)
            case Meaning.CREDENTIALS:
                return self._of_credentials(found, used)

    def _now(self) -> Credentials:
        pair: Credentials = self._keeper.machine.current
        return pair

    def _of_credentials(self, found: Rejection, used: Credentials) -> Decision:
        with self._lock:
            if not same_material(used, self._now()):
                reason = "a newer pair is current"
                return Decision(Action.RETRY, self._now(), reason)
            answered = self._answered
            if (
                answered is not None
                and self._answer is not None
                and answered[0] is self._now()
                and self._clock() < answered[1] + ANSWER_SECONDS
            ):
                return self._answer
            decision = self._asked(found, used)
            self._answered, self._answer = (self._now(), self._clock()), decision
            return decision

    def _asked(self, found: Rejection, used: Credentials) -> Decision:
        ENGINE.run(self._keeper, self._keeper.machine.swap_now)  # a hold must not keep a dead key
        if not same_material(used, self._now()):
            return Decision(Action.RETRY, self._now(), "the pair that was pending is current now")
        try:
            ENGINE.refresh_and_wait(self._keeper, self._keeper.timeout_seconds)
        except CredentialsError as error:
            reason = f"the source cannot be read again ({error.code})"
            return Decision(Action.GIVE_UP, self._now(), reason)
        ENGINE.run(self._keeper, self._keeper.machine.swap_now)
        if not same_material(used, self._now()):
            return Decision(Action.RETRY, self._now(), "the source held a newer pair")
        if self._rolled_back():
            return Decision(Action.RETRY, self._now(), "rolled back to the previous pair")
        is_signature = found.code == _BAD_SIGNATURE
        reason = _OF_THE_SIGNATURE if is_signature else _OF_THE_KEY
        return Decision(Action.GIVE_UP, self._now(), reason)

    def _rolled_back(self) -> bool:
        """Go back to the previous pair, unless a verifier says that it does not work either."""
        previous = self._keeper.machine.previous
        if previous is None or self._keeper.verifies(previous) is False:
            return False
        ENGINE.run(self._keeper, self._keeper.machine.roll_back)
        return bool(self._keeper.machine.current is previous)
