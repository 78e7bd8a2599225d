"""Read the metrics of a bot: the text format of Prometheus, from the bot itself."""

from __future__ import annotations

import http.client
import re
import ssl
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from binance_creds._loopback import is_loopback
from binance_creds._time._deadline import Deadline
from binance_creds.errors import ConfigurationError, ProviderUnavailableError
from binance_creds.rotation._report import LARGEST_BYTES, BotReport, fingerprint_in, shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from urllib.parse import SplitResult

__all__ = ["name_of", "of_metrics"]

_SECONDS: Final = 5.0  # for the whole answer
_PIECE_BYTES: Final = 64 * 1024
_OK: Final = 200
# The gauge `binance_creds.live.age`, as exporters name it: with its unit, or without.
_SAMPLE: Final = re.compile(r"^binance_creds_live_age(?:_seconds)?\{(.*)\} ", re.MULTILINE)
_LABEL: Final = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
_ESCAPE: Final = re.compile(r"\\(.)")


def of_metrics(url: str) -> tuple[BotReport, ...]:
    """Return what the metrics at a URL say. Redirects are not followed, and no proxy is asked.

    Raises:
        ConfigurationError: it is no URL of metrics that can be trusted, or what answers is none.
        ProviderUnavailableError: nobody answers there in time.
    """
    name, place = name_of(url), _checked(url)
    text = _answer(place).decode("utf-8", "replace")
    now = datetime.now(UTC)
    reports = tuple(_reports(name, text, now))
    if not reports:
        msg = "what answers there has no metric `binance_creds_live_age`."
        raise ConfigurationError(msg, hint="Name the address at which the bot gives its metrics.")
    return reports


def _checked(url: str) -> SplitResult:
    try:
        place = urlsplit(url)
        is_url = place.scheme in {"http", "https"} and place.hostname and place.port != 0
        has_login = "@" in place.netloc
    except ValueError:
        is_url = has_login = False
        place = urlsplit("")
    del url  # a login may stand in it
    if not is_url or has_login:
        msg = "a place to read metrics from is an `http` or `https` URL without user and password."
        raise ConfigurationError(msg, hint="Write http://127.0.0.1:9464/metrics.")
    if place.scheme == "http" and not is_loopback(place.hostname):
        msg = f"anybody on the way could answer for `{place.hostname}`: `http` is for this machine."
        raise ConfigurationError(msg, hint="Use `https`, or a tunnel to this machine.")
    return place


def name_of(url: str) -> str:
    """Return a URL without what may be a password or a token."""
    scheme, _, rest = url.partition("://")
    return shown(f"{scheme}://{re.split('[?#]', rest)[0].rpartition('@')[2]}") or ""


def _answer(place: SplitResult) -> bytes:
    deadline = Deadline(_SECONDS)
    try:
        with closing(_connection(place)) as connection:
            target = (place.path or "/") + (f"?{place.query}" if place.query else "")
            connection.request("GET", target, headers={"Accept": "text/plain"})
            answer = connection.getresponse()
            if answer.status == _OK:
                return _content(answer, deadline)
            problem = f"`{place.netloc}` answers with the HTTP status {answer.status}."
    except (OSError, http.client.HTTPException, ValueError) as error:
        problem = f"no usable answer from `{place.netloc}` ({type(error).__name__})."
    raise ProviderUnavailableError(problem, hint="Is the bot running, and is this its address?")


def _connection(place: SplitResult) -> http.client.HTTPConnection:
    host = place.hostname or ""
    if place.scheme == "http":
        return http.client.HTTPConnection(host, place.port, timeout=_SECONDS)
    context = ssl.create_default_context()
    return http.client.HTTPSConnection(host, place.port, timeout=_SECONDS, context=context)


def _content(answer: http.client.HTTPResponse, deadline: Deadline) -> bytes:
    content = bytearray()
    while piece := answer.read1(_PIECE_BYTES):
        content += piece
        if len(content) > LARGEST_BYTES or deadline.is_over:
            raise TimeoutError
    return bytes(content)


def _reports(name: str, text: str, now: datetime) -> Iterator[BotReport]:
    for sample in _SAMPLE.finditer(text):
        labels = {key: _ESCAPE.sub(_unescaped, value) for key, value in _LABEL.findall(sample[1])}
        try:
            fingerprint = fingerprint_in(labels["binance_creds_key_fingerprint"])
        except (KeyError, ValueError):
            yield BotReport(name, problem="its metrics do not say the fingerprint of the key.")
            continue
        source, state = (
            shown(labels.get("binance_creds_origin")),
            shown(labels.get("binance_creds_state")),
        )
        yield BotReport(name, fingerprint=fingerprint, seen_at=now, source=source, state=state)


def _unescaped(escape: re.Match[str]) -> str:
    return "\n" if escape[1] == "n" else escape[1]
