"""`Link`: what a connection signs with, and what its caller gets to read."""

from __future__ import annotations

import logging
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from binance_creds.errors import CredentialsError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from binance_creds.adapters._wire._rejected import Rejected
    from binance_creds.adapters._wire._sessions._messages import Answer, Outbound
    from binance_creds.adapters._wire._sessions._session import ApiSession

__all__ = ["Link"]

_LOG: Final = logging.getLogger("binance_creds.adapters")
_NOT_LOGGED_ON: Final = "A session is not logged on with the new key until the next message: %s."


class Link:
    """What a connection signs with.

    Attributes:
        session: knows whose session it is.
        rejected: is told of what the exchange refused.
        ready: what has arrived for the caller, and is not read yet.
    """

    def __init__(self, session: ApiSession, rejected: Rejected) -> None:
        self.session: Final = session
        self.rejected: Final = rejected
        self.ready: Final[deque[Any]] = deque()
        self._leave: Callable[[], None] | None = None

    def on_rotation(self, hook: Any) -> None:
        """Call a hook after each rotation from now on, if the credentials rotate."""
        subscribe = getattr(self.session.signer.credentials, "on_rotation", None)
        if subscribe is not None and self._leave is None:
            self._leave = subscribe(hook)

    def hear(self, text: str | bytes, send: Callable[[Outbound], None]) -> list[str | bytes]:
        """Take what arrived; return what the caller gets. Blocks while a rejection is reported."""
        answers, given = self.session.answered(text), []
        for answer in answers:
            if self._is_final(answer):
                given.append(answer.text)
            elif answer.is_lost or self.rejected.again(answer.content, answer.used):
                send(answer.outbound)
            else:
                given.append(answer.text)
        return self._of_caller(text, answers, given)

    async def ahear(
        self, text: str | bytes, send: Callable[[Outbound], Awaitable[None]]
    ) -> list[str | bytes]:
        """Do what `hear` does, without blocking the event loop."""
        answers, given = self.session.answered(text), []
        for answer in answers:
            if self._is_final(answer):
                given.append(answer.text)
            elif answer.is_lost or await self.rejected.aagain(answer.content, answer.used):
                await send(answer.outbound)
            else:
                given.append(answer.text)
        return self._of_caller(text, answers, given)

    def catch_up(self, send: Callable[[Outbound], None]) -> None:
        """Log on with the credentials of now, if the last logon was answered after a rotation."""
        if self.session.is_behind:
            try:
                for outbound in self.session.renewal():
                    send(outbound)
            except CredentialsError as error:
                _LOG.warning(_NOT_LOGGED_ON, error.code)

    async def acatch_up(self, send: Callable[[Outbound], Awaitable[None]]) -> None:
        """Do what `catch_up` does, without blocking the event loop."""
        if self.session.is_behind:
            try:
                for outbound in self.session.renewal():
                    await send(outbound)
            except CredentialsError as error:
                _LOG.warning(_NOT_LOGGED_ON, error.code)

    def _is_final(self, answer: Answer) -> bool:
        if answer.is_good:
            self.rejected.accepted(answer.used)
        return answer.is_good

    def _of_caller(
        self, text: str | bytes, answers: list[Answer], given: list[str]
    ) -> list[str | bytes]:
        other = [] if any(answer.text is text for answer in answers) else [text]
        return [each for each in (*other, *given) if not self.session.is_own(each)]

    def end(self) -> None:
        """Call it no more."""
        if self._leave is not None:
            self._leave()
