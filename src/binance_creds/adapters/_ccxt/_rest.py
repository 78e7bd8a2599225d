"""What stands in front of the classes of ccxt: sessions that sign, and errors that are true."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from ccxt.base.errors import AuthenticationError, DDoSProtection

from binance_creds.adapters._aiohttp._session import attach_session as attach_aiohttp
from binance_creds.adapters._ccxt._socket import signing_messages
from binance_creds.adapters._sessions import attach_session as attach_requests
from binance_creds.adapters._wire._request import API_KEY_HEADER

if TYPE_CHECKING:
    from binance_creds.adapters._ccxt._way import Way
    from binance_creds.adapters._wire._attachment import Attachment

__all__ = ["AsyncExchange", "SyncExchange", "joined"]

_KEY_REFUSED: Final = ("-2015", "-2014", "-2008")


@cache
def joined(front: Any, kind: Any) -> Any:
    """Return a class of ccxt with one of this module in front of it."""
    return type(kind.__name__, (front, kind), {"__module__": kind.__module__})


class _Exchange:
    """Refuse a foreign host before anything connects; tell a refused key from a ban."""

    _binance_creds: Way | None = None  # of another object of the same class

    def sign(self, *arguments: Any, **options: Any) -> Any:
        """Return a request, signed with placeholders where it needs a key."""
        request = super().sign(*arguments, **options)  # type: ignore[misc]  # of ccxt
        if self._binance_creds is not None and API_KEY_HEADER in (request["headers"] or ()):
            self._binance_creds.signer.check(request["url"])
        return request

    def handle_errors(self, *arguments: Any, **options: Any) -> Any:
        """Raise what an answer says."""
        try:
            return super().handle_errors(*arguments, **options)  # type: ignore[misc]  # of ccxt
        except DDoSProtection as error:
            # ccxt takes -2015 for a ban as soon as one request has succeeded.
            said = str(error)
            if not any(f'"code":{code}' in said.replace(" ", "") for code in _KEY_REFUSED):
                raise
        raise AuthenticationError(said)


class SyncExchange(_Exchange):
    """Sign what the session of an exchange sends."""

    session: Any

    def fetch(self, *arguments: Any, **options: Any) -> Any:
        """Send a request."""
        if self._binance_creds is not None:
            self._binance_creds.ready(self.session, _attach_requests)
        return super().fetch(*arguments, **options)  # type: ignore[misc]  # of ccxt


class AsyncExchange(_Exchange):
    """Sign what the sessions of an exchange send."""

    session: Any

    def open(self, *arguments: Any, **options: Any) -> None:
        """Make the session, unless there is one; ccxt calls this before each request."""
        super().open(*arguments, **options)  # type: ignore[misc]  # of ccxt
        if self._binance_creds is not None:
            self._binance_creds.ready(self.session, _attach_aiohttp)

    def get_socks_proxy_session(self, *arguments: Any, **options: Any) -> Any:
        """Return the session for a proxy."""
        session = super().get_socks_proxy_session(*arguments, **options)  # type: ignore[misc]  # of ccxt
        if self._binance_creds is not None:
            self._binance_creds.ready(session, _attach_aiohttp)
        return session


def _attach_requests(attachment: Attachment, session: Any, way: Way) -> None:
    attach_requests(attachment, session, way.signer.resign, rejected=way.rejected)


def _attach_aiohttp(attachment: Attachment, session: Any, way: Way) -> None:
    attach_aiohttp(
        attachment,
        session,
        way.signer.aresign,
        sign_message=signing_messages(way.signer),
        rejected=way.rejected,
    )
