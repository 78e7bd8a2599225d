"""Write a new version of a secret in place of the expected one."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

from azure.core.exceptions import ResourceNotFoundError

from binance_creds.errors import SecretDisabledError
from binance_creds.providers.azure._errors import TABLE
from binance_creds.providers.azure._versions import require_id
from binance_creds.providers.remote._error_row import CHANGED

if TYPE_CHECKING:
    from binance_creds._secret import Secret
    from binance_creds.providers.azure._versions import Versions
    from binance_creds.providers.remote._provider import Removal

__all__ = ["check_write", "erase_secret", "write_version"]

_WRITE_TAG: Final = "binance-creds-write"  # tells our write from another's if its answer is lost


def check_write(versions: Versions) -> None:
    """Give the current version the tags that it has, which needs the same permission as a write.

    Source: REST reference, Update Secret, "requires the secrets/set permission"; with roles it is
    an action of its own, which the same roles have. Of an absent secret nothing is known.
    """
    tags, current = versions.before()
    if current is not None:
        versions.secrets.update_secret_properties(
            versions.name, current, tags=tags, **versions.limits
        )


def erase_secret(versions: Versions, removal: Removal) -> None:
    """Delete a secret and purge it, or its name could not be used again.

    Without an expected version it purges what is deleted already, and deletes nothing.

    Raises:
        ConflictError: another version than the expected one is current.
    """
    is_deleted = False
    try:
        _, current = versions.before()
    except SecretDisabledError:  # deleted, and not purged yet: an attempt before this one was lost
        if not removal.is_sent and removal.expected is not None:
            raise
        is_deleted, current = True, None
    if not is_deleted and removal.is_due(current):
        versions.secrets.begin_delete_secret(versions.name, **versions.limits).wait()
    with contextlib.suppress(ResourceNotFoundError):  # its answer was lost
        versions.secrets.purge_deleted_secret(versions.name, **versions.limits)


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
