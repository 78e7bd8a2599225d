"""What is sent on a connection to a WebSocket API, and what it opens there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Mapping

    from binance_creds._credentials import Credentials

__all__ = [
    "LOGON",
    "LOGOUT",
    "SIGNED_SUBSCRIBE",
    "SUBSCRIBE",
    "UNSUBSCRIBE",
    "Sent",
    "Subscription",
]

LOGON: Final = "session.logon"
LOGOUT: Final = "session.logout"
SUBSCRIBE: Final = "userDataStream.subscribe"
SIGNED_SUBSCRIBE: Final = "userDataStream.subscribe.signature"
UNSUBSCRIBE: Final = "userDataStream.unsubscribe"


@dataclass(slots=True)
class Sent:
    """A request that waits for its answer.

    Attributes:
        message: as the client gave it, with placeholders.
        used: the snapshot that signed it, or that the session is logged on with.
        reply: gets the answer instead of the client; `None` for a request of the client.
        is_second: whether the exchange refused its key once before.
        was_lost: whether it once relied on a session that had ended.
        by_session: whether it relies on the session's key.
    """

    message: Mapping[str, Any] = field(repr=False)
    used: Credentials | None = None
    reply: asyncio.Future[dict[str, Any]] | None = None
    is_second: bool = False
    was_lost: bool = False
    by_session: bool = False

    @property
    def method(self) -> str:
        """What is asked for."""
        return str(self.message.get("method", ""))

    @property
    def params(self) -> Mapping[str, Any]:
        """With what."""
        return self.message.get("params") or {}


@dataclass(slots=True)
class Subscription:
    """A user data stream.

    Attributes:
        number: under which the client knows it; stays the same on every connection.
        message: that opened it, with placeholders.
        used: whose stream it is; `None` once the exchange has ended it.
    """

    number: int
    message: Mapping[str, Any] = field(repr=False)
    used: Credentials | None
