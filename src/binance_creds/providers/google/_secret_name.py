"""Where a Google secret is: from a source to a client of the API, over REST or gRPC."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import google.cloud.secretmanager_v1 as secretmanager  # `from` would hide that it is absent
import grpc
from google.auth.credentials import Credentials
from google.auth.transport.grpc import SslCredentials
from google.cloud.secretmanager_v1.services.secret_manager_service import transports

from binance_creds._loopback import bypass_proxies, is_loopback_url
from binance_creds.errors import ConfigurationError
from binance_creds.providers.remote._call import warn_if_plain

if TYPE_CHECKING:
    from binance_creds._uri import SourceURI

__all__ = ["LATEST", "Place", "client_of", "place_of", "proxy_options"]

LATEST: Final = "latest"
_PROJECT: Final = r"(?P<project>[a-z0-9][a-z0-9.:-]{0,99})"  # an id, a number, or domain.com:id
_SECRET: Final = r"(?P<secret>[A-Za-z0-9_-]{1,255})"  # noqa: S105  # API reference, CreateSecret
_SHORT: Final = re.compile(f"{_PROJECT}/{_SECRET}")
_FULL: Final = re.compile(
    f"projects/{_PROJECT}(/locations/(?P<location>[^/]+))?/secrets/{_SECRET}"
    "(/versions/(?P<version>[^/]+))?"
)
_VERSION: Final = re.compile(r"[1-9][0-9]*|[A-Za-z][A-Za-z0-9_-]{0,62}")  # a number or an alias
_LOCATION: Final = re.compile(r"[a-z][a-z0-9-]{0,62}")
_EMAIL: Final = re.compile(r"[A-Za-z0-9._-]+@[A-Za-z0-9.:-]+")
_ENDPOINT: Final = re.compile(r"(?:(https?)://)?((?:[\w.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?)/?")
_CHANNEL: Final = (  # gRPC shares connections of the process between channels, unless told not to
    ("grpc.use_local_subchannel_pool", 1),
)


class Place(NamedTuple):
    """Which secret, and where it is asked for."""

    project: str
    secret: str
    location: str | None
    is_rest: bool
    is_plain: bool
    endpoint: str | None

    @property
    def parent(self) -> str:
        where = f"/locations/{self.location}" if self.location else ""
        return f"projects/{self.project}{where}"

    @property
    def name(self) -> str:
        return f"{self.parent}/secrets/{self.secret}"

    def version(self, version: str) -> str:
        return f"{self.name}/versions/{version}"


def place_of(uri: SourceURI) -> tuple[Place, str]:
    """Return what the location and the options say, and which version is asked for.

    Raises:
        ConfigurationError: no project and secret, or options that contradict them or each other.
    """
    found = _FULL.fullmatch(uri.location) or _SHORT.fullmatch(uri.location)
    if found is None:
        msg = "the location is a project and a secret, such as gcp-sm://my-project/binance."
        raise ConfigurationError(msg, source=uri.redacted)
    named = found.groupdict()
    location = _one(uri, "location", named.get("location"), _LOCATION)
    version = _one(uri, "version", named.get("version"), _VERSION) or LATEST
    scheme, host = _endpoint(uri)
    who = [name for name in ("credentials_file", "impersonate") if uri.option(name)]
    if scheme == "http" and who:
        msg = f"there is no login over http: {who[0]!r} cannot be honoured."
        raise ConfigurationError(msg, source=uri.redacted)
    _one(uri, "impersonate", None, _EMAIL)
    return Place(
        project=named["project"],
        secret=named["secret"],
        location=location,
        is_rest=uri.choice("transport", "rest", "grpc") == "rest",
        is_plain=scheme == "http",
        endpoint=host,
    ), version


def _one(uri: SourceURI, option: str, named: str | None, form: re.Pattern[str]) -> str | None:
    """Return what an option or the location says; both may, if they agree."""
    given = uri.option(option)
    if given is not None and named not in {None, given}:
        msg = f"the option {option!r} contradicts the location."
        raise ConfigurationError(msg, source=uri.redacted, hint="Leave the option out.")
    found = given if named is None else named
    if found is not None and not form.fullmatch(found):
        msg = f"this is not a valid {option!r}."
        raise ConfigurationError(msg, source=uri.redacted)
    return found


def _endpoint(uri: SourceURI) -> tuple[str | None, str | None]:
    given = uri.option("endpoint")
    if given is None:
        return None, None
    parts = _ENDPOINT.fullmatch(given)
    if parts is None:
        msg = "the option 'endpoint' is a host, with a port or without, or http://HOST:PORT."
        raise ConfigurationError(msg, source=uri.redacted)
    warn_if_plain(given)
    return parts[1], parts[2]


def client_of(place: Place, universe: str) -> Any:
    """Return a client without credentials: they are in the headers."""
    region = f".{place.location}.rep" if place.location else ""
    host = place.endpoint or f"secretmanager{region}.{universe}"
    transport: Any
    if place.is_rest:
        nobody: Any = _Nobody  # its base is not typed
        transport = transports.SecretManagerServiceRestTransport(
            host=host, credentials=nobody(), url_scheme="http" if place.is_plain else "https"
        )
        bypass_proxies(transport._session)  # noqa: SLF001  # it takes none of ours
    else:
        transport = transports.SecretManagerServiceGrpcTransport(
            host=host, channel=_channel(host, is_plain=place.is_plain)
        )
    return secretmanager.SecretManagerServiceClient(transport=transport)


def _channel(host: str, *, is_plain: bool) -> Any:
    target = host if re.search(r":\d+$", host) else f"{host}:443"
    options = (*_CHANNEL, *proxy_options(target))
    if is_plain:
        return grpc.insecure_channel(target, options=options)
    return grpc.secure_channel(target, SslCredentials().ssl_credentials, options=options)


def proxy_options(target: str) -> tuple[tuple[str, int], ...]:
    """Return what keeps gRPC from a proxy on its way to this machine itself."""
    return (("grpc.enable_http_proxy", 0),) if is_loopback_url(f"//{target}") else ()


class _Nobody(Credentials):
    """Say nothing: the token is in the headers already."""

    def before_request(self, request: object, method: str, url: str, headers: object) -> None:
        """Add nothing."""

    def refresh(self, request: object) -> None:
        """Leave a 401 as it is; it is translated, and the login is made anew."""
