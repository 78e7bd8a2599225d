"""What a rejected request says of the credentials that signed it.

Takes a code, or what any of the common clients raised: python-binance, the official SDKs,
binance-connector, ccxt, requests, httpx, aiohttp, urllib. They are told by attributes, since two of
them install packages of one name, and none of them is imported.

Source: binance-spot-api-docs a5e0bc3d, errors.md, and rest-api.md, "HTTP Return Codes".
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

from binance_creds._retry_after import retry_after_seconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Meaning", "Rejection", "rejection_of"]


class Meaning(Enum):
    """What a rejection is about."""

    CREDENTIALS = "credentials"
    CLOCK = "clock"
    LIMIT = "limit"
    OTHER = "other"


class Rejection(NamedTuple):
    """A rejected request.

    Attributes:
        meaning: what it is about.
        code: of the exchange, such as -2015, or `None`.
        status: of HTTP, such as 429, or `None`.
        wait_seconds: what a Retry-After header asks for, else zero.
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
    -1021: Meaning.CLOCK,  # the timestamp is outside recvWindow
    -1003: Meaning.LIMIT,  # too many requests, or a ban
    -1015: Meaning.LIMIT,  # too many orders
}
_STATUSES: Final = {403: Meaning.LIMIT, 418: Meaning.LIMIT, 429: Meaning.LIMIT}
_IN_TEXT: Final = re.compile(r'"code"\s*:\s*(-\d{4,5})\b|\bcode[=: ]+(-\d{4,5})\b', re.IGNORECASE)


def rejection_of(error: object) -> Rejection:
    """Return what a code, an answer of the exchange, or an exception means.

    The code decides; the status only where there is none, because `/api` and `/sapi` answer the
    same fault with different ones.
    """
    code = next(_codes(error), None)
    status = next(_statuses(error), None)
    meaning = _CODES.get(code or 0)
    if meaning is None:
        meaning = _STATUSES.get(status or 0, Meaning.OTHER)
    return Rejection(meaning, code, status, _wait_seconds(error))


def _codes(error: object) -> Iterator[int]:
    """Give what may be the code, the surest first."""
    if isinstance(error, int):
        yield error
    if isinstance(error, dict):
        inner = error.get("error")  # how the WebSocket API answers
        yield from _numbers(
            error.get("code"), inner.get("code") if isinstance(inner, dict) else None
        )
    # python-binance; binance-connector; the official SDKs, whose status_code is the code
    names = ("code", "error_code", "status_code")
    yield from (n for n in _numbers(*(getattr(error, name, None) for name in names)) if n < 0)
    if isinstance(error, BaseException):
        yield from _codes_of_body(error)


def _codes_of_body(error: BaseException) -> Iterator[int]:
    """Give the code that a client left in the body of its response, or in its message."""
    response = getattr(error, "response", None)
    for text in (getattr(response, "text", None), *error.args):
        found = _IN_TEXT.search(text) if isinstance(text, str) else None
        if found is not None:
            yield int(found[1] or found[2])


def _statuses(error: object) -> Iterator[int]:
    if isinstance(error, int):
        yield error
    response = getattr(error, "response", None)
    names = ("status_code", "status", "http_status", "code")
    for thing in (error, response):
        found = _numbers(*(getattr(thing, name, None) for name in names))
        yield from (number for number in found if number > 0)


def _numbers(*values: object) -> Iterator[int]:
    for value in values:
        if isinstance(value, int) and not isinstance(value, bool):
            yield value


def _wait_seconds(error: object) -> float:
    for thing in (error, getattr(error, "response", None)):
        headers: Mapping[str, str] | None = getattr(thing, "headers", None)
        try:
            found = retry_after_seconds(headers.get("Retry-After")) if headers else None
        except (AttributeError, TypeError):  # something else of that name
            found = None
        if found is not None:
            return found
    return 0.0
