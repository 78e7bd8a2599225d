"""Where urllib3 hands a request to a connection: after each wait, and anew for each retry.

A session of requests signs through a copy of each class of urllib3 below it, made on first use: of
the pool, which gives out connections, and of the connection, which sends. Both do what they did
before for every request that is not `underway`.

Written against urllib3 1.26 and 2; neither is imported.
"""

from __future__ import annotations

from contextvars import ContextVar
from functools import cache
from traceback import clear_frames
from typing import TYPE_CHECKING, Any, Final, NoReturn

from binance_creds.adapters._wire._request import API_KEY_HEADER, Outgoing
from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from binance_creds._credentials import Credentials
    from binance_creds.adapters._wire._request import Signed

__all__ = ["Underway", "become", "ready_pool", "underway"]

_KEY: Final = API_KEY_HEADER.lower()


class Underway:
    """A request on its way to a connection.

    Attributes:
        used: the snapshot that signed it last; `None` before, and for a public request.
    """

    __slots__ = ("is_dry", "sign", "used")

    def __init__(self, sign: Callable[[Outgoing], Signed], *, is_dry: bool) -> None:
        self.sign = sign
        self.is_dry = is_dry
        self.used: Credentials | None = None


underway: Final[ContextVar[Underway | None]] = ContextVar("binance_creds_underway", default=None)
"""What this thread sends now; it is signed."""


def become(thing: Any, kind: type) -> None:
    """Let an object have a class of this module in front of its own."""
    own: Any = type(thing)
    if not issubclass(own, kind):  # another thread may have been here
        thing.__class__ = _joined(kind, own)


@cache
def _joined(kind: type, base: type) -> type:
    return type(base.__name__, (kind, base), {"__module__": base.__module__})


def ready_pool(pool: Any) -> Any:
    """Return a pool of urllib3 whose connections sign."""
    if not isinstance(pool, _SigningPool):
        become(pool, _SigningPool)
    return pool


class _SigningPool:
    """Give out connections that sign."""

    def _get_conn(self, *arguments: Any, **options: Any) -> Any:
        connection = super()._get_conn(*arguments, **options)  # type: ignore[misc]  # of urllib3
        ours = underway.get()
        if ours is not None:
            if not hasattr(connection, "binance_creds_origin"):
                become(connection, _SigningConnection)
                connection.binance_creds_origin = _origin_of(self)
            if ours.is_dry:  # urllib3 connects some before it sends; this one goes nowhere
                connection.connect = _stay
                connection.is_verified = True
        return connection


class _SigningConnection:
    """Sign a request, and send it at once."""

    def request(
        self,
        method: str,
        url: str,
        body: Any = None,
        headers: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> None:
        """Send a request, signed if it is `underway`."""
        ours = underway.get()
        if ours is None:
            super().request(method, url, body=body, headers=headers, **options)  # type: ignore[misc]  # of urllib3
            return
        connection: Any = self
        if connection.sock is None:
            connection.connect()  # the last wait
        try:
            self._sign_and_send(ours, method, url, _bytes_of(body), headers or {}, options)
        except BaseException as error:
            _forget_locals(error)
            raise
        _show(connection, url)

    def request_chunked(self, *arguments: Any, **options: Any) -> None:  # pragma: no cover  # 1.26
        """Send a stream: the way of urllib3 1.26 past `request`."""
        if underway.get() is not None:
            _refuse_stream()
        super().request_chunked(*arguments, **options)  # type: ignore[misc]  # of urllib3

    def _sign_and_send(
        self,
        ours: Underway,
        method: str,
        url: str,
        body: bytes,
        headers: Mapping[str, Any],
        options: dict[str, Any],
    ) -> None:
        origin = self.binance_creds_origin if url.startswith("/") else ""  # type: ignore[attr-defined]  # of a pool
        key, kind, sent = _sorted(headers, has_body=bool(body))
        signed = ours.sign(Outgoing(method, origin + url, body, _text(kind), _text(key)))
        ours.used = signed.used
        if signed.body:
            sent["Content-Length"] = str(len(signed.body))
        if signed.api_key is not None:
            sent[API_KEY_HEADER] = signed.api_key.reveal()
        super().request(  # type: ignore[misc]  # of urllib3
            method, signed.url[len(origin) :], body=signed.body or None, headers=sent, **options
        )


def _sorted(headers: Mapping[str, Any], *, has_body: bool) -> tuple[Any, Any, dict[str, Any]]:
    """Return the key that was there, the content type, and all headers that are not replaced."""
    key, kind, kept = None, "", {}
    # Those of requests would look each of their names up again.
    stored: Mapping[str, tuple[str, Any]] | None = getattr(headers, "_store", None)
    pairs: Iterable[tuple[str, Any]] = headers.items() if stored is None else stored.values()
    for name, value in pairs:
        lowered = name.lower()
        if lowered == _KEY:
            key = value
        elif lowered != "content-length" or not has_body:
            kept[name] = value
            if lowered == "content-type":
                kind = value
    return key, kind, kept


def _show(connection: Any, url: str) -> None:
    """Let the response tell the address that the caller knows."""
    options = getattr(connection, "_response_options", None)  # not in urllib3 1.26
    if options is not None:  # pragma: no branch  # as the line above
        connection._response_options = options._replace(request_url=url)  # noqa: SLF001  # of urllib3


def _bytes_of(body: Any) -> bytes:
    if isinstance(body, str):
        return body.encode()
    if body is None or isinstance(body, bytes):
        return body or b""
    _refuse_stream()


def _refuse_stream() -> NoReturn:
    msg = "a streamed body cannot be signed."
    raise ConfigurationError(msg, hint="Send the parameters in the query or as a form.")


def _text(value: Any) -> Any:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _origin_of(pool: Any) -> str:
    host = f"[{pool.host}]" if ":" in pool.host else pool.host
    port = "" if pool.port is None else f":{pool.port}"
    return f"{pool.scheme}://{host}{port}"


def _stay() -> None:
    """Connect to nothing."""


def _forget_locals(error: BaseException) -> None:
    """Clear the frames that had the key, of an error and of those before it."""
    seen: BaseException | None = error
    while seen is not None:
        clear_frames(seen.__traceback__)
        seen = seen.__cause__ or seen.__context__
