"""A message of the WebSocket API, and the exact text of it that is signed.

Unlike in REST the text is raw UTF-8, sorted by name.
Source: binance-spot-api-docs a5e0bc3d, web-socket-api.md, SIGNED request security.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from binance_creds._enums import KeyType
from binance_creds.errors import ConfigurationError
from binance_creds.signers import parameter_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from binance_creds._credentials import Credentials
    from binance_creds.signers._payload import ParameterValue

__all__ = ["LOGON", "SIGNED_ALWAYS", "check_logon", "payload_of", "sendable"]

LOGON: Final = "session.logon"
SIGNED_ALWAYS: Final = (LOGON, "userDataStream.subscribe.signature")


def sendable(params: Mapping[str, ParameterValue]) -> dict[str, str | int]:
    """Return parameters as JSON carries them and as they are signed, without key and signature.

    What JSON has no exact form for goes as the signed text.

    Raises:
        ConfigurationError: one is of a kind that cannot be sent.
    """
    return {
        name: value if type(value) in {str, int, bool} else parameter_text(name, value)  # type: ignore[misc]  # as tested
        for name, value in params.items()
        if name not in {"apiKey", "signature"}
    }


def payload_of(sent: Mapping[str, Any]) -> bytes:
    """Return what is signed."""
    texts = [
        f"{name}={value if type(value) is str else parameter_text(name, value)}"
        for name, value in sorted(sent.items())
    ]
    return "&".join(texts).encode()


def check_logon(method: str, used: Credentials) -> None:
    """Refuse to log a session on with a key that the exchange takes for single requests only.

    Raises:
        ConfigurationError: the key is not Ed25519.
    """
    if method == LOGON and used.key_type is not KeyType.ED25519:
        msg = f"session.logon takes Ed25519 keys only; this one is {used.key_type.value}."
        raise ConfigurationError(msg, hint="Sign each request instead, or create such a key.")
