"""`Hold`: a block in which `.current` does not change."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from binance_creds.errors import CredentialsError
from binance_creds.live._engine import ENGINE

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from binance_creds._credentials import Credentials
    from binance_creds.live._keeper import Keeper
    from binance_creds.live._live import LiveCredentials
    from binance_creds.live._outcomes import Moment, Output

__all__ = ["Hold"]


@final
class Hold:
    """Keep rotations back within a block; gives the pair that is current in it."""

    __slots__ = ("_holds", "_live", "_resumed")

    def __init__(self, live: LiveCredentials, resumed: Callable[[], Keeper]) -> None:
        self._live, self._resumed = live, resumed
        self._holds: list[tuple[Keeper, int]] = []  # one for each block that is entered

    def __enter__(self) -> Credentials:
        keeper = self._resumed()

        def begin(moment: Moment) -> list[Output]:
            self._holds.append((keeper, keeper.machine.pairs.hold(moment)))
            return []

        ENGINE.run(keeper, begin)
        try:
            return self._live.current
        except CredentialsError:
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
        keeper, number = self._holds.pop()
        ENGINE.run(keeper, lambda moment: keeper.machine.release(moment, number))
