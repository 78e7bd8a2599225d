"""Lines of an audit file: JSON, with a sequence number and a code over all lines before."""

from __future__ import annotations

import hmac
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from binance_creds._recorded import Record

__all__ = ["START", "Head", "Origin", "code_of", "line_of", "parsed"]

_SEPARATOR: Final = b',"mac":"'
_HEX_DIGITS: Final = 64
_END: Final = len(_SEPARATOR) + _HEX_DIGITS + len(b'"}')


class Head(NamedTuple):
    """The end of a chain. Kept elsewhere, it shows later whether lines were cut off.

    Attributes:
        sequence: number of the last line.
        mac: its code, 64 hex digits.
    """

    sequence: int
    mac: str

    def __str__(self) -> str:
        return f"{self.sequence}:{self.mac}"


START: Final = Head(0, "0" * _HEX_DIGITS)


class Origin(NamedTuple):
    """Who records: process id, user and machine."""

    pid: int
    user: str
    host: str


def line_of(record: Record, origin: Origin, before: Head, key: bytes) -> tuple[bytes, Head]:
    """Return the line of a record, with its end, and the head of the chain that it makes."""
    body = {
        "seq": before.sequence + 1,
        "at": datetime.fromtimestamp(record.at_seconds, UTC).isoformat(timespec="milliseconds"),
        **{name: value for name, value in record._asdict().items() if value is not None},
        **origin._asdict(),
    }
    del body["at_seconds"]
    text = json.dumps(body, separators=(",", ":")).encode("ascii")
    head = Head(before.sequence + 1, code_of(text, before, key))
    return b'%b%b%b"}\n' % (text[:-1], _SEPARATOR, head.mac.encode()), head


def code_of(body: bytes, before: Head, key: bytes) -> str:
    """Return the code of a line's JSON, which depends on all lines before it."""
    return hmac.digest(key, before.mac.encode() + body, "sha256").hex()


def parsed(line: bytes) -> tuple[dict[str, Any], bytes, Head] | None:
    """Return a line's content, its JSON without the code, and its head; `None` if it is none.

    Args:
        line: without its end.
    """
    body, tail = line[:-_END] + b"}", line[-_END:]
    try:
        content = json.loads(body)
        mac = tail.removeprefix(_SEPARATOR).removesuffix(b'"}').decode("ascii")
        head = Head(content["seq"], mac)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    is_whole = tail.startswith(_SEPARATOR) and len(mac) == _HEX_DIGITS
    return (content, body, head) if is_whole and type(head.sequence) is int else None
