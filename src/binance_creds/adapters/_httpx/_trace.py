"""Where httpcore writes a request to a connection: its extension `trace` is told just before.

That is after every wait: for a connection of the pool, for the network, for a stream of HTTP/2.
Written against httpcore 1.
Source: https://www.encode.io/httpcore/extensions/#trace, read on 2026-11-26.
"""

from __future__ import annotations

from functools import lru_cache
from traceback import clear_frames
from typing import TYPE_CHECKING, Any, Final

from binance_creds._loopback import is_loopback_url
from binance_creds.adapters._httpx._headers import changed
from binance_creds.adapters._wire._request import (
    API_KEY_HEADER,
    PLACEHOLDER_KEY,
    Outgoing,
    Signed,
    has_signature,
)
from binance_creds.adapters._wire._targets import refuse_proxy

if TYPE_CHECKING:
    from collections.abc import Callable

    from httpx import Request

    from binance_creds._credentials import Credentials
    from binance_creds.adapters._wire._signer import WireSigner
    from binance_creds.exchange import Security

__all__ = ["DRY", "Underway"]

DRY: Final = "binance_creds_dry"  # an extension: the request goes nowhere

_KEY: Final = API_KEY_HEADER.lower().encode()
_STARTED: Final = "send_request_headers.started"
_WRITTEN: Final = ("send_request_headers.complete", "send_request_headers.failed")
_REMEMBERED: Final = 64  # servers; a bot calls a few
_SOCKS: Final = "setup_socks5_connection.started"


class Underway:
    """A request on its way to a connection, where it is signed.

    httpcore has `trace` or `atrace` as the extension of that name, which calls the caller's own,
    and is taken off as soon as the request is written: nothing after that concerns it, such as a
    redirect, which httpx follows with the same extensions.

    Args:
        signer: signs it.
        request: whose body is in memory.
        url: of the request.
        security: what its endpoint needs; by default the table of endpoints says.
        is_signed: whether it is signed already, in case its transport does not tell.

    Attributes:
        used: the snapshot that signed it last; `None` before, and for a public request.
        is_reached: whether httpcore has told.
    """

    def __init__(
        self,
        signer: WireSigner,
        request: Request,
        url: str,
        security: Security | None,
        *,
        is_signed: bool,
    ) -> None:
        self.used: Credentials | None = None
        self.is_reached = False
        self._signer = signer
        self._url = url
        self._security = security
        self._is_signed = is_signed
        self._body = request.content
        self._content_type = request.headers.get("Content-Type", "") if self._body else ""
        self._extensions: dict[str, Any] = {**request.extensions}
        self._theirs: Callable[[str, Any], Any] | None = self._extensions.get("trace")
        self._before: tuple[Any, Any, Any] | None = None
        self._is_dry = DRY in self._extensions

    def traced(self, request: Request) -> Request:
        """Return the request to hand to a transport that blocks."""
        self._extensions["trace"] = self.trace
        return changed(request, extensions=self._extensions)

    def atraced(self, request: Request) -> Request:
        """Return the request to hand to a transport of asyncio."""
        self._extensions["trace"] = self.atrace
        return changed(request, extensions=self._extensions)

    def trace(self, name: str, info: Any) -> None:
        """Sign the request when it has its connection."""
        if self._is_dry:
            self._sign(Outgoing("GET", self._url))  # leaves from here, before anything connects
        stage = name.partition(".")[2]
        if self._theirs is not None:
            self._theirs(name, info)
        if stage == _STARTED and self._is_ours(info["request"]):
            self._replace(info["request"], self._sign(self._outgoing(info["request"])))
        else:
            self._follow(stage, info)

    async def atrace(self, name: str, info: Any) -> None:
        """Do what `trace` does, without blocking the event loop."""
        stage = name.partition(".")[2]
        if self._theirs is not None:
            await self._theirs(name, info)
        if stage == _STARTED and self._is_ours(info["request"]):
            self._replace(info["request"], await self._asign(self._outgoing(info["request"])))
        else:
            self._follow(stage, info)

    def _is_ours(self, request: Any) -> bool:
        """Tell the request from the CONNECT of a proxy."""
        is_connect = request.method == b"CONNECT"
        if is_connect and is_loopback_url(self._url):
            refuse_proxy(self._url)
        return not is_connect

    def _outgoing(self, request: Any) -> Outgoing:
        url = request.url
        target = url.target.decode("ascii")
        if not target.startswith("/"):  # whole, because a proxy shall send it
            refuse_proxy(target)
        address = _origin(url.scheme, url.host, url.port) + target
        method = request.method.decode("ascii")
        return Outgoing(method, address, self._body, self._content_type, PLACEHOLDER_KEY)

    def _sign(self, outgoing: Outgoing) -> Signed:
        if self._is_signed and has_signature(outgoing):
            return self._signer.resign(outgoing)
        return self._signer.sign(outgoing, security=self._security)

    async def _asign(self, outgoing: Outgoing) -> Signed:
        if self._is_signed and has_signature(outgoing):
            return await self._signer.aresign(outgoing)
        return await self._signer.asign(outgoing, security=self._security)

    def _replace(self, request: Any, signed: Signed) -> None:
        self.is_reached, self.used = True, signed.used
        self._before = (request, request.url.target, request.headers)
        target = "/" + signed.url.split("/", 3)[3]
        request.url.target = target.encode("ascii")  # of this request alone
        request.headers = [pair for pair in request.headers if pair[0].lower() != _KEY]
        if signed.api_key is not None:
            request.headers.append((API_KEY_HEADER.encode(), signed.api_key.reveal().encode()))

    def _follow(self, stage: str, info: Any) -> None:
        if stage == _SOCKS and is_loopback_url(self._url):
            refuse_proxy(self._url)
        if stage in _WRITTEN and self._before is not None:
            request, target, headers = self._before
            request.url.target, request.headers = target, headers  # a response holds its request
            self._before = None
            self._leave()
        if stage.endswith(".failed"):
            clear_frames(info["exception"].__traceback__)  # of what wrote key and signature

    def _leave(self) -> None:
        if self._theirs is None:
            del self._extensions["trace"]
        else:
            self._extensions["trace"] = self._theirs


@lru_cache(maxsize=_REMEMBERED)
def _origin(scheme: bytes, host: bytes, port: int | None) -> str:
    name = host.decode("ascii")
    name = f"[{name}]" if ":" in name else name
    return f"{scheme.decode()}://{name}{'' if port is None else f':{port}'}"
