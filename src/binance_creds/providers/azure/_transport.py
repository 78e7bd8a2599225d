"""What carries the requests of Azure's SDKs, and judges the answers to those that log in.

azure-identity reports a login server that fails as a refused login, MSAL repeats its answer for a
minute, and the default chain drops the cause. So what did not come from a login server, or will
pass, is raised here, before either of them has seen it.
"""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any, Final

from azure.core.exceptions import AzureError
from azure.core.pipeline.transport import RequestsTransport
from azure.identity import CredentialUnavailableError

from binance_creds._time._retry_after import retry_after_seconds
from binance_creds.providers.azure._login_errors import LOGIN, METADATA, NOT_READY, REFUSED
from binance_creds.providers.remote._call import SIGNING_LANES
from binance_creds.providers.remote._error_row import DOWN
from binance_creds.providers.remote._provider import timeouts_of
from binance_creds.providers.remote._sessions import keep_to_its_login

if TYPE_CHECKING:
    from binance_creds._time._deadline import Deadline
    from binance_creds.errors import CredentialsError

__all__ = ["LoginTransport", "limits", "transport_of"]

_OK: Final = 200
_NOT_FOUND: Final = 404
_UPDATING: Final = 410
_THROTTLED: Final = 429
_FAULT: Final = 500
_REFUSALS: Final = range(400, 404)
# One of these is in every answer of Entra: to the discovery of an authority, and to a login.
_GRANTS: Final = {"access_token", "token_endpoint", "tenant_discovery_endpoint"}
# By which Entra says, with a status of 400, that it is not of the login. Source: RFC 6749, 4.1.2.1,
# and learn.microsoft.com, "Entra authentication and authorization error codes".
_PASSING: Final = ("server_error", "temporarily_unavailable")
_METADATA_VARIABLES: Final = (
    "AZURE_POD_IDENTITY_AUTHORITY_HOST", "IDENTITY_ENDPOINT", "MSI_ENDPOINT",
)  # fmt: skip
_NO_PROXY: Final = {"http": "", "https": ""}


def transport_of() -> RequestsTransport:
    """Return what carries requests, past every proxy where they stay on this machine."""
    return _opened(RequestsTransport())


def limits(deadline: Deadline) -> dict[str, Any]:
    """Return the keyword arguments of a call that bound its one request."""
    connect, read = timeouts_of(deadline)
    return {"connection_timeout": connect, "read_timeout": read}


def _opened(transport: RequestsTransport) -> RequestsTransport:
    transport.open()
    for adapter in transport.session.adapters.values():
        adapter.init_poolmanager(1, SIGNING_LANES)  # one host; a key signs so often at a time
    keep_to_its_login(transport.session)
    return transport


class LoginTransport(RequestsTransport):  # type: ignore[misc]  # azure.core has no types here
    """Carry logins, and raise one of our errors for what is no answer to one.

    Args:
        is_managed: whether the source says that this machine has a metadata server: one that is
            not ready is then waited for.
    """

    def __init__(self, *, is_managed: bool) -> None:
        super().__init__()
        self._is_managed = is_managed
        _opened(self)

    def send(self, request: Any, **options: Any) -> Any:
        """Send a request.

        Raises:
            CredentialsError: the login server does not answer, another answers for it, or it fails.
            AzureError: this is not Azure, and nothing says that it must be.
        """
        url = request.url
        if _is_metadata(url):  # learn.microsoft.com, "Azure IMDS": proxies are not supported
            return self._sent_to_metadata(request, {**options, "proxies": _NO_PROXY})
        try:
            response = super().send(request, **options)
        except (AzureError, OSError) as error:
            failure = LOGIN.raised(error)
        else:
            wrong = _wrong_with(response)
            if wrong is None or "/metadata/instance/" in url:  # MSAL asks there for the region
                return response
            failure = wrong
        raise failure

    def _sent_to_metadata(self, request: Any, options: dict[str, Any]) -> Any:
        is_expected = self._is_managed or _is_named(request.url)
        try:
            response = super().send(request, **options)
        except AzureError as error:
            if not is_expected:  # the default chain finds out whether this is Azure
                raise
            failure: Exception = METADATA.raised(error)
        else:
            wrong = _wrong_with_metadata(response, is_expected=is_expected)
            if wrong is None:
                return response
            failure = wrong
        raise failure


def _wrong_with(response: Any) -> CredentialsError | None:
    """Return what is wrong with an answer of Entra, `None` if the SDK is to read it."""
    status, told = response.status_code, _object_of(response)
    is_own = _is_grant(told) if status == _OK else "error" in told
    if is_own and told.get("error") in _PASSING:
        return LOGIN.error(DOWN, status=status)
    if is_own and status < _FAULT and status != _THROTTLED:
        return None
    delay = retry_after_seconds(response.headers.get("Retry-After"))
    return LOGIN.answered((), "", status=status, is_own=is_own, retry_after_seconds=delay)


def _wrong_with_metadata(response: Any, *, is_expected: bool) -> Exception | None:
    """Return the same for a metadata server.

    Source: learn.microsoft.com, "Managed identities: error handling", on 404, 410, 429 and 5xx.
    Metadata servers of other clouds have the same address, and refuse what Azure's is asked.
    """
    status, told = response.status_code, _object_of(response)
    is_refusal = status in _REFUSALS
    if not is_expected and (is_refusal or status == _NOT_FOUND):
        return CredentialUnavailableError("this is not Azure")
    if status in {_NOT_FOUND, _UPDATING, _THROTTLED} or status >= _FAULT:
        return METADATA.error(NOT_READY, status=status)
    if is_refusal:  # that of Arc names a file whose content the SDK shows next
        is_readable = told or "WWW-Authenticate" in response.headers
        return None if is_readable else METADATA.error(REFUSED, status=status)
    if status == _OK and _is_grant(told) and _has_life(told):
        return None
    return METADATA.answered((), "", status=status, is_own=False)


def _is_grant(told: dict[str, Any]) -> bool:
    """Return whether an answer of 200 holds what the SDK takes for granted."""
    return any(isinstance(told.get(name), str) for name in _GRANTS) and (
        "access_token" not in told or _has_life(told)
    )


def _has_life(told: dict[str, Any]) -> bool:
    given = (told.get("expires_in"), told.get("expires_on"))
    return any(re.fullmatch(r"-?\d{1,15}", str(life)) for life in given if life is not None)


def _object_of(response: Any) -> dict[str, Any]:
    """Return the JSON object that an answer is, empty for any other answer."""
    try:
        told = json.loads(response.text())
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _is_metadata(url: str) -> bool:
    return "/metadata/identity/" in url or _is_named(url)


def _is_named(url: str) -> bool:
    """Return whether the environment says that this is where the machine's identity is given."""
    named = [os.environ.get(name) for name in _METADATA_VARIABLES]
    return any(url.startswith(one) for one in named if one)
