"""`Line`: one request after the other over httpx, signed or not, and what the exchange said.

The requests go straight through a transport of httpx: a client of httpx would log each signed
address at INFO, and follow redirects with the key. A transport logs neither address nor headers of
a request. Exceptions of httpx are left behind where they are caught, because the frames of their
tracebacks hold the request.
"""

from __future__ import annotations

import json
import os
import ssl
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal, NamedTuple
from urllib.parse import quote, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from binance_creds._loopback import is_loopback_url
from binance_creds._secret import Secret
from binance_creds.exchange._rejection import Meaning, Rejection, rejection_of
from binance_creds.signers import rest_query

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Self

    from binance_creds._credentials import Credentials
    from binance_creds._time._deadline import Deadline
    from binance_creds.exchange._memo import Pauses

__all__ = ["Answer", "Line"]

_KEY_HEADER: Final = "X-MBX-APIKEY"
_LARGEST_BODY: Final = 8_388_608  # bytes; the account of a busy trader has some hundred thousand
_SHORTEST_SECONDS: Final = 0.001  # httpx takes zero for "no limit"
_OK: Final = range(200, 300)
_LATE: Final = "there was no answer in time"
_FOREIGN: Final = "the answer is not one of the exchange (no JSON object)"


class Answer(NamedTuple):
    """What came back. Its `repr` shows no body.

    Attributes:
        rejection: what the exchange says against the request; `None` where it did it.
        body: the JSON object that was answered, or `None`.
        silence: why there is no answer of the exchange; empty where there is one.
    """

    rejection: Rejection | None = None
    body: Mapping[str, object] | None = None
    silence: str = ""

    @property
    def is_served(self) -> bool:
        """Whether the exchange did what it was asked for."""
        return self.rejection is None and not self.silence

    @property
    def code(self) -> int | None:
        """The exchange's error code."""
        return self.rejection.code if self.rejection else None

    @property
    def meaning(self) -> Meaning | None:
        """What a rejection is about."""
        return self.rejection.meaning if self.rejection else None

    @property
    def message(self) -> str:
        """The exchange's own words."""
        said = (self.body or {}).get("msg")
        return said if isinstance(said, str) else ""

    def __repr__(self) -> str:
        return f"Answer({self.rejection}, silence={self.silence!r})"


class _Wanted(NamedTuple):
    """A request before it is signed."""

    method: str
    address: str
    path: str
    query: str = ""


