"""`WireSigner`: signs the requests of one client where they leave it.

Header and signature come from one snapshot, which is taken after every wait for a connection, so
that a rotation never mixes two pairs, and a request that waited is neither stale nor of an old key.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from binance_creds._recorded import record
from binance_creds.adapters._wire._message import check_logon, payload_of, sendable
from binance_creds.adapters._wire._proof import proving, reach
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
from binance_creds.errors import ConfigurationError, ProviderUnavailableError
from binance_creds.exchange._endpoints import Security

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from binance_creds._credentials import Credentials, CredentialsHandle
    from binance_creds._time._deadline import Deadline

__all__ = ["DEFAULT_RECV_WINDOW_MS", "WireSigner", "check_recv_window"]

DEFAULT_RECV_WINDOW_MS: Final = 5000  # the exchange's own default; rest-api.md, Timing security
LARGEST_RECV_WINDOW_MS: Final = 60_000


def check_recv_window(recv_window_ms: int) -> None:
    """Refuse a window that the exchange would answer with -1131.

    Source: binance-spot-api-docs a5e0bc3d, rest-api.md, Timing security.
    """
    if not 0 < recv_window_ms <= LARGEST_RECV_WINDOW_MS:
        msg = f"recv_window_ms must be from 1 to {LARGEST_RECV_WINDOW_MS}."
        raise ConfigurationError(msg)


class WireSigner:
    """Sign the requests of one client. Threads and tasks share it.

    The environment is that of the first snapshot: a client whose hosts were chosen for it refuses
    credentials of another later.

    Args:
        credentials: credentials, or a handle that has them.
        hosts: hosts that may get the key besides those of the environment and loopback.
        recv_window_ms: how long a request stays valid that does not say so itself, 1 to 60000 ms.
        clock: seconds since the epoch; an offset to the exchange's time included.

    Attributes:
        last_used: the snapshot that made the last signature; `None` before the first.
    """

    __slots__ = ("_environment", "_hosts", "_recv_window_ms", "clock", "credentials", "last_used")

    def __init__(
        self,
        credentials: CredentialsHandle,
        *,
        hosts: Collection[str] = (),
        recv_window_ms: int = DEFAULT_RECV_WINDOW_MS,
        clock: Callable[[], float] | None = None,
    ) -> None:
        check_recv_window(recv_window_ms)
        self.credentials = credentials
        self._hosts = trusted_hosts(hosts)
        self._recv_window_ms = recv_window_ms
        self.clock = clock or time.time
        self._environment = credentials.current.environment
        self.last_used: Credentials | None = None

    def sign(
        self,
        request: Outgoing,
        *,
        security: Security | None = None,
        deadline: Deadline | None = None,
    ) -> Signed:
        """Return a request of somebody who leaves all of it to us, with what its endpoint needs.

        Args:
            request: without key and signature.
            security: what the endpoint needs; by default the table of endpoints says.
            deadline: until when it must be signed.

        Raises:
            ConfigurationError: it would take the key elsewhere, or cannot be signed.
            ProviderUnavailableError: the deadline is over.
        """
        ready = self._ready(request, security)
        return ready if isinstance(ready, Signed) else self._finish(*ready, deadline)

    async def asign(
        self,
        request: Outgoing,
        *,
        security: Security | None = None,
        deadline: Deadline | None = None,
    ) -> Signed:
        """Do what `sign` does, without blocking the event loop."""
        ready = self._ready(request, security)
        return ready if isinstance(ready, Signed) else await self._afinish(*ready, deadline)

    def resign(self, request: Outgoing, *, deadline: Deadline | None = None) -> Signed:
        """Return a request that its client signed with placeholders, signed anew.

        Args:
            request: with the placeholder as its key. With a signature it gets a new one and a new
                timestamp; without, the key alone, or nothing where the endpoint is public.
            deadline: until when it must be signed.

        Raises:
            ConfigurationError: it has another key, or signatures in a way that is not known.
            ProviderUnavailableError: the deadline is over.
        """
        ready = self._ready_again(request)
        return ready if isinstance(ready, Signed) else self._finish(*ready, deadline)

    async def aresign(self, request: Outgoing, *, deadline: Deadline | None = None) -> Signed:
        """Do what `resign` does, without blocking the event loop."""
        ready = self._ready_again(request)
        return ready if isinstance(ready, Signed) else await self._afinish(*ready, deadline)

    def sign_message(
        self,
        message: Mapping[str, Any],
        url: str,
        *,
        security: Security | None = None,
        deadline: Deadline | None = None,
    ) -> tuple[dict[str, Any], Credentials | None]:
        """Return a message of the WebSocket API with key and signature, and who signed it.

        Args:
            message: `id`, `method` and `params`. Placeholders among the params are replaced.
            url: of the connection.
            security: what the method needs; by default what the message has placeholders for.
            deadline: until when it must be signed.

        Raises:
            ConfigurationError: the key would go elsewhere, a logon has a key that is not Ed25519,
                or a parameter cannot be sent.
            ProviderUnavailableError: the deadline is over.
        """
        used, sent, is_signed = self._ready_message(message, url, security)
        if used is None:
            return dict(message), None
        signature = self._signature(payload_of(sent), used, deadline) if is_signed else None
        return _with_params(message, sent, signature), used

    async def asign_message(
        self,
        message: Mapping[str, Any],
        url: str,
        *,
        security: Security | None = None,
        deadline: Deadline | None = None,
    ) -> tuple[dict[str, Any], Credentials | None]:
        """Do what `sign_message` does, without blocking the event loop."""
        used, sent, is_signed = self._ready_message(message, url, security)
        if used is None:
            return dict(message), None
        payload = payload_of(sent)
        signature = await self._asignature(payload, used, deadline) if is_signed else None
        return _with_params(message, sent, signature), used

    def check(self, url: str) -> None:
        """Refuse an address that the key must not go to; for a connection before it is made."""
        check_target(url.partition("?")[0], self._environment, self._hosts)

    proving = staticmethod(proving)

    def _ready(
        self, request: Outgoing, security: Security | None
    ) -> Signed | tuple[Unsigned, Credentials]:
        base = request.url.partition("?")[0].partition("#")[0]
        used = self._snapshot(base)
        needed = security or security_at(base)
        if needed is Security.PUBLIC:
            return Signed(request.url, request.body)
        if needed is Security.KEY:
            return Signed(request.url, request.body, used.api_key, used)
        window = self._recv_window_ms
        return stamped(request, timestamp_ms=self._now_ms(), recv_window_ms=window), used

    def _ready_again(self, request: Outgoing) -> Signed | tuple[Unsigned, Credentials]:
        is_signed = has_signature(request)
        if request.api_key is None and not is_signed:
            return Signed(request.url, request.body)
        if request.api_key != PLACEHOLDER_KEY:
            msg = "this request has no API key, or another than the adapter has given its client."
            raise ConfigurationError(msg, hint="Leave keys and headers to the adapter.")
        base = request.url.partition("?")[0].partition("#")[0]
        if is_signed:
            used = self._snapshot(base)
            return stamped_anew(request, timestamp_ms=self._now_ms()), used
        if security_at(base) is Security.PUBLIC:
            return Signed(request.url, request.body)
        used = self._snapshot(base)
        return Signed(request.url, request.body, used.api_key, used)

    def _ready_message(
        self, message: Mapping[str, Any], url: str, security: Security | None
    ) -> tuple[Credentials | None, dict[str, Any], bool]:
        params = message.get("params") or {}
        is_signed = "signature" in params if security is None else security is Security.SIGNED
        if not is_signed and security is not Security.KEY and "apiKey" not in params:
            return None, {}, False
        if params.get("apiKey", PLACEHOLDER_KEY) != PLACEHOLDER_KEY:
            msg = "this message has another API key than the adapter has given its client."
            raise ConfigurationError(msg, hint="Leave keys to the adapter.")
        # Before the key joins them: what refuses a parameter must not have the key in its frame.
        sent: dict[str, Any] = sendable(params)
        used = self._snapshot(url.partition("?")[0])
        check_logon(message.get("method", ""), used)
        if is_signed:
            sent.setdefault("recvWindow", self._recv_window_ms)
            sent["timestamp"] = self._now_ms()
        sent["apiKey"] = used.api_key.reveal()
        return used, sent, is_signed

    def _snapshot(self, base: str) -> Credentials:
        used = self.credentials.current
        if used.environment is not self._environment:
            msg = (
                f"this client trades in {self._environment.value!r}, and its credentials now"
                f" belong to {used.environment.value!r}."
            )
            raise ConfigurationError(msg, hint="Build a new client.")
        check_target(base, self._environment, self._hosts)
        reach()
        return used

    def _now_ms(self) -> int:
        return int(self.clock() * 1000)

    def _finish(self, unsigned: Unsigned, used: Credentials, deadline: Deadline | None) -> Signed:
        return unsigned.signed(self._signature(unsigned.payload, used, deadline), used)

    async def _afinish(
        self, unsigned: Unsigned, used: Credentials, deadline: Deadline | None
    ) -> Signed:
        return unsigned.signed(await self._asignature(unsigned.payload, used, deadline), used)

    def _signature(self, payload: bytes, used: Credentials, deadline: Deadline | None) -> str:
        signature = used.sign(payload)
        if used is not self.last_used:
            record("use", credentials=used, detail="client")
            self.last_used = used
        if deadline is not None and deadline.is_over:
            msg = f"the request was not signed within {deadline.seconds:g} s, and was not sent."
            raise ProviderUnavailableError(msg, hint="Send it again.")
        return signature

    async def _asignature(
        self, payload: bytes, used: Credentials, deadline: Deadline | None
    ) -> str:
        return self._signature(payload, used, deadline)  # a local key signs in microseconds


def _with_params(
    message: Mapping[str, Any], sent: dict[str, Any], signature: str | None
) -> dict[str, Any]:
    ordered = dict(sorted(sent.items()))
    if signature is not None:
        ordered["signature"] = signature
    return {**message, "params": ordered}
