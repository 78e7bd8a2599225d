"""Put the signing into a session of requests, and take it out again.

The session gets a class of its own, in front of the one that it has, so that adapters that are
mounted later and copies of the session sign, too.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn

from binance_creds._loopback import is_loopback_url
from binance_creds.adapters._sessions._connections import Underway, become, ready_pool, underway
from binance_creds.adapters._wire._request import API_KEY_HEADER
from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from binance_creds.adapters._wire._attachment import Attachment
    from binance_creds.adapters._wire._rejected import Rejected
    from binance_creds.adapters._wire._request import Outgoing, Signed
    from binance_creds.adapters._wire._signer import WireSigner

__all__ = ["attach_session", "proving"]

_is_dry: ContextVar[bool] = ContextVar("binance_creds_is_dry", default=False)
_FOLLOWED: Final = "binance_creds_followed"  # set on a request that a redirect led to
_REFUSED: Final = 400


def attach_session(
    attachment: Attachment,
    session: Any,
    sign: Callable[[Outgoing], Signed],
    *,
    check: Callable[[str], None] | None = None,
    rejected: Rejected | None = None,
) -> None:
    """Let a `requests.Session` sign each request where it gets its connection.

    The caller's requests, `response.request`, exceptions and the log of urllib3 have neither key
    nor signature. A redirect is followed without them; Binance sends none. A request to this
    machine goes through no proxy. A login of `.netrc` is not looked for, which the entry `default`
    of that file would give to the exchange. Copies of the session sign; pickling one fails.

    Args:
        attachment: undoes it.
        session: of requests, or of a class of somebody who built on it.
        sign: `WireSigner.sign`, or `resign` where the client signs with placeholders.
        check: `WireSigner.check`, where all that the session sends is for the exchange: it then
            connects to nobody else.
        rejected: is told of what the exchange accepted and refused.

    Raises:
        ConfigurationError: it is no session of requests, or signs already.
    """
    kind = type(session)
    if not all(hasattr(kind, name) for name in ("__attrs__", "get_adapter", "rebuild_auth")):
        msg = f"this is no session of requests, but {kind.__module__}.{kind.__qualname__}."
        raise ConfigurationError(msg, hint="Pass a requests.Session.")
    if isinstance(session, _SigningSession):
        msg = "this session signs already."
        raise ConfigurationError(msg, hint="Detach it first.")
    if session.auth is None:
        attachment.set(session, "auth", _without_login)
    attachment.set(session, "_binance_creds", _Way(sign, check, rejected))
    attachment.set(session, "__class__", _joined(kind))


@contextmanager
def proving(signer: WireSigner, client: str) -> Iterator[None]:
    """Prove that a request within the block comes where it is signed. Nothing connects.

    Args:
        signer: that the session has.
        client: what is attached to, for the message.

    Raises:
        ConfigurationError: the block ended in another way.
    """
    with signer.proving() as proof, _dry():
        try:
            yield
        except ConfigurationError:
            raise
        except Exception:  # noqa: BLE001, S110  # of a client that goes an unknown way; see below
            pass
    if not proof.is_reached:
        msg = f"a request of {client} does not come where it would be signed."
        raise ConfigurationError(msg, hint="Known are requests 2.32 and urllib3 1.26 and 2.")


@contextmanager
def _dry() -> Iterator[None]:
    token = _is_dry.set(True)
    try:
        yield
    finally:
        _is_dry.reset(token)


class _Way(NamedTuple):
    """How the requests of one session are signed; its copies share it."""

    sign: Callable[[Outgoing], Signed]
    check: Callable[[str], None] | None
    rejected: Rejected | None

    def __deepcopy__(self, memo: object) -> _Way:
        return self

    def __reduce__(self) -> NoReturn:
        msg = "a session that signs cannot be pickled: it holds credentials"
        raise TypeError(msg)


class _SigningSession:
    """Give out adapters that sign."""

    _binance_creds: _Way

    def get_adapter(self, url: str) -> _SigningWay:
        return _SigningWay(super().get_adapter(url), self._binance_creds)  # type: ignore[misc]  # of requests

    def rebuild_auth(self, prepared_request: Any, response: Any) -> None:
        """Let a redirect be followed without the key."""
        super().rebuild_auth(prepared_request, response)  # type: ignore[misc]  # of requests
        prepared_request.headers.pop(API_KEY_HEADER, None)
        setattr(prepared_request, _FOLLOWED, True)


def _without_login(request: Any) -> Any:
    """Stand where a session without a login would look for one in `.netrc`, for each request."""
    return request


def _joined(kind: Any) -> type:
    attributes = [*kind.__attrs__, "_binance_creds"]  # what a copy of the session has
    members = {"__attrs__": attributes, "__module__": __name__}
    return type(kind.__name__, (_SigningSession, kind), members)


class _SigningWay:
    """A transport adapter of requests, for one request of one session."""

    __slots__ = ("_adapter", "_way")

    def __init__(self, adapter: Any, way: _Way) -> None:
        self._adapter = adapter
        self._way = way

    def send(self, request: Any, **options: Any) -> Any:
        """Send a request, signed."""
        if is_loopback_url(request.url):
            options["proxies"] = {}
        if hasattr(request, _FOLLOWED):
            return self._adapter.send(request, **options)
        if self._way.check is not None:
            self._way.check(request.url)
        if not isinstance(self._adapter, _SigningAdapter):
            _check_adapter(self._adapter)
            become(self._adapter, _SigningAdapter)
        response, used = self._sent(request, options)
        rejected = self._way.rejected
        if rejected is None:
            return response
        if response.status_code < _REFUSED:
            rejected.accepted(used)
        elif rejected.again(response, used):
            response, _ = self._sent(request, options)
        return response

    def _sent(self, request: Any, options: dict[str, Any]) -> tuple[Any, Any]:
        ours = Underway(self._way.sign, is_dry=_is_dry.get())
        token = underway.set(ours)
        try:
            response = self._adapter.send(request, **options)
        finally:
            underway.reset(token)
        return response, ours.used


class _SigningAdapter:
    """Give out pools whose connections sign. Pickled or copied, it is what it was before."""

    def __reduce_ex__(self, protocol: object) -> Any:
        own = type(self).__mro__[2]  # behind the joined class and this one
        return object.__new__, (own,), self.__getstate__()

    def get_connection_with_tls_context(self, *arguments: Any, **options: Any) -> Any:
        return ready_pool(super().get_connection_with_tls_context(*arguments, **options))  # type: ignore[misc]  # of requests


def _check_adapter(adapter: Any) -> None:
    if not hasattr(adapter, "get_connection_with_tls_context"):
        kind = type(adapter)
        msg = f"the adapter {kind.__module__}.{kind.__qualname__} is none of urllib3."
        raise ConfigurationError(msg, hint="Mount a requests.adapters.HTTPAdapter.")