class Line:
    """Ask one exchange, until a deadline. For one thread; close it after use.

    A proxy of the environment is used as by any client of httpx, but never for this machine. A host
    that has asked for a pause is not asked before it is over.
    """

    def __init__(self, deadline: Deadline, pauses: Pauses) -> None:
        self._deadline, self._pauses = deadline, pauses
        self._transports: dict[str, httpx.HTTPTransport] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for transport in self._transports.values():
            transport.close()

    def open(self, address: str, path: str) -> Answer:
        """Ask what needs no key."""
        return self._asked(_Wanted("GET", address, path), None)

    def signed(self, address: str, path: str, timestamp_ms: int, used: Credentials) -> Answer:
        """Ask with a key and its signature.

        Args:
            address: of the host.
            path: of the endpoint.
            timestamp_ms: of the exchange's clock.
            used: the one snapshot that key and signature are from.
        """
        query = f"timestamp={timestamp_ms}&recvWindow=5000"
        return self._asked(_Wanted("GET", address, path, query), used)

    def changed(
        self,
        method: Literal["POST", "DELETE"],
        address: str,
        path: str,
        parameters: Mapping[str, str | Secret],
        used: Credentials,
    ) -> Answer:
        """Ask for a change, once: it is not repeated where there is no answer.

        Args:
            method: a POST has its parameters in the body.
            address: as for `signed`.
            path: as for `signed`.
            parameters: with the timestamp.
            used: as for `signed`.
        """
        plain = {n: v.reveal() if isinstance(v, Secret) else v for n, v in parameters.items()}
        return self._asked(_Wanted(method, address, path, rest_query(plain)), used)

    def _asked(self, wanted: _Wanted, used: Credentials | None) -> Answer:
        if self._deadline.is_over:
            return Answer(silence=_LATE)
        pause = self._pauses.seconds(wanted.address)
        if pause:
            return Answer(Rejection(Meaning.LIMIT, wait_seconds=pause))
        answer = self._sent(wanted, used)
        if answer.rejection is not None:
            self._pauses.start(wanted.address, answer.rejection.wait_seconds)
        return answer

    def _sent(self, wanted: _Wanted, used: Credentials | None) -> Answer:
        try:
            request = self._request(wanted, used)
            response = self._transport(wanted.address).handle_request(request)
            try:
                return _read(response, self._deadline)
            finally:
                response.close()
        except httpx.TimeoutException:
            silence = _LATE
        except httpx.DecodingError:  # compressed, as it says, and it is not
            silence = _FOREIGN
        except Exception as error:  # noqa: BLE001  # such as of a proxy with an unknown scheme
            silence = _silence_of(error)
        return Answer(silence=silence)

    def _request(self, wanted: _Wanted, used: Credentials | None) -> httpx.Request:
        url, query = f"{wanted.address}{wanted.path}", wanted.query
        headers = {"Accept": "application/json", "User-Agent": "binance-creds"}
        if used is not None:
            headers[_KEY_HEADER] = used.api_key.reveal()
            query = f"{query}&signature={quote(used.sign(query.encode('ascii')), safe='')}"
        seconds = max(_SHORTEST_SECONDS, self._deadline.remaining_seconds)
        limit = {"timeout": httpx.Timeout(seconds).as_dict()}
        if wanted.method == "POST":
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            content = query.encode("ascii")
            return httpx.Request("POST", url, headers=headers, content=content, extensions=limit)
        url = f"{url}?{query}" if query else url
        return httpx.Request(wanted.method, url, headers=headers, extensions=limit)

    def _transport(self, address: str) -> httpx.HTTPTransport:
        if address not in self._transports:
            trusted = _authorities(*map(os.environ.get, ("SSL_CERT_FILE", "SSL_CERT_DIR")))
            self._transports[address] = httpx.HTTPTransport(
                verify=trusted, proxy=_proxy_of(address)
            )
        return self._transports[address]


@lru_cache(maxsize=1)
def _authorities(*variables: str | None) -> ssl.SSLContext:
    """Return what decides which certificates are accepted; reading them takes 20 ms.

    Args:
        variables: of the environment that httpx reads for it.
    """
    del variables
    return httpx.create_ssl_context()


def _proxy_of(address: str) -> str | None:
    """Return the proxy that the environment names for an address, or `None`."""
    parts = urlsplit(address)
    if is_loopback_url(address) or proxy_bypass(parts.netloc):
        return None
    proxies = getproxies()
    found = proxies.get(parts.scheme) or proxies.get("all")
    return f"http://{found}" if found and "://" not in found else found


def _read(response: httpx.Response, deadline: Deadline) -> Answer:
    body = _json(_whole(response.iter_bytes(), deadline))
    status = response.status_code
    code = None if body is None else body.get("code")
    if isinstance(code, int) and code < 0:
        said = {"code": code, "msg": body.get("msg") if body else None}
        about = {"status_code": status, "headers": response.headers}
        return Answer(rejection_of(said | about), body)
    if status not in _OK:
        return Answer(rejection_of({"status_code": status, "headers": response.headers}))
    if body is None:
        return Answer(silence=_FOREIGN)
    return Answer(None, body)


def _whole(parts: Iterator[bytes], deadline: Deadline) -> bytes:
    """Return a body; nothing if it is too long, or takes too long."""
    found = bytearray()
    for part in parts:
        found += part
        if len(found) > _LARGEST_BODY or deadline.is_over:
            return b""
    return bytes(found)


def _json(text: bytes) -> Mapping[str, object] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):  # a page of a firewall, or the half of an answer
        return None
    return found if isinstance(found, dict) else None


def _silence_of(error: BaseException) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return "its certificate was not accepted"
        cause = cause.__cause__ or cause.__context__
    return f"it cannot be reached ({type(error).__name__})"
