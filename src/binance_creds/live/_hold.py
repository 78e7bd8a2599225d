"""`Hold`: a block in which `.current` does not change."""

from __future__ import annotations

from binance_creds._typing import TYPE_CHECKING, final
from binance_creds.live.run._engine import ENGINE

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from binance_creds._credentials import Credentials
    from binance_creds.live.decide._messages import Moment, Output
    from binance_creds.live.run._subject import Subject

__all__ = ["Hold"]


@final
class Hold:
    """Keep rotations back within a block; gives the pair that is current in it."""

    __slots__ = ("_current", "_numbers", "_resume", "_subject")

    def __init__(
        self, current: Callable[[], Credentials], subject: Subject, resume: Callable[[], Subject]
    ) -> None:
        self._current, self._subject, self._resume = current, subject, resume
        self._numbers: list[int] = []  # one for each block that is entered

    def __enter__(self) -> Credentials:
        subject = self._resume()
        try:
            ENGINE.run(subject, self._begin)
            return self._current()
        except BaseException:  # also when a signal's handler raises
            self._end()
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    async def __aenter__(self) -> Credentials:
        return self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def _end(self) -> None:
        ENGINE.run(self._subject, self._release)

    # by the engine: within a collection its thread does both, later and in this order

    def _begin(self, moment: Moment) -> list[Output]:
        self._numbers.append(self._subject.machine.pairs.hold(moment))
        return []

    def _release(self, moment: Moment) -> list[Output]:
        if not self._numbers:  # the block was never entered
            return []
        return self._subject.machine.release(moment, self._numbers.pop())
