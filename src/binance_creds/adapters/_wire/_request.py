"""A REST request as it leaves, and the exact text of it that is signed.

Signed is what is sent: the percent-encoded query, directly followed by the body.
Source: binance-spot-api-docs a5e0bc3d, rest-api.md, SIGNED endpoint security.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import quote

from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from binance_creds._credentials import Credentials
    from binance_creds._secret import Secret

__all__ = [
    "API_KEY_HEADER",
    "FORM",
    "PLACEHOLDER_KEY",
    "PLACEHOLDER_SECRET",
    "Outgoing",
    "Signed",
    "Unsigned",
    "encoded",
    "has_signature",
    "in_query",
    "stamped",
    "stamped_anew",
    "timed",
]

API_KEY_HEADER: Final = "X-MBX-APIKEY"
FORM: Final = "application/x-www-form-urlencoded"
# What a client is built with. Where it passes the adapter by, the exchange answers -2014: a
# malformed key, never a key with another's signature.
PLACEHOLDER_KEY: Final = "binance-creds-signs-this-request-where-it-leaves"
PLACEHOLDER_SECRET: Final = "placeholder-of-binance-creds"  # noqa: S105  # signs nothing

_OURS: Final = re.compile(r"(?:^|&)(signature|timestamp|recvWindow)=")
_NOT_ENCODED: Final = re.compile(r"[^A-Za-z0-9\-._~!$&'()*+,;=:@/?%]|%(?![0-9A-F]{2})")
_PERCENT: Final = re.compile(r"%([0-9a-fA-F]{2})?")
_HEX_DIGITS: Final = 64  # of HMAC-SHA256; each signature in base64 is longer
_IN_MICROSECONDS: Final = re.compile("timestamp=[0-9]{16}")  # in milliseconds it has 13 digits
_KEPT: Final = "%!$&'()*+,;=:@/?~"
_PLAIN: Final = bytes(byte for byte in range(128) if not _NOT_ENCODED.match(chr(byte)))


class Outgoing(NamedTuple):
    """A request that is about to leave. Its `repr` shows no query, body or key.

    Attributes:
        method: such as `GET`.
        url: with the query, as it will be sent.
        body: as it will be sent.
        content_type: of the body; empty where nobody has set one.
        api_key: the header that it has already, or `None`.
    """

    method: str
    url: str
    body: bytes = b""
    content_type: str = ""
    api_key: str | None = None

    def __repr__(self) -> str:
        return f"Outgoing({self.method} {self.url.partition('?')[0]})"


class Signed(NamedTuple):
    """What to send instead. Its `repr` shows neither key nor signature.

    Attributes:
        url: with the query.
        body: to send.
        api_key: for the header; `None` where it must not have one.
        used: the snapshot that signed it; `None` for a public request.
    """

    url: str
    body: bytes
    api_key: Secret | None = None
    used: Credentials | None = None

    def __repr__(self) -> str:
        return f"Signed({self.url.partition('?')[0]})"


class Unsigned(NamedTuple):
    """A request with its timestamp, which lacks the signature alone."""

    base: str
    query: str
    body: bytes
    is_in_body: bool

    @property
    def payload(self) -> bytes:
        """What is signed."""
        return self.query.encode("ascii") + self.body

    def signed(self, signature: str, used: Credentials) -> Signed:
        """Return the request with its signature, where its client expects it."""
        ending = f"signature={in_query(signature)}"
        query, body = self.query, self.body
        if self.is_in_body:
            body = (body + b"&" if body else b"") + ending.encode("ascii")
        else:
            query = f"{query}&{ending}" if query else ending
        return Signed(f"{self.base}?{query}" if query else self.base, body, used.api_key, used)

    def __repr__(self) -> str:
        return f"Unsigned({self.base})"


def has_signature(request: Outgoing) -> bool:
    """Return whether its client has signed a request, in the query or in the body."""
    return "signature=" in request.url or (
        b"signature=" in request.body and request.content_type.startswith(FORM)
    )


def stamped(request: Outgoing, *, timestamp_ms: int, recv_window_ms: int) -> Unsigned:
    """Return a request of somebody who leaves the signing to us.

    Args:
        request: its query may be empty; a timestamp or recvWindow that it has is kept.
        timestamp_ms: milliseconds since the epoch.
        recv_window_ms: how long the request stays valid, in milliseconds.

    Raises:
        ConfigurationError: it is signed already, or its body is no form.
    """
    base, _, query = request.url.partition("#")[0].partition("?")
    if request.body:
        _check_body(request)
    query = timed(encoded(query) if query else "", request.body, timestamp_ms, recv_window_ms)
    return Unsigned(base, query, request.body, is_in_body=False)


def timed(query: str, body: bytes, timestamp_ms: int, recv_window_ms: int) -> str:
    """Return an encoded query with timestamp and recvWindow, unless it or the form has them.

    Raises:
        ConfigurationError: it is signed already.
    """
    text = f"{query}&{body.decode('latin-1')}" if body else query
    if "timestamp=" not in text and "recvWindow=" not in text and "signature=" not in text:
        joint = "&" if query else ""
        return f"{query}{joint}timestamp={timestamp_ms}&recvWindow={recv_window_ms}"
    names = _OURS.findall(text)
    if "signature" in names:
        msg = "this request has a signature already."
        raise ConfigurationError(msg, hint="Let either the adapter or your own code sign it.")
    parts = [query] if query else []
    if "timestamp" not in names:
        parts.append(f"timestamp={timestamp_ms}")
    if "recvWindow" not in names:
        parts.append(f"recvWindow={recv_window_ms}")
    return "&".join(parts)


def in_query(signature: str) -> str:
    """Return a signature as a query has it: hexadecimal as it is, base64 percent-encoded."""
    if len(signature) == _HEX_DIGITS:
        return signature
    # All that base64 has to encode; `quote` takes three times longer.
    return signature.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")


def stamped_anew(request: Outgoing, *, timestamp_ms: int) -> Unsigned:
    """Return a request that its client signed with placeholders, as new.

    The old signature goes, the timestamp becomes that of now in the client's own unit, and the new
    signature comes where the old one was, in the query or in the body.

    Raises:
        ConfigurationError: it has several signatures, or no timestamp.
    """
    base, _, query = request.url.partition("#")[0].partition("?")
    query, in_query, stamps = _renewed(query, timestamp_ms)
    body, in_body = request.body, 0
    if body and request.content_type.startswith(FORM):
        form = body.decode("utf-8", "surrogateescape")
        form, in_body, more_stamps = _renewed(form, timestamp_ms)
        stamps += more_stamps
        # Some clients leave a form as it was typed, which the exchange refuses.
        body = encoded(form).encode("ascii")
    if in_query + in_body != 1 or stamps != 1:
        msg = (
            f"a signed request has one signature and one timestamp; {base} has"
            f" {in_query + in_body} and {stamps}."
        )
        raise ConfigurationError(msg, hint="This client builds requests in an unknown way.")
    return Unsigned(base, encoded(query), body, is_in_body=bool(in_body))


def _renewed(text: str, timestamp_ms: int) -> tuple[str, int, int]:
    """Return parameters without signature, stamped anew; and how many there were of each."""
    kept: list[str] = []
    signatures = stamps = 0
    for part in text.split("&"):
        if part.startswith("signature="):
            signatures += 1
        elif part.startswith("timestamp="):
            stamps += 1
            is_micro = _IN_MICROSECONDS.match(part)
            kept.append(f"timestamp={timestamp_ms * 1000 if is_micro else timestamp_ms}")
        else:
            kept.append(part)
    return "&".join(kept), signatures, stamps


def encoded(query: str) -> str:
    """Return a query as every library leaves it: what must be encoded is, in capital letters.

    urllib3, httpx and yarl do this on the way, after a signature that was made before.
    """
    is_plain = query.isascii() and not query.encode().translate(None, _PLAIN)  # most, and quick
    if is_plain or not _NOT_ENCODED.search(query):
        return query
    text = _PERCENT.sub(lambda found: f"%{(found[1] or '25').upper()}", query)
    return quote(text, safe=_KEPT, errors="surrogateescape")


def _check_body(request: Outgoing) -> None:
    kind = request.content_type.partition(";")[0].strip().casefold()
    if request.body and kind != FORM:
        named = f"of the type {kind!r}" if kind else "without a content type"
        msg = f"the exchange takes parameters in the query or as a form; this body is {named}."
        raise ConfigurationError(msg, hint="Pass them as params=, or as data={...}.")
