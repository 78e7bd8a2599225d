"""Write a new version of a secret in place of the expected one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from binance_creds.providers.azure._errors import TABLE
from binance_creds.providers.azure._versions import require_id
from binance_creds.providers.remote._error_row import CHANGED

if TYPE_CHECKING:
    from binance_creds._secret import Secret
    from binance_creds.providers.azure._versions import Versions

__all__ = ["write_version"]

_WRITE_TAG: Final = "binance-creds-write"  # tells our write from another's if its answer is lost


def write_version(
    versions: Versions, document: Secret, token: str, expected_version: str | None
) -> str:
    """Write a version and return its id; again with one token is once.

    Raises:
        ConflictError: another version than the expected one is current.
    """
    tags, current = versions.before()
    if tags.get(_WRITE_TAG) == token:  # the answer to an earlier attempt was lost
        return str(current)
    if current != expected_version:
        raise TABLE.error(CHANGED)
    written = versions.secrets.set_secret(
        versions.name,
        document.reveal(),
        content_type="application/json",
        tags={**tags, _WRITE_TAG: token},
        **versions.limits,
    )
    require_id(written)
    return str(written.properties.version)
