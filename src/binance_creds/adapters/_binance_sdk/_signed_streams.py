"""The signed streams of the SDK: the address of each connection, and of each new one, is signed."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from binance_creds.adapters._aiohttp._session import attach_session

if TYPE_CHECKING:
    from binance_creds.adapters._wire._attachment import Attachment
    from binance_creds.adapters._wire._signer import WireSigner

__all__ = ["attach_signed_streams"]


def attach_signed_streams(attachment: Attachment, api: Any, signer: WireSigner) -> None:
    """Let the streams of a client connect with the credentials of the moment.

    One that is open stays with the key that it was opened with: the SDK makes a new connection
    when the exchange ends it.
    """
    kind: Any = type(api)
    attachment.set(api, "_binance_creds", _Way(signer, attachment))
    attachment.set(api, "__class__", _signing(kind))


class _Way:
    """Attach the session of a client, which it makes late, and perhaps again."""

    def __init__(self, signer: WireSigner, attachment: Attachment) -> None:
        self.signer = signer
        self._attachment = attachment
        self._session: object = None

    def ready(self, session: object) -> None:
        """Let a session sign."""
        if session is not self._session:
            attach_session(self._attachment, session, self.signer.aresign)
            self._session = session


class _SigningStreams:
    """What stands in front of a class of the SDK."""

    session: Any
    _binance_creds: _Way

    async def init_connection(self, url: str, *arguments: Any, **options: Any) -> None:
        """Make a connection."""
        self._binance_creds.signer.check(url)
        self._binance_creds.ready(self.session)
        await super().init_connection(url, *arguments, **options)  # type: ignore[misc]  # of the SDK


@cache
def _signing(kind: Any) -> Any:
    return type(kind.__name__, (_SigningStreams, kind), {"__module__": kind.__module__})
