"""What goes out on a connection to the WebSocket API, and what comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from binance_creds._credentials import Credentials
    from binance_creds.exchange import Security

__all__ = ["Answer", "Outbound"]


class Outbound(NamedTuple):
    """A message to sign as it needs, and to send. Its `repr` shows no parameters.

    Attributes:
        message: as its caller gave it.
        security: what its method needs.
        logged_on: see `sign_message`.
    """

    message: dict[str, Any]
    security: Security
    logged_on: Credentials | None = None

    def __repr__(self) -> str:
        return f"Outbound({self.message.get('method')!r}, {self.security})"


class Answer(NamedTuple):
    """An answer to a message that was signed.

    Attributes:
        text: as the caller gets it.
        outbound: the message.
        used: who signed it, or whose session it relied on.
        is_good: whether it was accepted.
        content: of one that was refused, what `text` says.
        is_lost: whether its session had ended; it is to be signed, and sent once more.
    """

    text: str
    outbound: Outbound
    used: Credentials
    is_good: bool = True
    content: Mapping[str, Any] = {}
    is_lost: bool = False
