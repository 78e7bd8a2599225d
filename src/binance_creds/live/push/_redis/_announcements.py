"""`RedisAnnouncements`: listen to a channel or a stream."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from binance_creds.errors import ClosedError
from binance_creds.live.push._redis._client import LOGGER, SLICE_SECONDS, address_of, client_of
from binance_creds.live.push._redis._errors import translated
from binance_creds.live.push._redis._message import announcement_of
from binance_creds.live.push._redis._readers import Channel, Stream
from binance_creds.providers.remote._quiet import quiet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from binance_creds._uri import SourceURI
    from binance_creds.providers._announcements import Announcement

__all__ = ["RedisAnnouncements"]


class RedisAnnouncements:
    """Listen to one channel or stream; a lost connection is made anew by the next wait.

    Options: `channel` (the default, named `binance-creds`) or `stream`. The scheme `rediss` is TLS;
    a private authority is named by SSL_CERT_FILE. User and password are taken from REDIS_USERNAME
    and REDIS_PASSWORD whenever a connection is made.

    Raises:
        ConfigurationError: an unknown option, both of them, or the location is no HOST:PORT/DB.
    """

    def __init__(self, uri: SourceURI) -> None:
        self._uri = uri
        address = address_of(uri)
        self._client = client_of(address)
        self._listener = (
            Stream(self._client, address.stream)
            if address.stream
            else Channel(self._client, address.channel)
        )
        self._closed = threading.Event()

    def wait(self, timeout_seconds: float) -> Sequence[Announcement]:
        """Return what was announced; blocks until there is something, or for the timeout.

        Connecting, and an answer that does not come, may take 5 seconds more.

        Raises:
            ClosedError: it was closed before.
            CredentialsError: as the table of `_errors` says.
        """
        if self._closed.is_set():
            raise ClosedError("this is not listened to any more.", source=self._uri.redacted)
        refusal = None
        with quiet(LOGGER):
            try:
                found = self._waited(time.monotonic() + timeout_seconds)
            except Exception as error:  # noqa: BLE001  # redis, ssl and socket have many classes
                refusal, found = translated(error).at(self._uri.redacted), []
            if refusal is not None or self._closed.is_set():
                self._listener.drop()
        if refusal is not None and not self._closed.is_set():  # else closing is what broke it
            raise refusal
        return found

    def close(self) -> None:
        """End a `wait` of another thread, at once or within a second, and disconnect."""
        self._closed.set()
        self._client.close()

    def _waited(self, ends_at: float) -> list[Announcement]:
        while True:
            left = max(0.0, ends_at - time.monotonic())
            messages = self._listener.read(min(left, SLICE_SECONDS))
            found = [one for one in map(announcement_of, messages) if one is not None]
            if found or self._closed.is_set() or time.monotonic() >= ends_at:
                return list(dict.fromkeys(found))
