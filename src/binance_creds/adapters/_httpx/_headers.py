"""A request of httpx that is handed to a transport with its key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from httpx import Headers, Request

from binance_creds.adapters._wire._request import API_KEY_HEADER, Outgoing

if TYPE_CHECKING:
    from collections.abc import ItemsView, KeysView, ValuesView

    from binance_creds._secret import Secret
    from binance_creds.adapters._wire._request import Signed

_T = TypeVar("_T")

__all__ = ["changed", "outgoing", "with_key"]


def outgoing(request: Request) -> Outgoing:
    """Return what is signed of a request whose body is in memory."""
    kind = request.headers.get("Content-Type", "")
    return Outgoing(request.method, str(request.url), request.content, kind)


def changed(of_caller: _T, **attributes: object) -> _T:
    """Return a request or URL with other attributes; the caller's stays as it is."""
    sent: _T = object.__new__(type(of_caller))
    vars(sent).update(vars(of_caller), **attributes)
    return sent


def with_key(request: Request, signed: Signed) -> Request:
    """Return a request with its signature, and with a key that is not copied elsewhere."""
    url = type(request.url)(signed.url)
    if signed.api_key is None:
        return changed(request, url=url)
    return changed(request, url=url, headers=_KeyedHeaders(request.headers, signed.api_key))


class _KeyedHeaders(Headers):
    """Headers with a key that is read and sent, but neither printed nor copied.

    httpx follows a redirect with a copy of all headers but Authorization, to whatever host. A copy
    is made of the list that this class keeps the key out of.
    """

    def __init__(self, headers: Headers, key: Secret) -> None:
        super().__init__(headers)
        self._key = key

    def _full(self) -> Headers:
        full = Headers(self)
        full[API_KEY_HEADER] = self._key.reveal()
        return full

    @property
    def raw(self) -> list[tuple[bytes, bytes]]:
        """What the transport sends."""
        return self._full().raw

    def keys(self) -> KeysView[str]:
        return self._full().keys()

    def values(self) -> ValuesView[str]:
        return self._full().values()

    def items(self) -> ItemsView[str, str]:
        return self._full().items()

    def multi_items(self) -> list[tuple[str, str]]:
        return self._full().multi_items()

    def __getitem__(self, key: str) -> str:
        return self._full()[key]

    def __contains__(self, key: object) -> bool:
        return key in self._full()

    def __len__(self) -> int:
        return len(self._full())

    def __repr__(self) -> str:
        return repr(Headers(self))

    def __reduce_ex__(self, protocol: object) -> Any:
        return Headers, (Headers(self).multi_items(),)
