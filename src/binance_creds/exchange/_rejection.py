"""What a rejected request says of the credentials that signed it.

Takes a code, an answer, or what any of the common clients raised: python-binance, the official
SDKs, binance-connector, ccxt, requests, httpx, aiohttp, urllib. They are told by attributes, since
two of them install packages of one name, and none of them is imported. Nothing of the error is
kept, and no body is used up that its owner may still want to read.

aiohttp's `raise_for_status` drops the body, and the code with it: pass what `await response.json()`
gives instead.

Source: binance-spot-api-docs a5e0bc3d, errors.md, and rest-api.md, "HTTP Return Codes".
"""

from __future__ import annotations

import re
import time
from contextlib import suppress
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

from binance_creds._time._retry_after import retry_after_seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Meaning", "Rejection", "rejection_of"]


class Meaning(Enum):
    """What a rejection is about."""

    CREDENTIALS = "credentials"
    ACCOUNT = "account"
    CLOCK = "clock"
    LIMIT = "limit"
    OTHER = "other"


class Rejection(NamedTuple):
    """A rejected request.

    Attributes:
        meaning: what it is about.
        code: of the exchange, such as -2015, or `None`.
        status: of HTTP, such as 429, or `None`.
        wait_seconds: what the exchange asks for, else zero.
    """

    meaning: Meaning
    code: int | None = None
    status: int | None = None
    wait_seconds: float = 0.0


_CODES: Final = {
    -2015: Meaning.CREDENTIALS,  # key, IP or permission; the exchange does not say which
    -2014: Meaning.CREDENTIALS,  # the key's format
    -2008: Meaning.CREDENTIALS,  # no such key, or of another environment
    -1022: Meaning.CREDENTIALS,  # the signature: half a rotation, or another's secret
    -1002: Meaning.ACCOUNT,  # not authorised
    -1099: Meaning.ACCOUNT,  # as above
    -2017: Meaning.ACCOUNT,  # locked
    -1021: Meaning.CLOCK,  # the timestamp is outside recvWindow
    -1003: Meaning.LIMIT,  # too many requests, or a ban
    -1015: Meaning.LIMIT,  # too many orders
}
_STATUSES: Final = {403: Meaning.LIMIT, 418: Meaning.LIMIT, 429: Meaning.LIMIT}
# Of the official SDKs; some of their versions tell the status by the class alone.
_STATUS_OF_CLASS: Final = {"ForbiddenError": 403, "RateLimitBanError": 418,
                           "TooManyRequestsError": 429}  # fmt: skip
_IN_TEXT: Final = re.compile(r'"code"\s*:\s*"?(-\d{4,5})\b|\bcode[=: ]+(-\d{4,5})\b', re.IGNORECASE)
# rest-api.md, IP Limits, and errors.md, -1003: the message tells when a ban ends, epoch ms
_BAN: Final = re.compile(r"banned until ([0-9]{13})\b", re.IGNORECASE)
_HTTP: Final = range(100, 600)
_NUMBER: Final = re.compile(r"\s*(-?[0-9]{1,5})\s*")
_LARGEST_BODY: Final = 65_536  # bytes; an answer with a code has some hundred
_LONGEST_WAIT_SECONDS: Final = 259_200.0  # rest-api.md, IP Limits: bans last up to three days


def rejection_of(error: object) -> Rejection:
    """Return what a code, an answer of the exchange, or an exception means.

    The code decides; the status only where there is none that is known, because `/api` and `/sapi`
    answer the same fault with different ones.
    """
    code = next(_codes(error), None)
    status = next(_statuses(error), None)
    meaning = _CODES.get(code or 0)
    if meaning is None:
        meaning = _STATUSES.get(status or 0, Meaning.OTHER)
    return Rejection(meaning, code, status, next(_waits(error), 0.0))


def _codes(error: object) -> Iterator[int]:
    """Give what may be the code, the surest first."""
    # python-binance; binance-connector; the official SDKs, whose status_code is the code
    named = (_of(error, name) for name in ("code", "error_code", "status_code"))
    inner = _of(error, "error")  # how the WebSocket API answers
    yield from (n for n in _numbers(error, *named, _of(inner, "code")) if n < 0)
    for text in _texts(error):
        found = _IN_TEXT.search(text)
        if found is not None:
            yield int(found[1] or found[2])


def _statuses(error: object) -> Iterator[int]:
    """Give what may be the status of HTTP, the surest first."""
    yield from (n for n in _numbers(error) if n in _HTTP)
    for thing in (error, _of(error, "response")):
        named = (_of(thing, name) for name in ("status_code", "status", "http_status", "code"))
        yield from (n for n in _numbers(*named) if n in _HTTP)
    of_class = _STATUS_OF_CLASS.get(type(error).__name__)
    if of_class is not None:
        yield of_class


def _waits(error: object) -> Iterator[float]:
    """Give how long to wait, in seconds."""
    for thing in (error, _of(error, "response")):
        for name in ("headers", "header"):  # the second is binance-connector's
            headers = _of(thing, name)
            for spelling in ("Retry-After", "retry-after"):
                found = _seconds(_item(headers, spelling))
                if found is not None:
                    yield min(found, _LONGEST_WAIT_SECONDS)
    for text in _texts(error):
        ban = _BAN.search(text)
        if ban is not None:
            left = int(ban[1]) / 1000 - time.time()
            yield min(max(0.0, left), _LONGEST_WAIT_SECONDS)


def _texts(error: object) -> Iterator[str]:
    """Give what may quote the answer: the error itself, bodies, messages."""
    yield from _as_text(error)
    for thing in (error, _of(error, "error")):  # an answer; python-binance; binance-connector
        for name in ("msg", "message", "error_message"):
            yield from _as_text(_of(thing, name))
    for thing in (error, _of(error, "response")):
        yield from _as_text(_of(thing, "text"))
        peek = _of(thing, "peek")  # urllib: what `read()` gives later is still all there
        if callable(peek):
            with suppress(Exception):  # closed, or already read
                yield from _as_text(peek(_LARGEST_BODY))
    if isinstance(error, BaseException):
        for argument in error.args:
            yield from _as_text(argument)


def _as_text(value: object) -> Iterator[str]:
    if isinstance(value, bytes):
        yield value[:_LARGEST_BODY].decode("utf-8", "replace")
    elif isinstance(value, str):
        yield value[:_LARGEST_BODY]


def _numbers(*values: object) -> Iterator[int]:
    """Give the numbers among values, those in text too: some clients convert nothing."""
    for value in values:
        if isinstance(value, int):  # a boolean is 0 or 1, which are neither codes nor statuses
            yield int(value)
        elif isinstance(value, str):
            found = _NUMBER.fullmatch(value)
            if found is not None:
                yield int(found[1])


def _of(thing: object, name: str) -> object:
    """Return a member or an attribute, or `None`; whatever looking at it raises."""
    if isinstance(thing, dict):
        return thing.get(name)
    if isinstance(thing, str | bytes | int | None):
        return None
    if name == "code" and isinstance(getattr(type(thing), name, None), property):
        return None  # aiohttp, websockets: deprecated, and warns
    try:
        return getattr(thing, name, None)
    except Exception:  # noqa: BLE001  # such as httpx, of a body that was not read
        return None


def _item(headers: object, name: str) -> object:
    try:
        return headers.get(name)  # type: ignore[attr-defined]  # see below
    except Exception:  # noqa: BLE001  # none, or something else of that name
        return None


def _seconds(header: object) -> float | None:
    return retry_after_seconds(header) if isinstance(header, str) else None
