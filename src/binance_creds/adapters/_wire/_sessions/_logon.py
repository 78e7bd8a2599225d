"""`Logon`: one logon for each connection whose signatures are made outside."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from binance_creds.adapters._wire._message import SIGNED_ALWAYS
from binance_creds.adapters._wire._sessions._standing import Standing, spares_signatures
from binance_creds.adapters._wire._streams._refused import RefusedError, text_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from binance_creds._credentials import Credentials
    from binance_creds.adapters._wire._signer import WireSigner

__all__ = ["Logon"]

_LOG: Final = logging.getLogger("binance_creds.adapters")


class Logon:
    """Log a connection on before its first message that needs a signature; for one event loop.

    Messages go without a signature from then on: until other credentials are current, which log
    on in their turn, or the exchange ends the session. Where the exchange refuses, each message
    is signed.

    Args:
        signer: signs for the connection.
        ask: sends `session.logon`, and returns who signed it once the exchange has granted it;
            raises `RefusedError` if it does not.

    Attributes:
        standing: whose session the connection is.
    """

    def __init__(self, signer: WireSigner, ask: Callable[[], Awaitable[Credentials]]) -> None:
        self.standing: Final = Standing()
        self._signer: Final = signer
        self._ask: Final = ask
        self._task: asyncio.Task[None] | None = None

    async def holder(self, method: object) -> Credentials | None:
        """Return whose session a message of this method may rely on, after a logon if one is due.

        Raises:
            CredentialsError: there is no signature.
            ConnectionError: the connection has ended meanwhile.
        """
        current = self._signer.credentials.current
        if method in SIGNED_ALWAYS or not spares_signatures(current):
            return None
        if self.standing.is_due(current):
            await self._joined()
        return self.standing.logged_on

    async def _joined(self) -> None:
        """Wait for the logon that runs, or begin it; it goes on when its caller is cancelled."""
        task = self._task
        if task is None or task.done():
            self._task = task = asyncio.ensure_future(self._log_on())
            task.add_done_callback(lambda done: done.cancelled() or done.exception())  # is taken
        await asyncio.wait({task})
        if task.cancelled():
            msg = "the connection has ended"
            raise ConnectionResetError(msg)
        task.result()

    async def _log_on(self) -> None:
        current = self._signer.credentials.current
        try:
            self.standing.granted(await self._ask())
        except (RefusedError, TimeoutError) as error:  # others would stop the message, too
            self.standing.refused(current)
            told = text_of(error)
            _LOG.warning("A session was not logged on, and each message is signed: %s.", told)

    def end(self) -> None:
        """Give up a logon that runs: the connection has ended."""
        if self._task is not None:
            self._task.cancel()
