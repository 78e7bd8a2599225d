"""What all parts of one client share, and how a session or socket becomes such a part."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any, Final

from binance_creds.adapters._aiohttp._session import attach_session as attach_tasks
from binance_creds.adapters._python_binance._package import WebsocketAPI
from binance_creds.adapters._python_binance._socket_api import attach_socket
from binance_creds.adapters._sessions import attach_session as attach_threads
from binance_creds.adapters._wire._attachment import Attachment
from binance_creds.adapters._wire._request import API_KEY_HEADER, PLACEHOLDER_KEY, Signed
from binance_creds.adapters._wire._wiring import Wiring
from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from binance_creds.adapters._wire._request import Outgoing

__all__ = ["ClientWiring"]

_WEBSITE: Final = "/bapi/"  # asks for no key; python-binance sends it with everything


class ClientWiring(Wiring):
    """Sign for one client, with its sessions and sockets, also those that it gets later.

    Attributes:
        attachment: undoes it.
        ws_base_url: where user data streams by listen key are, or `None` for Binance's own hosts.
    """

    def __init__(
        self,
        *arguments: Any,
        attachment: Attachment,
        ws_base_url: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__(*arguments, **options)
        self.attachment = attachment
        self.ws_base_url = ws_base_url
        self._parts: weakref.WeakSet[Any] = weakref.WeakSet()

    def check(self, url: str) -> None:
        """Refuse a host that the key must not go to, before there is a connection to it.

        Raises:
            ConfigurationError: it serves another environment, or nobody has named it.
        """
        if _WEBSITE not in url:
            self.signer.check(url)

    def take(self, part: Any) -> None:
        """Let a session or a WebSocket API sign.

        Raises:
            ConfigurationError: it is none of a known kind, or signs for somebody else.
        """
        if part is None or part in self._parts:
            return
        with Attachment() as attachment:
            if isinstance(part, WebsocketAPI):
                attach_socket(attachment, part, self)
            else:
                self._take_session(attachment, part)
                _put_placeholder(attachment, part.headers)
        self._parts.add(part)
        self.attachment.call_on_undo(attachment.detach)

    def _take_session(self, attachment: Attachment, session: Any) -> None:
        if hasattr(session, "get_adapter"):
            attach_threads(attachment, session, _openly(self.signer.resign), rejected=self.rejected)
            return
        can_repeat = hasattr(session, "_middlewares")
        if self.retry and not can_repeat:
            msg = "retry_rejected needs aiohttp 3.12 or newer."
            raise ConfigurationError(msg, hint="Run: pip install 'aiohttp>=3.12'")
        attach_tasks(
            attachment,
            session,
            _openly_awaited(self.signer.aresign),
            rejected=self.rejected if can_repeat else None,
        )


def _put_placeholder(attachment: Attachment, headers: MutableMapping[str, Any]) -> None:
    before = headers.get(API_KEY_HEADER)
    headers[API_KEY_HEADER] = PLACEHOLDER_KEY
    if before is None:
        attachment.call_on_undo(headers.pop, API_KEY_HEADER, None)
    else:
        attachment.call_on_undo(headers.__setitem__, API_KEY_HEADER, before)


def _is_open(request: Outgoing) -> bool:
    return _WEBSITE in request.url.partition("?")[0]


def _openly(resign: Callable[[Outgoing], Signed]) -> Callable[[Outgoing], Signed]:
    def sign(request: Outgoing) -> Signed:
        return Signed(request.url, request.body) if _is_open(request) else resign(request)

    return sign


def _openly_awaited(
    resign: Callable[[Outgoing], Awaitable[Signed]],
) -> Callable[[Outgoing], Awaitable[Signed]]:
    async def sign(request: Outgoing) -> Signed:
        if _is_open(request):
            return Signed(request.url, request.body)
        return await resign(request)

    return sign
