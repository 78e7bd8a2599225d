"""What an answer of Vault or OpenBao looks like, and what to do with one of somebody else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from binance_creds._time._retry_after import retry_after_seconds
from binance_creds.providers.remote._error_row import FOREIGN
from binance_creds.providers.vault._errors import TABLE

if TYPE_CHECKING:
    import requests

__all__ = ["member", "refuse_foreign"]

_BAD_REQUEST: Final = 400
_TOO_MANY: Final = 429


def refuse_foreign(response: requests.Response, **_: object) -> None:
    """Stop a refusal that is in no words of Vault's, or asks for a pause; a hook of requests.

    The 404 of a proxy does not say that the secret is absent, nor its 403 that the token is denied;
    and hvac's errors do not have the header that says how long to wait.
    """
    status = response.status_code
    if status < _BAD_REQUEST:
        return
    is_own = _is_own(response)
    if not is_own or status == _TOO_MANY:
        raise TABLE.answered(
            (status,),
            response.text,
            status=status,
            is_own=is_own,
            retry_after_seconds=retry_after_seconds(response.headers.get("Retry-After")),
        )


def member(answer: Any, name: str) -> Any:
    """Return a member; hvac gives the response itself where a body is not JSON."""
    if not isinstance(answer, dict) or not isinstance(answer.get(name), dict):
        raise TABLE.error(FOREIGN)
    return answer[name]


def _is_own(response: requests.Response) -> bool:
    """Return whether a refusal has the form of all of Vault's: texts, or what is left of data."""
    try:
        body = response.json()
    except (RecursionError, ValueError):
        return False
    if not isinstance(body, dict):
        return False
    said = body.get("errors", body.get("warnings"))
    if isinstance(said, list):
        return all(isinstance(text, str) for text in said)
    return said is None and isinstance(body.get("data"), dict)
