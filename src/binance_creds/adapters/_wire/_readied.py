"""What is about to be signed, with its timestamp, and the snapshot that signs it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from binance_creds.adapters._wire._handle import check_security, snapshot_of
from binance_creds.adapters._wire._message import check_logon, payload_of, sendable
from binance_creds.adapters._wire._proof import reach
from binance_creds.adapters._wire._request import (
    PLACEHOLDER_KEY,
    Outgoing,
    Signed,
    Unsigned,
    has_signature,
    stamped,
    stamped_anew,
)
from binance_creds.adapters._wire._targets import check_target, security_at, trusted_hosts
from binance_creds.errors import ConfigurationError
from binance_creds.exchange._endpoints import KEY, PUBLIC, SIGNED

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from binance_creds._credentials import Credentials
    from binance_creds._credentials_handle import CredentialsHandle
    from binance_creds.exchange._endpoints import Security

__all__ = ["Readier", "UnsignedMessage"]


class UnsignedMessage(NamedTuple):
    """A message of the WebSocket API that lacks the signature alone.

    Attributes:
        message: as it was given.
        sent: its parameters as they are sent.
    """

    message: Mapping[str, Any]
    sent: dict[str, Any]

    @property
    def payload(self) -> bytes:
        """What is signed."""
        return payload_of(self.sent)

    def signed(
        self, signature: str | None, used: Credentials
    ) -> tuple[dict[str, Any], Credentials]:
        """Return the message with its signature, or with the key alone, and who signed it."""
        ordered = dict(sorted(self.sent.items()))
        if signature is not None:
            ordered["signature"] = signature
        return {**self.message, "params": ordered}, used

    def __repr__(self) -> str:
        return f"UnsignedMessage({self.message.get('method')})"


class Readier:
    """Take the snapshot for a request, and set its key, timestamp and window.

    The environment is that of the first snapshot: a client whose hosts were chosen for it refuses
    credentials of another later.

    Args:
        credentials: credentials, or a handle that has them.
        hosts: hosts that may get the key besides those of the environment and loopback.
        recv_window_ms: of a request that does not say so itself.
        clock: seconds since the epoch; an offset to the exchange's time included.
    """

    __slots__ = ("_environment", "_hosts", "_recv_window_ms", "clock", "credentials")

    def __init__(
        self,
        credentials: CredentialsHandle,
        hosts: Collection[str],
        recv_window_ms: int,
        clock: Callable[[], float],
    ) -> None:
        self.credentials = credentials
        self._hosts = trusted_hosts(hosts)
        self._recv_window_ms = recv_window_ms
        self.clock = clock
        self._environment = snapshot_of(credentials).environment

    def check(self, url: str) -> None:
        """Refuse an address that the key must not go to; for a connection before it is made."""
        check_target(url.partition("?")[0], self._environment, self._hosts)

    def request(
        self, request: Outgoing, security: Security | None
    ) -> Signed | tuple[Unsigned, Credentials]:
        """Ready a request without key and signature."""
        base = request.url.partition("?")[0].partition("#")[0]
        used, asked = self._snapshot(base)
        needed = security or asked
        if needed is SIGNED:
            window = self._recv_window_ms
            return stamped(request, timestamp_ms=self._now_ms(), recv_window_ms=window), used
        if needed is PUBLIC:
            return Signed(request.url, request.body)
        check_security(security)
        return Signed(request.url, request.body, used.api_key, used)

    def placeholders(self, request: Outgoing) -> Signed | tuple[Unsigned, Credentials]:
        """Ready a request that its client signed with placeholders."""
        is_signed = has_signature(request)
        if request.api_key is None and not is_signed:
            return Signed(request.url, request.body)
        if request.api_key != PLACEHOLDER_KEY:
            msg = "this request has no API key, or another than the adapter has given its client."
            raise ConfigurationError(msg, hint="Leave keys and headers to the adapter.")
        base = request.url.partition("?")[0].partition("#")[0]
        if is_signed:
            used, _ = self._snapshot(base)
            return stamped_anew(request, timestamp_ms=self._now_ms()), used
        if security_at(base) is PUBLIC:
            return Signed(request.url, request.body)
        used, _ = self._snapshot(base)
        return Signed(request.url, request.body, used.api_key, used)

    def message(
        self,
        message: Mapping[str, Any],
        url: str,
        security: Security | None,
        logged_on: Credentials | None,
    ) -> tuple[dict[str, Any], Credentials | None] | tuple[UnsignedMessage, Credentials]:
        """Ready a message; one that needs no signature of its own is done with it."""
        params = message.get("params") or {}
        is_signed = "signature" in params if security is None else security is SIGNED
        if not is_signed and security is not KEY and "apiKey" not in params:
            return dict(message), None
        if params.get("apiKey", PLACEHOLDER_KEY) != PLACEHOLDER_KEY:
            msg = "this message has another API key than the adapter has given its client."
            raise ConfigurationError(msg, hint="Leave keys to the adapter.")
        # Before the key joins them: what refuses a parameter must not have the key in its frame.
        sent: dict[str, Any] = sendable(params)
        used, _ = self._snapshot(url.partition("?")[0])
        check_logon(message.get("method", ""), used)
        if is_signed:
            sent.setdefault("recvWindow", self._recv_window_ms)
            sent["timestamp"] = self._now_ms()
        unsigned = UnsignedMessage(message, sent)
        if is_signed and used is logged_on:
            return unsigned.signed(None, used)
        sent["apiKey"] = used.api_key.reveal()
        return (unsigned, used) if is_signed else unsigned.signed(None, used)

    def _snapshot(self, base: str) -> tuple[Credentials, Security]:
        """Return the snapshot, and what the endpoint asks for, if the key may go there."""
        used = self.credentials.current
        if used.environment is not self._environment:
            msg = (
                f"this client trades in {self._environment.value!r}, and its credentials now"
                f" belong to {used.environment.value!r}."
            )
            raise ConfigurationError(msg, hint="Build a new client.")
        asked = check_target(base, self._environment, self._hosts)
        reach()
        return used, asked

    def _now_ms(self) -> int:
        return int(self.clock() * 1000)
