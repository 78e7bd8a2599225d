"""Write a new version of a secret, and make it current in place of the expected one alone."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

import botocore.exceptions

from binance_creds.providers.aws._versions import CURRENT, require
from binance_creds.providers.remote._error_row import CHANGED

if TYPE_CHECKING:
    from binance_creds._secret import Secret
    from binance_creds.providers.aws._versions import Versions
    from binance_creds.providers.remote._provider import Removal

__all__ = ["check_write", "erase_secret", "write_version"]

_ARRIVING: Final = "BINANCE_CREDS_NEW"  # a version's label until it becomes current


def write_version(
    versions: Versions, document: Secret, token: str, expected_version: str | None
) -> str:
    """Write a version and return its id, which is the token; again with one token is once.

    Raises:
        ConflictError: another version than the expected one is current.
    """
    client = versions.client()
    value = {"SecretString": document.reveal(), "ClientRequestToken": token}
    if expected_version is None:
        try:
            return str(client.create_secret(Name=versions.id, **value)["VersionId"])
        except client.exceptions.ResourceExistsException:
            pass  # perhaps without a value, as Terraform makes one
    current = versions.holder()
    if current not in {expected_version, token}:
        raise CHANGED.error()
    if current != token:  # else an attempt before this one moved it, and its answer was lost
        client.put_secret_value(SecretId=versions.id, VersionStages=[_ARRIVING], **value)
        _make_current(versions, token, expected_version)
    with contextlib.suppress(botocore.exceptions.ClientError):  # it is current; this tidies up
        client.update_secret_version_stage(
            SecretId=versions.id, VersionStage=_ARRIVING, RemoveFromVersionId=token
        )
    return token


def check_write(versions: Versions) -> None:
    """Write the current version once more under its own token, which AWS ignores.

    Moving a label is tried with one that the version does not have, which AWS refuses after it has
    looked at the permission. Source: API reference, PutSecretValue and UpdateSecretVersionStage. Of
    a secret that is not there nothing is known.
    """
    client = versions.client()
    try:
        held = client.get_secret_value(SecretId=versions.id, VersionStage=CURRENT)
    except client.exceptions.ResourceNotFoundException:
        return
    require(held, "VersionId")
    value = {name: held[name] for name in ("SecretString", "SecretBinary") if name in held}
    client.put_secret_value(
        SecretId=versions.id,
        ClientRequestToken=held["VersionId"],
        VersionStages=[_ARRIVING],
        **value,
    )
    with contextlib.suppress(client.exceptions.InvalidParameterException):
        client.update_secret_version_stage(
            SecretId=versions.id, VersionStage=_ARRIVING, RemoveFromVersionId=held["VersionId"]
        )


def erase_secret(versions: Versions, removal: Removal) -> None:
    """Delete the secret without a time in which it could be brought back.

    Raises:
        ConflictError: another version than the expected one is current.
    """
    client = versions.client()
    try:
        holder = versions.holder()
    except client.exceptions.ResourceNotFoundException:
        holder = None
    if removal.is_due(holder):
        client.delete_secret(SecretId=versions.id, ForceDeleteWithoutRecovery=True)


def _make_current(versions: Versions, token: str, before: str | None) -> None:
    if before is None and versions.holder() == token:  # AWS does it itself with a first version
        return
    client, removed = versions.client(), {} if before is None else {"RemoveFromVersionId": before}
    try:
        client.update_secret_version_stage(
            SecretId=versions.id, VersionStage=CURRENT, MoveToVersionId=token, **removed
        )
    except client.exceptions.InvalidParameterException:  # the label is elsewhere by now
        pass
    else:
        return
    raise CHANGED.error()
