"""A middleware of aiohttp that reports rejected requests, and perhaps sends them once more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from binance_creds.adapters._wire._rejected import Rejected

__all__ = ["repeating"]

_BAD: Final = 400


def repeating(rejected: Rejected) -> Any:
    """Return the middleware; it stands last, next to the connection."""

    async def report(request: Any, send: Callable[[Any], Awaitable[Any]]) -> Any:
        response = await send(request)
        used = getattr(request, "signed_by", None)
        if response.status < _BAD:
            rejected.accepted(used)
            return response
        if used is None:
            return response
        body = await response.read()
        if not await rejected.aagain(body, used):
            return response
        response.release()
        return await send(request)

    return report
