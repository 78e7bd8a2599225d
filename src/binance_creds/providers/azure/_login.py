"""What a source says of its login: which kind of identity asks, and where it logs in."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from binance_creds._uri import SourceURI

__all__ = ["AUTH", "HINTS", "LOGGERS", "Login", "login_of", "make_loggers", "matching"]

LOGGERS: Final = ("azure", "msal", "urllib3", "requests")
"""Of the SDKs, silenced during a call."""

# What each kind honours of the options below; managed identities live in one cloud only.
AUTH: Final = {
    "default": ("client_id", "authority"),
    "managed": ("client_id",),
    "workload": ("client_id", "tenant_id", "authority"),
    "secret": ("client_id", "tenant_id", "authority"),
    "certificate": ("client_id", "tenant_id", "authority"),
    "cli": ("tenant_id",),
}
HINTS: Final = {
    "default": "Log in with `az login`, or name the login: ?auth=managed, workload, secret, ...",
    "managed": "Assign an identity to this machine, and name a user-assigned one: ?client_id=...",
    "workload": "Check the federated credential, AZURE_CLIENT_ID and AZURE_FEDERATED_TOKEN_FILE.",
    "secret": "Check AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET; secrets expire.",
    "certificate": "Check AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_CERTIFICATE_PATH.",
    "cli": "Run: az login",
}
"""What to do about a login that fails, by the value of `auth`."""

# Made by the SDKs only with their first client, when `Remote` has silenced those there were.
_LATE_LOGGERS: Final = (
    "azure.core.pipeline.policies.http_logging_policy",
    "azure.core.pipeline.transport._requests_basic",
    "azure.identity._internal.managed_identity_client",
    "azure.identity._internal.msal_managed_identity_client",
    "msal.oauth2cli.oauth2",
)
_AUTHORITY: Final = re.compile(r"(?:https://)?([a-zA-Z0-9.-]+(?::\d{1,5})?)/?")
_ID: Final = re.compile(r"[0-9a-zA-Z.-]{1,255}")  # a GUID, or a tenant's domain


class Login(NamedTuple):
    """What tells one identity from another; `authority` is `None` for the SDK's own choice."""

    auth: str
    client_id: str | None = None
    tenant_id: str | None = None
    authority: str | None = None
    is_private: bool = False


def login_of(uri: SourceURI, auth: str, authority: str | None) -> Login:
    """Return the login that a source's options describe.

    Args:
        uri: the source.
        auth: the value of the option `auth`.
        authority: of the cloud, unless the option `authority` names another.

    Raises:
        ConfigurationError: an option that this login cannot honour, or that is malformed.
    """
    for name in ("client_id", "tenant_id", "authority"):
        if name in uri.options and name not in AUTH.get(auth, ()):
            msg = f"the login by {auth!r} cannot honour {name!r}."
            raise ConfigurationError(msg, source=uri.redacted)
    private = matching(uri, "authority", _AUTHORITY)
    return Login(
        auth,
        client_id=matching(uri, "client_id", _ID),
        tenant_id=matching(uri, "tenant_id", _ID),
        authority=authority if private is None else f"https://{private}",
        is_private=private is not None,
    )


def matching(uri: SourceURI, name: str, form: re.Pattern[str]) -> str | None:
    """Return an option, or the part of it that its form marks; `None` if it is not there.

    Raises:
        ConfigurationError: it is not of that form.
    """
    value = uri.option(name)
    if value is None:
        return None
    found = form.fullmatch(value)
    if found is None:
        msg = f"the value of the option {name!r} is not valid in Azure."
        raise ConfigurationError(msg, source=uri.redacted)
    return found[form.groups]


def make_loggers() -> None:
    """Make the loggers of the SDKs that `Remote` could not silence later."""
    for name in _LATE_LOGGERS:
        logging.getLogger(name)
