"""Version 1 of the KV engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from binance_creds._raw import RawSecret, Unchanged, content_version
from binance_creds.errors import (
    ConfigurationError,
)
from binance_creds.providers.remote._error_row import CHANGED, ErrorRow
from binance_creds.providers.vault._answers import member
from binance_creds.providers.vault._kv import KV, NO_PREVIOUS

if TYPE_CHECKING:
    from binance_creds.providers.vault._kv import Write

__all__ = ["KV1"]


class KV1(KV):
    """KV version 1 has no versions: the content's digest stands in, within this process."""

    attribute = "v1"
    prefixes = ("",)

    def fetched(self, known: str | None, pinned: str | None) -> RawSecret | Unchanged:
        if pinned is not None:
            raise _UNVERSIONED.error()
        raw = self._read()
        return Unchanged(known) if known is not None and known == raw.version else raw

    def current(self, pinned: str | None) -> str:
        return str(self._read().version)

    def previous(self) -> RawSecret:
        raise NO_PREVIOUS.error()

    def written(self, write: Write) -> str:
        wanted = content_version(write.fields)
        found = self._holder()
        if found == wanted:  # also when the answer to an earlier attempt was lost
            return wanted
        if found != write.expected:
            raise CHANGED.error()
        self._engine.create_or_update_secret(secret=write.document(), **self._place)
        return wanted

    def _delete(self) -> None:
        self._engine.delete_secret(**self._place)

    def _read(self) -> RawSecret:
        return self._raw(member(self._engine.read_secret(**self._place), "data"), None)


_UNVERSIONED: Final = ErrorRow(
    ConfigurationError,
    "this mount is KV version 1, which has no versions.",
    "Leave out `version`.",
)
