"""The address that a URI names, and a client for it."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from binance_creds.errors import ConfigurationError
from binance_creds.providers._options import check_options
from binance_creds.providers.remote._call import CONNECT_SECONDS

if TYPE_CHECKING:
    from binance_creds._uri import SourceURI

__all__ = [
    "ANSWER_SECONDS",
    "LOGGER",
    "SLICE_SECONDS",
    "Address",
    "Login",
    "address_of",
    "client_of",
]

LOGGER: Final = "redis"
SLICE_SECONDS: Final = 1.0  # of a wait: how long `close` goes unnoticed at most
ANSWER_SECONDS: Final = 5.0  # for the answer to a command, beyond what it was asked to wait
_CHANNEL: Final = "binance-creds"
_LOCATION: Final = re.compile(r"([\w.-]+|\[[0-9a-f:]+\])(?::(\d{1,5}))?(?:/(\d{0,5}))?", re.ASCII)


class Address(NamedTuple):
    host: str
    port: int
    database: int
    is_tls: bool
    channel: str
    stream: str | None


class Login(redis.CredentialProvider):
    """Look for user and password when a connection is made, and keep neither."""

    def get_credentials(self) -> Any:  # `()` is understood too, and missing from its type
        """Return what AUTH is given: nothing, a password, or both."""
        names = ("REDIS_USERNAME", "REDIS_PASSWORD") if os.environ.get("REDIS_PASSWORD") else ()
        return tuple(os.environ[name] for name in names if os.environ.get(name))


def address_of(uri: SourceURI) -> Address:
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
    return Address(
        host=match[1].strip("[]"),
        port=int(match[2] or 6379),
        database=int(match[3] or 0),
        is_tls=uri.scheme == "rediss",
        channel=uri.options.get("channel", _CHANNEL),
        stream=uri.option("stream"),
    )


def client_of(address: Address) -> Any:
    tls: dict[str, Any] = {"ssl": True, "ssl_cert_reqs": "required", "ssl_check_hostname": True}
    return redis.Redis(
        host=address.host,
        port=address.port,
        db=address.database,
        credential_provider=Login(),
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=SLICE_SECONDS + ANSWER_SECONDS,
        socket_keepalive=True,
        retry=Retry(NoBackoff(), 0),  # whoever waits decides when to try again
        protocol=2,  # messages come the same way from every version of server and client
        **(tls if address.is_tls else {}),
    )
