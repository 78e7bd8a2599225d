"""What the WebSocket adapters share: how parameters are signed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from binance_creds.errors import ConfigurationError
from binance_creds.signers import parameter_text, websocket_payload

if TYPE_CHECKING:
    from collections.abc import Mapping

    from binance_creds._credentials import Credentials
    from binance_creds.signers._payload import ParameterValue

__all__ = ["signed_parameters"]


def signed_parameters(
    credentials: Credentials, params: Mapping[str, ParameterValue]
) -> dict[str, object]:
    """Return the parameters sorted, with apiKey and signature.

    Signed is raw UTF-8, unlike in REST. What JSON has no exact form for goes as the signed text.

    Args:
        credentials: one snapshot.
        params: with their timestamp; an apiKey among them gives way to that of the snapshot.

    Raises:
        ConfigurationError: they are signed already, or one is of a kind that cannot be sent.
    Source: binance-spot-api-docs a5e0bc3d, web-socket-api.md, SIGNED request security.
    """
    if "signature" in params:
        msg = "this request has a signature already."
        raise ConfigurationError(msg, hint="Let either the adapter or your own code sign it.")
    # Before the key joins them: what refuses a parameter must not have the key in its frame.
    sent: dict[str, str | int] = {name: _sent(name, value) for name, value in params.items()}
    sent["apiKey"] = credentials.api_key.reveal()
    signature = credentials.sign(websocket_payload(sent).encode())
    return {**dict(sorted(sent.items())), "signature": signature}


def _sent(name: str, value: ParameterValue) -> str | int:
    if isinstance(value, str | int):
        return value
    # numpy's float64 is a float, too, and its repr is no number.
    return parameter_text(name, float(value) if isinstance(value, float) else value)
