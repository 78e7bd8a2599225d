"""Which secret of Google's a source names, and where it is asked for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from binance_creds.errors import ConfigurationError
from binance_creds.providers.google._endpoint import PROJECT, Endpoint, endpoint_of

if TYPE_CHECKING:
    from binance_creds._uri import SourceURI

__all__ = ["LATEST", "Place", "place_of"]

LATEST: Final = "latest"
_SECRET: Final = r"(?P<secret>[A-Za-z0-9_-]{1,255})"  # noqa: S105  # API reference, CreateSecret
_SHORT: Final = re.compile(f"{PROJECT}/{_SECRET}")
_FULL: Final = re.compile(
    f"projects/{PROJECT}(/locations/(?P<location>[^/]+))?/secrets/{_SECRET}"
    "(/versions/(?P<version>[^/]+))?"
)
_VERSION: Final = re.compile(r"[1-9][0-9]*|[A-Za-z][A-Za-z0-9_-]{0,62}")  # a number or an alias
_LOCATION: Final = re.compile(r"[a-z][a-z0-9-]{0,62}")


class Place(NamedTuple):
    """Which secret, and where it is asked for."""

    project: str
    secret: str
    location: str | None
    is_rest: bool
    endpoint: Endpoint

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
    if found is None or (found.re is _SHORT and found["project"] == "projects"):  # cut off
        msg = "the location is a project and a secret, such as gcp-sm://my-project/binance."
        raise ConfigurationError(msg, source=uri.redacted)
    named = found.groupdict()
    location = _one(uri, "location", named.get("location"), _LOCATION)
    version = _one(uri, "version", named.get("version"), _VERSION) or LATEST
    return Place(
        project=named["project"],
        secret=named["secret"],
        location=location,
        is_rest=uri.choice("transport", "rest", "grpc") == "rest",
        endpoint=endpoint_of(uri),
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
