"""What becomes of a request that the exchange refused: it is reported, and perhaps sent again."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any, Final

from binance_creds.exchange import Meaning, rejection_of

if TYPE_CHECKING:
    from binance_creds._credentials import Credentials
    from binance_creds.adapters._wire._signer import WireSigner

__all__ = ["Rejected"]

_LOG: Final = logging.getLogger("binance_creds.adapters")
_RETRY: Final = "retry"


class Rejected:
    """Report what becomes of the requests of one client. Threads and tasks share it.

    Only a rejection of the key itself is followed by a second try: the exchange refuses those
    before it does anything else, so that no order is sent twice. A lost connection says nothing of
    the order; it is never repeated here.

    Args:
        signer: signs the requests; only a live handle is told of them.
        retry: whether the request may be signed and sent a second time.
    """

    __slots__ = ("_handle", "_retry", "_signer")

    def __init__(self, signer: WireSigner, *, retry: bool = False) -> None:
        handle: Any = signer.credentials
        self._signer = signer
        self._handle: Any = handle if hasattr(handle, "report_rejection") else None
        self._retry = retry

    def again(self, error: object, used: Credentials | None) -> bool:
        """Report a refused request; return whether to sign and send it once more. Blocks.

        Args:
            error: the answer, or what the client raised.
            used: the snapshot that signed it; `None` for a request without a key.
        """
        if not self._is_ours(error, used):
            return False
        return self._decided(self._handle.report_rejection(error, used=used))

    async def aagain(self, error: object, used: Credentials | None) -> bool:
        """Do what `again` does, without blocking the event loop."""
        if not self._is_ours(error, used):
            return False
        return self._decided(await self._handle.areport_rejection(error, used=used))

    def accepted(self, used: Credentials | None) -> None:
        """Report an accepted request; `used` is `None` for one without a key.

        A pair that has signed nothing yet sent its key alone: that says nothing of its secret.
        """
        if self._handle is not None and used is not None and used is self._signer.last_used:
            self._handle.report_acceptance(used)

    def _is_ours(self, error: object, used: Credentials | None) -> bool:
        meaning = rejection_of(error).meaning
        if meaning is Meaning.CLOCK:
            _LOG.warning(
                "The exchange refused a timestamp (-1021) that was %+.3f s off this machine's"
                " clock. Set the clock, or pass clock= with the offset that you measured.",
                self._signer.clock() - time.time(),
            )
        return used is not None and self._handle is not None and meaning is Meaning.CREDENTIALS

    def _decided(self, decision: Any) -> bool:
        return self._retry and decision.action.value == _RETRY
