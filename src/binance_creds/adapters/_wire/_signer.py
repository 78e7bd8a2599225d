"""`WireSigner`: signs the requests of one client where they leave it.

Header and signature come from one snapshot, which is taken after every wait for a connection, so
that a rotation never mixes two pairs, and a request that waited is neither stale nor of an old key.
"""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from binance_creds._recorded import record
from binance_creds._threads._daemons import acalled
from binance_creds._threads._kept import KEPT
from binance_creds.adapters._wire._in_time import DEFAULT_RECV_WINDOW_MS, Stamp, too_late
from binance_creds.adapters._wire._proof import proving
from binance_creds.adapters._wire._readied import Readier, UnsignedMessage
from binance_creds.adapters._wire._request import Outgoing, Signed, Unsigned
from binance_creds.errors import ConfigurationError, ProviderUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from binance_creds._credentials import Credentials
    from binance_creds._credentials_handle import CredentialsHandle
    from binance_creds._time._deadline import Deadline
    from binance_creds.exchange._endpoints import Security

__all__ = ["DEFAULT_RECV_WINDOW_MS", "WireSigner", "check_recv_window"]

LARGEST_RECV_WINDOW_MS: Final = 60_000
_UNSIGNED: Final = (Unsigned, UnsignedMessage)


def check_recv_window(recv_window_ms: int) -> None:
    """Refuse a window that the exchange would answer with -1131.

    Source: binance-spot-api-docs a5e0bc3d, rest-api.md, Timing security.
    """
    is_number = isinstance(recv_window_ms, int | float)
    if not is_number or not 0 < recv_window_ms <= LARGEST_RECV_WINDOW_MS:
        msg = f"recv_window_ms must be a number from 1 to {LARGEST_RECV_WINDOW_MS}."
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

    __slots__ = ("_readier", "last_used")

    def __init__(
        self,
        credentials: CredentialsHandle,
        *,
        hosts: Collection[str] = (),
        recv_window_ms: int = DEFAULT_RECV_WINDOW_MS,
        clock: Callable[[], float] | None = None,
    ) -> None:
        check_recv_window(recv_window_ms)
        self._readier = Readier(credentials, hosts, recv_window_ms, clock or time.time)
        self.last_used: Credentials | None = None

    @property
    def credentials(self) -> CredentialsHandle:
        """What the snapshots are taken of."""
        return self._readier.credentials

    @property
    def clock(self) -> Callable[[], float]:
        """Seconds since the epoch; an offset to the exchange's time included."""
        return self._readier.clock

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
        signed: Signed = self._signed(partial(self._readier.request, request, security), deadline)
        return signed

    async def asign(
        self,
        request: Outgoing,
        *,
        security: Security | None = None,
        deadline: Deadline | None = None,
    ) -> Signed:
        """Do what `sign` does, without blocking the event loop."""
        signed: Signed = await self._asigned(
            partial(self._readier.request, request, security), deadline
        )
        return signed

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
        signed: Signed = self._signed(partial(self._readier.placeholders, request), deadline)
        return signed

    async def aresign(self, request: Outgoing, *, deadline: Deadline | None = None) -> Signed:
        """Do what `resign` does, without blocking the event loop."""
        signed: Signed = await self._asigned(partial(self._readier.placeholders, request), deadline)
        return signed

    def sign_message(
        self,
        message: Mapping[str, Any],
        url: str,
        *,
        security: Security | None = None,
        logged_on: Credentials | None = None,
        deadline: Deadline | None = None,
    ) -> tuple[dict[str, Any], Credentials | None]:
        """Return a message of the WebSocket API with key and signature, and who signed it.

        Args:
            message: `id`, `method` and `params`. Placeholders among the params are replaced.
            url: of the connection.
            security: what the method needs; by default what the message has placeholders for.
            logged_on: who has logged the session on; what is theirs goes without a signature.
            deadline: until when it must be signed.

        Raises:
            ConfigurationError: the key would go elsewhere, a logon has a key that is not Ed25519,
                or a parameter cannot be sent.
            ProviderUnavailableError: the deadline is over.
        """
        signed: tuple[dict[str, Any], Credentials | None] = self._signed(
            partial(self._readier.message, message, url, security, logged_on), deadline
        )
        return signed

    async def asign_message(
        self,
        message: Mapping[str, Any],
        url: str,
        *,
        security: Security | None = None,
        logged_on: Credentials | None = None,
        deadline: Deadline | None = None,
    ) -> tuple[dict[str, Any], Credentials | None]:
        """Do what `sign_message` does, without blocking the event loop."""
        signed: tuple[dict[str, Any], Credentials | None] = await self._asigned(
            partial(self._readier.message, message, url, security, logged_on), deadline
        )
        return signed

    def check(self, url: str) -> None:
        """Refuse an address that the key must not go to; for a connection before it is made."""
        self._readier.check(url)

    proving = staticmethod(proving)

    def _signed(self, readied: Callable[[], Any], deadline: Deadline | None) -> Any:
        """Return what was readied, with its signature if it needs one."""
        ready = readied()
        if not isinstance(ready[0], _UNSIGNED):
            return ready
        unsigned, used = ready
        if used.signed_by is None:
            signature = used.sign(unsigned.payload)
        else:
            unsigned, used, signature = _in_time(readied, ready, Stamp(unsigned.payload))
        self._note(used, deadline)
        return unsigned.signed(signature, used)

    async def _asigned(self, readied: Callable[[], Any], deadline: Deadline | None) -> Any:
        """Do what `_signed` does; a key outside signs elsewhere meanwhile."""
        ready = readied()
        if not isinstance(ready[0], _UNSIGNED):
            return ready
        unsigned, used = ready
        if used.signed_by is None:  # in microseconds
            signature = used.sign(unsigned.payload)
        else:
            stamp = Stamp(unsigned.payload)  # here: a busy machine may start the thread late
            sign = partial(_in_time, readied, ready, stamp)
            unsigned, used, signature = await acalled(sign, start=KEPT.run)
        self._note(used, deadline)
        return unsigned.signed(signature, used)

    def _note(self, used: Credentials, deadline: Deadline | None) -> None:
        if used is not self.last_used:
            record("use", credentials=used, detail="client")
            self.last_used = used
        if deadline is not None and deadline.is_over:
            msg = f"the request was not signed within {deadline.seconds:g} s, and was not sent."
            raise ProviderUnavailableError(msg, hint="Send it again.")


def _in_time(
    readied: Callable[[], Any],
    ready: tuple[Unsigned | UnsignedMessage, Credentials],
    stamp: Stamp,
) -> tuple[Unsigned | UnsignedMessage, Credentials, str]:
    """Return what was signed outside, by whom, and the signature, while the request is valid.

    What took longer than its `recvWindow` is stamped and signed anew, once.

    Raises:
        ProviderUnavailableError: it took too long again, or has a timestamp of its caller's.
        CredentialsError: there is no signature.
    """
    unsigned, used = ready
    signature = used.sign(stamp.payload)
    if not stamp.is_over:
        return unsigned, used, signature
    unsigned, used = readied()
    again = Stamp(unsigned.payload)
    if again.payload != stamp.payload:
        signature = used.sign(again.payload)
        if not again.is_over:
            return unsigned, used, signature
    raise too_late(str(used.signed_by))
