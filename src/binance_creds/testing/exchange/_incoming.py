"""A request as the local exchange reads it, whatever it came over.

Source: binance-spot-api-docs a5e0bc3d, rest-api.md (General Information on Endpoints) and
errors.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple
from urllib.parse import parse_qsl, unquote_plus

from binance_creds.testing.exchange._errors import ExchangeError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from binance_creds.testing.exchange._keys import RegisteredKey

    Transport = Literal["rest", "ws"]

__all__ = ["HttpRequest", "Incoming", "from_http"]

_FORM: Final = "application/x-www-form-urlencoded"


class Incoming(NamedTuple):
    """A request that came over HTTP or as a WebSocket message.

    Attributes:
        method: the HTTP method of the endpoint; `WS` where there is none.
        path: of the endpoint, without the query; a WebSocket method has that of its REST twin.
        params: decoded.
        payload: what the signature is over, byte for byte.
        signature: decoded, or `None`.
        api_key: the key that the request names, or `None`.
        address: where it came from.
        transport: `rest` or `ws`.
        session: the key that this WebSocket connection has logged on with.
        fault: what is wrong with its form already.
    """

    method: str
    path: str
    params: Mapping[str, str]
    payload: bytes
    signature: str | None
    api_key: str | None
    address: str
    transport: Transport = "rest"
    session: RegisteredKey | None = None
    fault: ExchangeError | None = None


class HttpRequest(NamedTuple):
    """A request as HTTP carried it; `target` is path and query."""

    method: str
    target: str
    body: bytes = b""
    content_type: str = ""
    api_key: str | None = None
    address: str = "127.0.0.1"


class _Text(NamedTuple):
    """Parameters as they were sent, and decoded."""

    text: str
    pairs: list[tuple[str, str]]

    @property
    def unsigned(self) -> str:
        return "&".join(p for p in self.text.split("&") if not p.startswith("signature="))

    @property
    def signature(self) -> str:
        signed = (p for p in self.text.split("&") if p.startswith("signature="))
        return next(signed, "").partition("=")[2]

    @property
    def repeats(self) -> bool:
        names = [name for name, _ in self.pairs]
        return len(names) != len(set(names))


def from_http(request: HttpRequest) -> Incoming:
    """Read parameters from the query, from a form in the body, or from both.

    The body of a GET, and a body that is no form, has no parameters. A parameter that stands in
    both has the value of the query. A plus sign is a blank, also in a signature.
    """
    path, _, typed = request.target.partition("?")
    query, form = _read(typed), _read(_form_of(request))
    signature = query.signature or form.signature
    return Incoming(
        request.method,
        path,
        dict(form.pairs) | dict(query.pairs),
        (query.unsigned + form.unsigned).encode("latin-1"),
        unquote_plus(signature) or None,
        request.api_key,
        request.address,
        fault=_repeated() if query.repeats or form.repeats else None,
    )


def _form_of(request: HttpRequest) -> str:
    kind = request.content_type.partition(";")[0].strip().lower() or _FORM
    is_form = kind == _FORM and request.method != "GET"
    return request.body.decode("latin-1") if is_form else ""


def _read(text: str) -> _Text:
    decoded = text.encode("latin-1").decode("utf-8", "replace")
    return _Text(text, parse_qsl(decoded, keep_blank_values=True))


def _repeated() -> ExchangeError:
    return ExchangeError(400, -1101, "Duplicate values for a parameter detected.")
