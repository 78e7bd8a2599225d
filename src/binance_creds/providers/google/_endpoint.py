"""Where Google's APIs are asked: the option `endpoint`, and a channel of gRPC that leads there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import grpc
from google.auth.transport.grpc import SslCredentials

from binance_creds._loopback import is_loopback_url
from binance_creds.errors import ConfigurationError
from binance_creds.providers.remote._call import warn_if_plain

if TYPE_CHECKING:
    from binance_creds._uri import SourceURI

__all__ = ["PROJECT", "Endpoint", "channel_of", "endpoint_of"]

PROJECT: Final = r"(?P<project>[a-z0-9][a-z0-9.:-]{0,99})"  # an id, a number, or domain.com:id
_ENDPOINT: Final = re.compile(
    r"(?:((?i:https?))://)?((?:[\w.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?)/?"
)
_EMAIL: Final = re.compile(r"[A-Za-z0-9._-]+@[A-Za-z0-9.:-]+")
_LOGINS: Final = ("credentials_file", "impersonate")


class Endpoint(NamedTuple):
    """A host with a port or without, `None` for Google's own, and whether it is asked over http."""

    host: str | None
    is_plain: bool


def endpoint_of(uri: SourceURI) -> Endpoint:
    """Return what the option `endpoint` says.

    Raises:
        ConfigurationError: it is no host, a login is named for http, where there is none, or the
            account to become is none.
    """
    _check_account(uri)
    given = uri.option("endpoint")
    if given is None:
        return Endpoint(None, is_plain=False)
    parts = _ENDPOINT.fullmatch(given)
    if parts is None:
        msg = "the option 'endpoint' is a host, with a port or without, or http://HOST:PORT."
        hint = "Leave out any path, query and user."
        raise ConfigurationError(msg, source=uri.redacted, hint=hint)
    warn_if_plain(given)
    is_plain = (parts[1] or "").lower() == "http"
    clash = next((name for name in _LOGINS if uri.option(name)), None)
    if is_plain and clash:
        unsent = f"over http no login is sent, and the option {clash!r} names one."
        raise ConfigurationError(unsent, source=uri.redacted, hint="Leave it out, or use https.")
    return Endpoint(parts[2], is_plain)


def _check_account(uri: SourceURI) -> None:
    given = uri.option("impersonate")
    if given is not None and not _EMAIL.fullmatch(given):
        msg = "this is not a valid 'impersonate'."
        hint = "It is a service account, such as bot@my-project.iam.gserviceaccount.com."
        raise ConfigurationError(msg, source=uri.redacted, hint=hint)


def channel_of(host: str, *, is_plain: bool, options: tuple[tuple[str, int], ...]) -> Any:
    """Return a channel of gRPC; one to this machine itself bypasses every proxy."""
    target = host if re.search(r":\d+$", host) else f"{host}:443"
    if is_loopback_url(f"//{target}"):
        options = (*options, ("grpc.enable_http_proxy", 0))
    if is_plain:
        return grpc.insecure_channel(target, options=options)
    return grpc.secure_channel(target, SslCredentials().ssl_credentials, options=options)
