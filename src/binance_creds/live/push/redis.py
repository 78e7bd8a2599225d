"""`redis://HOST:PORT/DB`: what a fleet announces to itself through a Redis channel or stream.

A channel reaches who listens at that moment; a stream also those who were away for a while. Neither
carries a value: a message with anything but `scheme`, `name` and `version` is dropped.
"""

from __future__ import annotations

import json
import os
import re
import ssl
import threading
import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import redis
import redis.exceptions
from redis.backoff import NoBackoff
from redis.retry import Retry

from binance_creds._uri import SourceURI
from binance_creds.errors import (
    AccessDeniedError,
    AuthenticationError,
    ClosedError,
    ConfigurationError,
    CredentialsError,
    ProviderUnavailableError,
)
from binance_creds.live.push._redis_message import announcement_of, checked
from binance_creds.providers._options import check_options
from binance_creds.providers.remote._call import CONNECT_SECONDS
from binance_creds.providers.remote._error_row import ErrorRow
from binance_creds.providers.remote._quiet import quiet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from binance_creds.providers._announcements import Announcement

__all__ = ["RedisAnnouncements", "announce"]

_CHANNEL: Final = "binance-creds"
_SLICE_SECONDS: Final = 1.0  # of a wait: how long `close` goes unnoticed at most
_ANSWER_SECONDS: Final = 5.0  # for the answer to a command, beyond what it was asked to wait
_IDLE_SECONDS: Final = 30.0  # without a word on a channel, after which the server is asked for one
_ENTRIES: Final = 100  # of a stream, in one answer
_KEPT: Final = 1_000  # entries that a stream is trimmed to, about
_INSTANT_SECONDS: Final = 0.01  # the client takes 0 for "no time to read the rest of a message"
_LOCATION: Final = re.compile(r"([\w.-]+|\[[0-9a-f:]+\])(?::(\d{1,5}))?(?:/(\d{0,5}))?", re.ASCII)
_LOGGER: Final = "redis"


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
        address = _address_of(uri)
        self._client = _client_of(address)
        self._listener = (
            _Stream(self._client, address.stream)
            if address.stream
            else _Channel(self._client, address.channel)
        )
        self._closed = threading.Event()

    def wait(self, timeout_seconds: float) -> Sequence[Announcement]:
        """Return what was announced; blocks until there is something, or for the timeout.

        Connecting, and an answer that does not come, may take 5 seconds more.

        Raises:
            ClosedError: it was closed before.
            CredentialsError: as the table at the end of this file says.
        """
        if self._closed.is_set():
            raise ClosedError("this is not listened to any more.", source=self._uri.redacted)
        refusal = None
        with quiet(_LOGGER):
            try:
                found = self._waited(time.monotonic() + timeout_seconds)
            except Exception as error:  # noqa: BLE001  # redis, ssl and socket have many classes
                refusal, found = _translated(error).at(self._uri.redacted), []
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
            messages = self._listener.read(min(left, _SLICE_SECONDS))
            found = [one for one in map(announcement_of, messages) if one is not None]
            if found or self._closed.is_set() or time.monotonic() >= ends_at:
                return list(dict.fromkeys(found))


def announce(uri: SourceURI | str, announcement: Announcement) -> None:
    """Tell whoever listens. Call it once the version is current.

    Blocks: 5 seconds at most for the connection, and 6 for each answer.

    Args:
        uri: as for `RedisAnnouncements`. A stream is trimmed to about its newest 1,000 entries.
        announcement: with no scheme, name or version it is about all of them.

    Raises:
        ConfigurationError: what is announced is longer than a name, or looks like a key.
        CredentialsError: as the table at the end of this file says.
    """
    uri = SourceURI.parse(uri)
    address = _address_of(uri)
    told = {name: word for name, word in announcement._asdict().items() if word is not None}
    is_fit = checked(told) == announcement
    del announcement
    if not is_fit:
        del told  # a traceback with locals must not find a key here
        msg = "scheme, name and version are words of at most 512 characters, and never a key."
        raise ConfigurationError(msg, source=uri.redacted)
    refusal = _told(_client_of(address), address, told)
    if refusal is not None:
        raise refusal.at(uri.redacted)


