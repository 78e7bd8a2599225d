"""Version 2 of the KV engine."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import hvac.exceptions

from binance_creds._raw import RawSecret, Unchanged
from binance_creds.errors import (
    AccessDeniedError,
    ProviderUnavailableError,
    SecretNotFoundError,
)
from binance_creds.providers.remote._error_row import CHANGED, FOREIGN, ErrorRow
from binance_creds.providers.vault._answers import member
from binance_creds.providers.vault._errors import DELETED, DESTROYED, TABLE, is_absent, said_by
from binance_creds.providers.vault._kv import KV, NO_PREVIOUS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from binance_creds.providers.vault._kv import Write

__all__ = ["KV2"]


class KV2(KV):
    """KV version 2 numbers its versions and tells them without the value."""

    attribute = "v2"
    prefixes = ("data/", "metadata/")

    def fetched(self, known: str | None, pinned: str | None) -> RawSecret | Unchanged:
        if pinned is not None:
            return self._pinned(pinned)
        if known is None:
            return self._read(None)
        try:
            announced = self._announced()
        except hvac.exceptions.Forbidden:  # may read the value and not the metadata
            raw = self._read(None)
            return Unchanged(known) if known == raw.version else raw
        if announced == known:
            return Unchanged(known)
        try:
            return self._read(announced)
        except hvac.exceptions.InvalidPath as error:
            if not is_absent(error):
                raise
        raise _LAGGING.error()

    def current(self, pinned: str | None) -> str:
        if pinned is not None:
            return pinned
        try:
            return self._announced()
        except hvac.exceptions.Forbidden:
            return str(self._read(None).version)

    def previous(self) -> RawSecret:
        held = self._metadata()
        older = [
            int(number)
            for number, version in held["versions"].items()
            if int(number) < held["current_version"] and _gone(version) is None
        ]
        if not older:
            raise NO_PREVIOUS.error()
        return self._read(str(max(older)))

    def written(self, write: Write) -> str:
        if not (write.expected or "0").isdecimal():  # read when the mount was of version 1
            raise CHANGED.error()
        before = int(write.expected or 0)  # zero: only where there is none
        try:
            answer = self._engine.create_or_update_secret(
                secret=write.document(), cas=before, **self._place
            )
            return _number(member(answer, "data")["version"])
        except hvac.exceptions.InvalidRequest as error:
            if "check-and-set" not in " ".join(said_by(error)):
                raise
        except Exception:
            write.is_in_doubt = True
            raise
        return self._own(write, str(before + 1))

    def _delete(self) -> None:
        self._engine.delete_metadata_and_all_versions(**self._place)

    def _own(self, write: Write, number: str) -> str:
        """Return the version that is there, if it is what an earlier attempt has written."""
        row = CHANGED
        try:
            raw = self._read(None)
            if raw.version == number and raw.fields == write.fields:
                return number
        except hvac.exceptions.Forbidden:  # whoever may write need not be allowed to read
            row = _IN_DOUBT if write.is_in_doubt else CHANGED
        except hvac.exceptions.InvalidPath:
            if write.expected is None:  # to be brought back rather than replaced
                raise
        raise row.error()

    def _pinned(self, number: str) -> RawSecret:
        try:
            return self._read(number)
        except hvac.exceptions.InvalidPath as error:
            if not is_absent(error) or not self._is_there():
                raise
        raise _NO_VERSION.error()

    def _is_there(self) -> bool:
        try:
            self._metadata()
        except (hvac.exceptions.Forbidden, hvac.exceptions.InvalidPath):  # absent, or not told
            return False
        return True

    def _announced(self) -> str:
        held = self._metadata()
        number = _number(held["current_version"])
        if number == "0":  # created with metadata alone
            raise _NEVER_WRITTEN.error()
        gone = _gone(held["versions"][number])
        if gone is not None:
            raise gone.error()
        return number

    def _metadata(self) -> Any:
        return member(self._engine.read_secret_metadata(**self._place), "data")

    def _read(self, number: str | None) -> RawSecret:
        version = None if number is None else int(number)
        answer = self._engine.read_secret_version(
            version=version, raise_on_deleted_version=True, **self._place
        )
        held = member(answer, "data")
        written = held["metadata"]
        created_at = datetime.fromisoformat(written["created_time"])
        return self._raw(held["data"], _number(written["version"]), created_at=created_at)


def _number(told: object) -> str:
    """Return the number of a version; what is none was sent by another server."""
    if type(told) is not int:
        raise TABLE.error(FOREIGN)
    return str(told)


def _gone(version: Mapping[str, Any]) -> ErrorRow | None:
    if version["destroyed"]:
        return DESTROYED
    time_of_deletion = version["deletion_time"]  # lies ahead where the mount sets a lifetime
    if time_of_deletion and datetime.fromisoformat(time_of_deletion) <= datetime.now(UTC):
        return DELETED
    return None


_NEVER_WRITTEN: Final = ErrorRow(
    SecretNotFoundError, "the secret has metadata and no version.", "Write a version."
)
_NO_VERSION: Final = ErrorRow(
    SecretNotFoundError,
    "the secret exists and has no such version.",
    "Check the option `version`; to see which there are: vault kv metadata get MOUNT/PATH",
)
_LAGGING: Final = ErrorRow(
    ProviderUnavailableError,
    "the announced version is not there yet.",
    "Try again in some seconds.",
)
_IN_DOUBT: Final = ErrorRow(
    AccessDeniedError,
    "the answer to a write was lost, and this token may not read whether it is stored.",
    "Its policy needs 'read' on MOUNT/data/PATH to tell; look before you store again.",
)
