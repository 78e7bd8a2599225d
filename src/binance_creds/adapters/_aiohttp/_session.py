"""Sessions of aiohttp that sign on the wire; ccxt, python-binance and the official SDK have one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from aiohttp import ClientRequest, ClientSession, ClientTimeout, ClientWebSocketResponse

from binance_creds.adapters._aiohttp._repeat import repeating
from binance_creds.adapters._aiohttp._request import Signing, look_for_no_login, signing_class
from binance_creds.adapters._aiohttp._socket import following_socket_class, signing_socket_class
from binance_creds.adapters._wire._request import API_KEY_HEADER, PLACEHOLDER_KEY
from binance_creds.errors import ConfigurationError, CredentialsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from binance_creds.adapters._aiohttp._request import Sign
    from binance_creds.adapters._aiohttp._socket import SignMessage
    from binance_creds.adapters._wire._attachment import Attachment
    from binance_creds.adapters._wire._rejected import Rejected
    from binance_creds.adapters._wire._sessions._link import Link
    from binance_creds.adapters._wire._signer import WireSigner

__all__ = ["attach_session", "prove", "unconnected_session"]

_DRY: Final = "https://127.0.0.1/api/v3/account"  # of the dry request, which goes nowhere
_KNOWN: Final = "aiohttp 3.10 to 3.14 are known."


def attach_session(
    attachment: Attachment,
    session: Any,
    sign: Sign,
    *,
    sign_message: SignMessage | None = None,
    link_for: Callable[[str], Link] | None = None,
    rejected: Rejected | None = None,
) -> None:
    """Let a session sign each request once it has got its connection.

    The requests of the caller, answers, exceptions and traces have neither key nor signature.
    Redirects are followed without them; this machine is reached through no proxy. A login of
    `.netrc` is not looked for.

    Args:
        attachment: where the changes are written down.
        session: an `aiohttp.ClientSession`, or of a class built on it.
        sign: `asign` of a `WireSigner` for requests that nobody has signed, `aresign` for those of
            a client with placeholders.
        sign_message: `asign_message` of it; then the session's WebSockets sign, too.
        link_for: makes what a WebSocket of the caller's own signs with, by its URL; instead of
            `sign_message`.
        rejected: reports what the exchange refuses, and repeats it perhaps; needs aiohttp 3.12.

    Raises:
        ConfigurationError: the session has another shape, or signs already.
    """
    kind: Any = getattr(session, "_request_class", None)
    socket: Any = getattr(session, "_ws_response_class", None)
    _check_shape(kind, socket)
    if issubclass(kind, Signing):
        msg = "this session signs already."
        raise ConfigurationError(msg, hint="Detach the adapter that it has, first.")
    attachment.set(session, "_request_class", signing_class(kind, sign))
    attachment.call_on_undo(look_for_no_login(session))
    if sign_message is not None:
        attachment.set(session, "_ws_response_class", signing_socket_class(socket, sign_message))
    if link_for is not None:
        attachment.set(session, "_ws_response_class", following_socket_class(socket, link_for))
    if rejected is not None:
        middlewares = getattr(session, "_middlewares", None)
        if middlewares is None:
            msg = "this version of aiohttp has no middlewares, which repeat a rejected request."
            raise ConfigurationError(msg, hint="Install aiohttp 3.12 or newer.")
        attachment.set(session, "_middlewares", (*middlewares, repeating(rejected)))


def prove(signer: WireSigner, session: Any, what: str) -> None:
    """Send a dry request that ends where it would be signed, before any connection.

    Args:
        signer: that of the session.
        session: which has been attached.
        what: the client, for the message.

    Raises:
        ConfigurationError: it did not come to the signer.
    """
    shadow = object.__new__(type(session))
    shadow.__dict__.update(session.__dict__)
    shadow.__dict__.update(
        _base_url=None,
        _connector=_NoConnector(),
        _trace_configs=[],
        _middlewares=(),
        _trust_env=False,
    )
    with signer.proving() as proof:
        dry = shadow._request(  # what all ways of asking end in
            "GET", _DRY, headers={API_KEY_HEADER: PLACEHOLDER_KEY}, timeout=ClientTimeout()
        )
        try:
            dry.send(None)
        except CredentialsError:
            raise
        except Exception:  # noqa: BLE001, S110  # whatever another version does there
            pass
        finally:
            dry.close()
            shadow.__dict__["_connector"] = None  # or it would be told of as not closed
    if not proof.is_reached:
        msg = f"{what} does not send its requests as aiohttp does."
        raise ConfigurationError(msg, hint=_KNOWN)


def unconnected_session() -> ClientSession:
    """Return a session for the running loop whose requests lead nowhere; `detach` ends it."""
    connector: Any = _NoConnector()
    connector._loop = asyncio.get_running_loop()  # noqa: SLF001  # what a session asks it for
    return ClientSession(connector=connector)


def _check_shape(kind: object, socket: object) -> None:
    is_known = (
        isinstance(kind, type)
        and issubclass(kind, ClientRequest)
        and isinstance(socket, type)
        and issubclass(socket, ClientWebSocketResponse)
    )
    if not is_known:
        msg = "this is no session of a known version of aiohttp."
        raise ConfigurationError(msg, hint=_KNOWN)


class _NoConnector:
    """Give a connection that leads nowhere."""

    allowed_protocol_schema_set = frozenset({"http", "https"})
    closed = False
    _loop = None
    _timeout_ceil_threshold = 5

    async def connect(self, *_: object, **__: object) -> _NoConnector:
        return self

    @property
    def protocol(self) -> _NoConnector:
        return self

    transport = protocol  # before aiohttp 3.12 it is looked at

    def set_response_params(self, **_: object) -> None:
        """Nothing is answered."""

    def close(self) -> None:
        self.closed = True
