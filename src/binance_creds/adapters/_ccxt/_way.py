"""What one exchange signs with, in all sessions that it makes."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, NoReturn
from weakref import WeakKeyDictionary

from binance_creds.adapters._wire._attachment import Attachment

if TYPE_CHECKING:
    from collections.abc import Callable

    from binance_creds.adapters._ccxt._streams import Streams
    from binance_creds.adapters._wire._rejected import Rejected
    from binance_creds.adapters._wire._signer import WireSigner

__all__ = ["Way"]


class Way:
    """Sign what the sessions of an exchange send; its copies share it. Threads may, too.

    ccxt makes its sessions late, and new ones after `close`.

    Attributes:
        signer: signs.
        rejected: is told of what the exchange refuses.
        streams: of an exchange of ccxt.pro, else `None`.
    """

    def __init__(self, signer: WireSigner, rejected: Rejected) -> None:
        self.signer = signer
        self.rejected = rejected
        self.streams: Streams | None = None
        self._lock = threading.Lock()  # guards _attached
        self._attached: WeakKeyDictionary[Any, Attachment] = WeakKeyDictionary()

    def ready(self, session: Any, attach: Callable[[Attachment, Any, Way], None]) -> None:
        """Let a session sign, unless it does."""
        if session is None or session in self._attached:
            return
        with self._lock:
            if session not in self._attached:
                with Attachment() as attachment:
                    attach(attachment, session, self)
                self._attached[session] = attachment

    def end(self) -> None:
        """Let no session sign any more."""
        with self._lock:
            attached, self._attached = list(self._attached.values()), WeakKeyDictionary()
        for attachment in attached:
            attachment.detach()

    def __deepcopy__(self, memo: object) -> Way:
        return self

    def __reduce__(self) -> NoReturn:
        msg = "an exchange that signs cannot be pickled: it holds credentials"
        raise TypeError(msg)