def _told(client: Any, address: _Address, told: dict[str, str]) -> CredentialsError | None:
    with quiet(_LOGGER):
        try:
            if address.stream:
                client.xadd(address.stream, told or {"name": ""}, maxlen=_KEPT, approximate=True)
            else:
                client.publish(address.channel, json.dumps(told))
        except Exception as error:  # noqa: BLE001  # as in `wait`
            return _translated(error)
        finally:
            client.close()
    return None


class _Channel:
    """Subscribe to a channel, and go on listening between two reads."""

    def __init__(self, client: Any, name: str) -> None:
        self._pubsub = client.pubsub()
        self._name = name
        self._heard_at = 0.0
        self._asked_at: float | None = None

    def read(self, seconds: float) -> list[Any]:
        """Return the messages that come within a time, if any.

        Raises:
            redis.exceptions.RedisError: also where the server has been silent for too long.
        """
        if not self._pubsub.subscribed:
            self._subscribe()
        heard = [self._pubsub.get_message(timeout=max(seconds, _INSTANT_SECONDS))]
        while heard[-1] is not None and len(heard) < _ENTRIES:
            heard.append(self._pubsub.get_message(timeout=_INSTANT_SECONDS))
        self._check(is_alive=heard[0] is not None)
        return [one["data"] for one in heard if one is not None and one["type"] == "message"]

    def drop(self) -> None:
        """Disconnect; the next read subscribes again."""
        self._pubsub.reset()

    def _subscribe(self) -> None:
        self._pubsub.subscribe(self._name)
        if self._pubsub.get_message(timeout=_ANSWER_SECONDS) is None:
            raise redis.exceptions.TimeoutError
        self._check(is_alive=True)

    def _check(self, *, is_alive: bool) -> None:
        """Ask a silent server for a word: a channel does not tell a dead peer from a quiet one."""
        now = time.monotonic()
        if is_alive:
            self._heard_at, self._asked_at = now, None
        elif self._asked_at is not None:
            if now - self._asked_at > _ANSWER_SECONDS:
                raise redis.exceptions.TimeoutError
        elif now - self._heard_at > _IDLE_SECONDS:
            self._pubsub.ping()
            self._asked_at = now


class _Stream:
    """Read a stream from its end at the first read on, without a gap."""

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self._name = name
        self._last_id: bytes | None = None  # outlives a connection

    def read(self, seconds: float) -> list[Any]:
        """Return the entries that come within a time, if any.

        Raises:
            redis.exceptions.RedisError: as the client does.
        """
        if self._last_id is None:  # "$" would be another end at each read
            newest = self._client.xrevrange(self._name, count=1)
            self._last_id = newest[0][0] if newest else b"0-0"
        milliseconds = max(1, int(seconds * 1_000))  # 0 would be for ever
        answer = self._client.xread({self._name: self._last_id}, count=_ENTRIES, block=milliseconds)
        entries = [entry for _, entries in answer or () for entry in entries]
        if entries:
            self._last_id = entries[-1][0]
        return [fields for _, fields in entries]

    def drop(self) -> None:
        """Disconnect; the next read goes on behind the last entry."""
        self._client.close()


class _Address(NamedTuple):
    host: str
    port: int
    database: int
    is_tls: bool
    channel: str
    stream: str | None


class _Login(redis.CredentialProvider):
    """Look for user and password when a connection is made, and keep neither."""

    def get_credentials(self) -> Any:  # `()` is understood too, and missing from its type
        """Return what AUTH is given: nothing, a password, or both."""
        names = ("REDIS_USERNAME", "REDIS_PASSWORD") if os.environ.get("REDIS_PASSWORD") else ()
        return tuple(os.environ[name] for name in names if os.environ.get(name))


