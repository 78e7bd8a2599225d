"""The code behind `requests`; it needs the SDK."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.request import getproxies

from requests import PreparedRequest, Session
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from requests.utils import select_proxy, should_bypass_proxies

from binance_creds._loopback import is_loopback_url
from binance_creds.adapters._sessions import attach_session, proving
from binance_creds.adapters._wire._attachment import Attachment
from binance_creds.adapters._wire._rejected import Rejected
from binance_creds.adapters._wire._request import API_KEY_HEADER, Outgoing
from binance_creds.adapters._wire._signer import DEFAULT_RECV_WINDOW_MS, WireSigner
from binance_creds.adapters._wire._targets import refuse_login, refuse_proxy
from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from requests import Response

    from binance_creds._credentials import Credentials
    from binance_creds._credentials_handle import CredentialsHandle
    from binance_creds.exchange import Security

__all__ = ["BinanceAuth", "attach", "client"]

_DRY: Final = "https://127.0.0.1/api/v3/account"  # of the dry request, which goes nowhere


def client(
    credentials: CredentialsHandle,
    *,
    hosts: Collection[str] = (),
    clock: Callable[[], float] | None = None,
    retry_rejected: bool = False,
    recv_window_ms: int = DEFAULT_RECV_WINDOW_MS,
    security: Security | None = None,
    **options: Any,
) -> Session:
    """Return a `requests.Session` that signs each request where it gets its connection.

    Args:
        credentials: credentials, or a handle that has them.
        hosts: as of `attach`, like `clock`, `retry_rejected`, `recv_window_ms` and `security`.
        clock: see above.
        retry_rejected: see above.
        recv_window_ms: see above.
        security: see above.
        options: of `requests.adapters.HTTPAdapter`, such as `pool_maxsize`.
    """
    session = Session()
    if options:
        session.mount("https://", HTTPAdapter(**options))
        session.mount("http://", HTTPAdapter(**options))
    attach(
        session,
        credentials,
        hosts=hosts,
        clock=clock,
        retry_rejected=retry_rejected,
        recv_window_ms=recv_window_ms,
        security=security,
    )
    return session


def attach(
    session: Session,
    credentials: CredentialsHandle,
    *,
    hosts: Collection[str] = (),
    clock: Callable[[], float] | None = None,
    retry_rejected: bool = False,
    recv_window_ms: int = DEFAULT_RECV_WINDOW_MS,
    security: Security | None = None,
) -> Callable[[], None]:
    """Let a session of your own sign each request where it gets its connection.

    That is after every wait, for a connection of the pool, too, and anew where urllib3 repeats a
    request. One snapshot of the credentials a request, so a rotation never mixes key and
    signature. Threads may share the session. Your requests, `response.request`, exceptions and logs
    have neither key nor signature; a redirect is followed without them; a request to this machine
    goes through no proxy; a login of `.netrc` goes nowhere. Copies of the session sign, and cannot
    be pickled.

    Args:
        session: of requests, or of a class built on it.
        credentials: credentials, or a handle that has them.
        hosts: hosts that may get the key besides those of the environment and loopback.
        clock: seconds since the epoch; add your offset to the exchange's time here.
        retry_rejected: sign and send once more what a live handle has a better pair for.
        recv_window_ms: how long a request stays valid that does not say so itself, 1 to 60000 ms.
        security: what each of its endpoints needs; by default a table of paths tells public,
            key-only and signed ones apart.

    Returns:
        A function that takes it out again; a second call does nothing.

    Raises:
        ConfigurationError: it is no session of requests, signs already, has a login (`auth`) and no
            `hosts` for it, or sends in another way than requests and urllib3 do; nothing has
            changed then.
    """
    signer = WireSigner(credentials, hosts=hosts, clock=clock, recv_window_ms=recv_window_ms)
    login = getattr(session, "auth", None)  # it may be no session
    sign = partial(signer.sign, security=security)
    rejected = Rejected(signer, retry=retry_rejected)
    with Attachment() as attachment:
        attach_session(attachment, session, sign, check=signer.check, rejected=rejected)
        refuse_login(login, hosts)
        with proving(signer, "this session"):
            session.get(_DRY, timeout=1)
    return attachment.detach


class BinanceAuth(AuthBase):
    """Add key, timestamp, recvWindow and signature to each request: the simple way.

    One snapshot of the credentials a request, so a rotation never mixes key and signature. Threads
    may share it. Signed is the query and body as they are sent. It signs before requests looks for
    a connection: where the pool blocks, or urllib3 repeats requests, use `attach`, which signs
    later. Once a request is answered, `response.request` has no key, and a redirect is followed
    without it.

    Args:
        credentials: credentials, or a handle that has them.
        recv_window_ms: how long a request stays valid, 1 to 60000 ms.
        hosts: hosts that may get the key besides those of the environment and loopback.
        clock: seconds since the epoch; add your offset to the exchange's time here.
        security: what each endpoint needs; by default a table of paths tells public, key-only and
            signed ones apart.

    Raises:
        ConfigurationError: when called, if the request would take the key elsewhere, or to this
            machine through a proxy of the environment, or if its body is no form.
    """

    def __init__(
        self,
        credentials: CredentialsHandle,
        *,
        recv_window_ms: int = DEFAULT_RECV_WINDOW_MS,
        hosts: Collection[str] = (),
        clock: Callable[[], float] | None = None,
        security: Security | None = None,
    ) -> None:
        self._signer = WireSigner(
            credentials, hosts=hosts, recv_window_ms=recv_window_ms, clock=clock
        )
        self._security = security
        self._reported = Rejected(self._signer)

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Sign a prepared request; requests calls this."""
        url = request.url or ""
        if is_loopback_url(url) and _has_proxy(url):
            refuse_proxy(url)
        body = request.body or b""
        if not isinstance(body, str | bytes):
            msg = "a streamed body cannot be signed."
            raise ConfigurationError(msg, hint="Send the parameters in the query or as a form.")
        outgoing = Outgoing(
            request.method or "",
            url,
            body.encode() if isinstance(body, str) else body,
            str(request.headers.get("Content-Type", "")),
        )
        signed = self._signer.sign(outgoing, security=self._security)
        request.url = signed.url
        if signed.api_key is not None:
            request.headers[API_KEY_HEADER] = signed.api_key.reveal()
            request.register_hook("response", partial(self._answered, signed.used))
        return request

    def _answered(self, used: Credentials | None, response: Response, **_: object) -> None:
        if response.ok:
            self._reported.accepted(used)
        _hide_key(response)


def _has_proxy(url: str) -> bool:
    """Return whether the environment names a proxy, as requests reads it."""
    is_named = select_proxy(url, getproxies()) is not None
    return is_named and not should_bypass_proxies(url, no_proxy=None)


def _hide_key(response: Response) -> None:
    """Take the key off the request of an answer; responses and exceptions carry it along.

    The request itself keeps it, and can be sent again. Except where requests would copy it into a
    redirect, to any host.
    """
    if not response.is_redirect:
        shown = PreparedRequest()
        vars(shown).update(vars(response.request), headers=response.request.headers.copy())
        response.request = shown
    response.request.headers.pop(API_KEY_HEADER, None)
