"""What exactly is signed: REST, WebSocket API and FIX payloads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from decimal import Decimal

    ParameterValue = str | int | float | bool | Decimal | list[str] | tuple[str, ...]
    Parameters = Mapping[str, ParameterValue] | Iterable[tuple[str, ParameterValue]]

__all__ = ["fix_logon_payload", "parameter_text", "rest_query", "websocket_payload"]

_SOH: Final = "\x01"
# RFC 3986, section 3.4, without those that stand for something in a form (`+`, `;`). requests,
# urllib3, httpx and yarl leave exactly these as they are; yarl decodes them.
_RESERVED: Final = "!$'()*,/:?@"
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SAFE: Final = f"{_LETTERS}0123456789-._~{_RESERVED}".encode()


def rest_query(parameters: Parameters) -> str:
    """Return a percent-encoded query string, which is what REST signs and sends.

    Values are encoded before signing: since 2026-01-15 anything else is answered with -1022.
    A space becomes `%20`. Reserved characters that no library encodes on the way stay as they are,
    because some decode them there. The order is kept.

    Raises:
        ConfigurationError: a value is of a kind that has no place in a query.
    Source: binance-spot-api-docs a5e0bc3d, rest-api.md, SIGNED endpoint security.
    """
    pairs = parameters.items() if type(parameters) is dict else _pairs(parameters)
    text = "&".join(
        [
            f"{n if type(n) is str else parameter_text(n, n)}"
            f"={v if type(v) is str else parameter_text(n, v)}"
            for n, v in pairs
        ]
    )
    # Without what is safe, only the separators between names and values must be left.
    if len(text.encode().translate(None, _SAFE)) == 2 * len(pairs) - 1:
        return text
    from urllib.parse import quote  # noqa: PLC0415  # 3 ms that loading alone does not need

    return "&".join(
        f"{quote(n, safe=_RESERVED)}={quote(parameter_text(n, v), safe=_RESERVED)}"
        for n, v in pairs
    )


def websocket_payload(parameters: Parameters) -> str:
    """Return what the WebSocket API signs: sorted by name, `k=v` joined by `&`, raw UTF-8.

    `apiKey` is one of the parameters; `signature` is not.
    Source: binance-spot-api-docs a5e0bc3d, web-socket-api.md, SIGNED request security.
    """
    pairs = sorted((name, parameter_text(name, value)) for name, value in _pairs(parameters))
    return "&".join(f"{name}={text}" for name, text in pairs)


def fix_logon_payload(
    *, sender_comp_id: str, target_comp_id: str, sequence_number: int, sending_time: str
) -> str:
    """Return what a FIX logon signs: message type `A` and four fields joined by SOH.

    Args:
        sender_comp_id: SenderCompID (49).
        target_comp_id: TargetCompID (56), `SPOT` for Binance.
        sequence_number: MsgSeqNum (34), 1 for a logon.
        sending_time: SendingTime (52), as sent, such as `20240627-11:17:25.223`.
    Source: binance-spot-api-docs a5e0bc3d, fix-api.md, Signature computation.
    """
    fields = ("A", sender_comp_id, target_comp_id, str(sequence_number), sending_time)
    return _SOH.join(fields)


def parameter_text(name: str, value: ParameterValue) -> str:
    """Return a parameter as the exchange expects it: no exponent, `true`, JSON for lists.

    Raises:
        ConfigurationError: the value is `None` or of another kind.
    """
    # The base classes' own text: an enum of str or int prints its name, numpy's float64 its type.
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return int.__repr__(value)
    text = _listed(value) if isinstance(value, list | tuple) else _number(value)
    if text is None:
        msg = f"parameter {name!r} is {type(value).__name__}; leave out what has no value."
        raise ConfigurationError(msg, hint="Use str, int, float, Decimal, bool or a list of str.")
    return text


def _number(value: object) -> str | None:
    text = float.__repr__(value) if isinstance(value, float) else ""
    if text.replace(".", "").isdigit():
        return text
    from decimal import Decimal  # noqa: PLC0415  # 5 ms that loading alone does not need

    # repr of 0.0000001 is 1e-07, which Binance answers with -1100.
    number = Decimal(text) if text else value
    if isinstance(number, Decimal):
        return format(number, "f") if number.is_finite() else None
    from numbers import Integral  # noqa: PLC0415  # few requests have one that is no int

    return str(int(number)) if isinstance(number, Integral) else None  # numpy's


def _listed(values: Iterable[object]) -> str | None:
    from json import dumps  # noqa: PLC0415  # few requests have a list

    items = list(values)
    if not all(isinstance(item, str) for item in items):
        return None
    return dumps(items, ensure_ascii=False, separators=(",", ":"))


def _pairs(parameters: Parameters) -> Collection[tuple[str, ParameterValue]]:
    items = getattr(parameters, "items", None)
    return list(parameters if items is None else items())