def _address_of(uri: SourceURI) -> _Address:
    check_options(uri)
    if len(uri.options) > 1:
        msg = "'channel' and 'stream' contradict each other."
        raise ConfigurationError(msg, source=uri.redacted)
    match = _LOCATION.fullmatch(uri.location)
    if match is None:
        hint = "Write redis://HOST:PORT/DB?channel=NAME, or stream=NAME; user and password belong "
        hint += "into REDIS_USERNAME and REDIS_PASSWORD."
        msg = "this is not the address of a channel or stream."
        raise ConfigurationError(msg, source=f"{uri.scheme}:...", hint=hint)
    return _Address(
        host=match[1].strip("[]"),
        port=int(match[2] or 6379),
        database=int(match[3] or 0),
        is_tls=uri.scheme == "rediss",
        channel=uri.options.get("channel", _CHANNEL),
        stream=uri.option("stream"),
    )


def _client_of(address: _Address) -> Any:
    tls: dict[str, Any] = {"ssl": True, "ssl_cert_reqs": "required", "ssl_check_hostname": True}
    return redis.Redis(
        host=address.host,
        port=address.port,
        db=address.database,
        credential_provider=_Login(),
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=_SLICE_SECONDS + _ANSWER_SECONDS,
        socket_keepalive=True,
        retry=Retry(NoBackoff(), 0),  # whoever waits decides when to try again
        protocol=2,  # messages come the same way from every version of server and client
        **(tls if address.is_tls else {}),
    )


_SILENT: Final = ErrorRow(
    ProviderUnavailableError,
    "Redis does not answer.",
    "Check the address, and the network between.",
)
_BUSY: Final = ErrorRow(ProviderUnavailableError, "Redis cannot serve this now.")
_UNTRUSTED: Final = ErrorRow(
    ConfigurationError,
    "the certificate of the server is not trusted.",
    "For a private CA set SSL_CERT_FILE; else somebody may be reading along.",
)

_CLASSES: Final[dict[type[Exception], ErrorRow]] = {
    # A wrong password or user, or none where one is needed.
    redis.exceptions.AuthenticationError: ErrorRow(
        AuthenticationError,
        "Redis does not accept this user and password.",
        "Set REDIS_PASSWORD, and REDIS_USERNAME for a user other than the default one.",
    ),
    # The ACL of the user lacks the command, the channel or the key.
    redis.exceptions.NoPermissionError: ErrorRow(
        AccessDeniedError,
        "this user may not use the channel or stream.",
        "Allow it: ACL SETUSER ... +subscribe +publish &CHANNEL, or +xread +xrevrange +xadd ~NAME.",
    ),
    # Started a moment ago, and still reading its data.
    redis.exceptions.BusyLoadingError: _BUSY,
    # `announce` came to a replica, as it does while another primary is chosen.
    redis.exceptions.ReadOnlyError: ErrorRow(
        ProviderUnavailableError,
        "this Redis is a replica, which takes no announcement.",
        "Write the primary's address.",
    ),
    # A replica that lost its primary; a cluster without a majority.
    redis.exceptions.ClusterDownError: _BUSY,
    redis.exceptions.TryAgainError: _BUSY,
    # More memory is used than allowed; `announce` alone needs some.
    redis.exceptions.OutOfMemoryError: _BUSY,
    # Another node of a cluster has the stream; a channel is heard at every node.
    redis.exceptions.AskError: ErrorRow(
        ConfigurationError,
        "the stream is at another node of the cluster.",
        "Use a channel, or write the address of that node.",
    ),
    # The database's number is too high, the key is no stream, or the server knows none.
    redis.exceptions.ResponseError: ErrorRow(
        ConfigurationError,
        "Redis refuses the command.",
        "Check the database's number, that the stream is one, and that this is Redis 5 or later.",
    ),
    # Refused, no such host, timed out, reset, too many clients, or something that is no Redis.
    redis.exceptions.RedisError: _SILENT,
    OSError: _SILENT,
}


def _translated(error: Exception) -> CredentialsError:
    row = _UNTRUSTED if _is_untrusted(error) else None
    for kind in type(error).__mro__:
        row = row or _CLASSES.get(kind)
    if row is None:
        return ProviderUnavailableError(f"listening failed ({type(error).__name__}).")
    return row.error()


def _is_untrusted(error: BaseException | None) -> bool:
    """Return whether it came of a certificate: the client says only that it could not connect."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False
