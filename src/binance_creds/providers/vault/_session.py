"""A client of HashiCorp Vault or OpenBao that is logged in, and stays so.

hvac logs in when told and does nothing afterwards; this renews the token before two thirds of its
life are over, and logs in anew where a token cannot be renewed.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin, urlsplit

import hvac
import hvac.exceptions
import requests
import requests.adapters

from binance_creds._secret import Secret
from binance_creds.errors import ConfigurationError
from binance_creds.providers.remote._call import (
    ATTEMPT_SECONDS,
    CONNECT_SECONDS,
    SIGNING_LANES,
)
from binance_creds.providers.remote._client_pool import ClientPool
from binance_creds.providers.remote._sessions import keep_to_its_login
from binance_creds.providers.vault._answers import refuse_foreign
from binance_creds.providers.vault._errors import refused_login
from binance_creds.providers.vault._login import Attempt, granted_by, life_of
from binance_creds.providers.vault._methods import METHODS

if TYPE_CHECKING:
    from collections.abc import Callable

    from binance_creds.providers.vault._login import Granted, VaultLogin

__all__ = ["SESSIONS", "VaultSession", "connected"]

_RENEW_AFTER: Final = 0.6  # of a token's life; two thirds are the promise
_REFUSALS: Final = (
    hvac.exceptions.InvalidPath,
    hvac.exceptions.InvalidRequest,
    hvac.exceptions.Unauthorized,
    hvac.exceptions.Forbidden,
)


class VaultSession:
    """Keep one hvac client with a token that is good for some time. Threads may share it.

    Args:
        login: who asks.
        clock: monotonic seconds.
        kept: what a session before had that can be had only once.
    """

    def __init__(
        self,
        login: VaultLogin,
        *,
        clock: Callable[[], float] = time.monotonic,
        kept: dict[str, Secret] | None = None,
    ) -> None:
        self._login = login
        self._clock = clock
        self._lock = threading.Lock()  # guards the five below; held while logging in
        self._client: hvac.Client | None = None
        self._logged_in_at = 0.0
        self._renew_at = self._ends_at = float("inf")
        self._is_renewable = False
        self._kept = {} if kept is None else kept  # such as an unwrapped secret id
        self.mounts: dict[str, int] = {}  # what was found out: mount to version of KV

    def successor(self) -> VaultSession:
        """Return a session that is not logged in. Takes no lock: a login may hang in this one."""
        return VaultSession(self._login, clock=self._clock, kept=self._kept)

    def client(self) -> hvac.Client:
        """Return the client, logged in, renewed if it is time.

        While one thread renews a token, the others use it for as long as it lives: no order waits
        for a renewal, or fails because that hangs.

        Raises:
            AuthenticationError: the login is refused, or nothing to log in with was found.
        """
        held = self._client
        is_good = held is not None and self._clock() < self._ends_at
        if not self._lock.acquire(blocking=not is_good) and held is not None:
            return held
        try:
            if self._client is None:
                self._log_in()
            elif self._clock() >= self._renew_at:
                self._renew()
            return self._client
        finally:
            self._lock.release()

    def log_in_again(self, *, since: float) -> bool:
        """Log in anew unless that happened since a time of the clock; return whether it helps.

        A token that is configured is read again; the same one is not tried twice.
        """
        with self._lock:
            if self._logged_in_at > since:
                return True
            before = Secret(self._client.token or "") if self._client is not None else None
            self._log_in()
            return before is None or before != Secret(self._client.token or "")  # type: ignore[union-attr]  # set by _log_in

    def _log_in(self) -> None:
        client = connected(self._login)
        granted = self._granted(client)
        client.token = granted.token.reveal()
        if self._login.method == "token":
            granted = life_of(granted, client)
        self._adopt(client, granted)

    def _granted(self, client: hvac.Client) -> Granted:
        method = METHODS[self._login.method]
        try:
            return method.log_in(Attempt(self._login, client, self._kept))
        except _REFUSALS as error:
            refusal = refused_login(error, self._login.method, method.hint)
        raise refusal

    def _adopt(self, client: hvac.Client, granted: Granted) -> None:
        now = self._clock()
        self._client, self._logged_in_at, self._is_renewable = client, now, granted.is_renewable
        ttl = granted.ttl_seconds
        self._ends_at = now + ttl if ttl > 0 else float("inf")
        self._renew_at = now + ttl * _RENEW_AFTER if ttl > 0 else float("inf")

    def _renew(self) -> None:
        """Renew, or log in anew where the token is at the end of its longest life."""
        client, granted = self._client, None
        if self._is_renewable and client is not None:
            try:
                granted = granted_by(client.auth.token.renew_self())
            except hvac.exceptions.VaultError:
                granted = None
        began_with = (self._renew_at - self._logged_in_at) / _RENEW_AFTER
        if client is None or granted is None or granted.ttl_seconds < began_with / 2:
            self._log_in()
        else:
            self._adopt(client, granted)


def connected(login: VaultLogin) -> hvac.Client:
    """Return a client without a token: what hvac reads from the environment is given here."""
    session = requests.Session()
    for scheme in ("https://", "http://"):  # a connection for each signature that is awaited
        session.mount(scheme, requests.adapters.HTTPAdapter(pool_maxsize=SIGNING_LANES))
    keep_to_its_login(session)
    session.hooks["response"] += [_refuse_downgrade, refuse_foreign]
    certificate = login.variable("CLIENT_CERT")
    if certificate:
        session.cert = (certificate, login.variable("CLIENT_KEY") or certificate)
    # hvac overrules its own arguments by what the session has.
    session.verify = login.variable("CACERT") or login.variable("CAPATH") or True
    return hvac.Client(
        url=login.address,
        token="",
        namespace=login.namespace,
        timeout=(CONNECT_SECONDS, ATTEMPT_SECONDS),  # pyright: ignore[reportArgumentType]  # requests takes a pair
        session=session,
    )


def _refuse_downgrade(response: requests.Response, **_: object) -> None:
    """Stop before the token follows a redirect from https to http, as Vault's own client does."""
    location = response.headers.get("Location") if response.is_redirect else None
    if location and urlsplit(response.url).scheme == "https":
        target = urljoin(response.url, location)
        if urlsplit(target).scheme != "https":
            response.close()
            msg = "the server redirects from https to http."
            raise ConfigurationError(msg, hint="Check api_addr of the cluster.")


SESSIONS: Final = ClientPool[VaultSession]()
"""Of the process, by login."""
