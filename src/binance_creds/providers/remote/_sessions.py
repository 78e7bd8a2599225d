"""Sessions of requests that ask a store: with its own login, and directly on this machine."""

from __future__ import annotations

from typing import Any

from binance_creds._loopback import bypass_proxies

__all__ = ["keep_to_its_login"]


def keep_to_its_login(session: Any) -> None:
    """Let a session reach this machine past every proxy, and send no login of a `.netrc`.

    requests looks for that file before each request. A login there for the host, or for every host,
    would take the place of the token, and go to a server that did not ask for it.

    Args:
        session: a `requests.Session`; its callers give the login as a header.
    """
    bypass_proxies(session)
    session.auth = _nothing_more

    def rebuild_auth(request: Any, response: Any) -> None:
        """Take the token away from a redirect to elsewhere, as requests does."""
        is_elsewhere = session.should_strip_auth(response.request.url, request.url)
        if is_elsewhere and "Authorization" in request.headers:
            del request.headers["Authorization"]

    session.rebuild_auth = rebuild_auth


def _nothing_more(request: Any) -> Any:
    return request
