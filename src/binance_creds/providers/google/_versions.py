"""The versions of one secret: the requests of the API that a provider's calls are made of."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from google.api_core import exceptions

from binance_creds._raw import RawSecret, Unchanged
from binance_creds.errors import AccessDeniedError
from binance_creds.providers._protocols import Version
from binance_creds.providers.google._answers import is_foreign
from binance_creds.providers.google._crc32c import crc32c
from binance_creds.providers.google._errors import (
    DAMAGED,
    NO_PREVIOUS,
    SECRETS,
    STATES,
)
from binance_creds.providers.remote._error_row import CHANGED, FOREIGN, ErrorRow
from binance_creds.providers.remote._payload import fields_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from binance_creds._secret import Secret
    from binance_creds._uri import SourceURI
    from binance_creds.providers.google._client import Ask
    from binance_creds.providers.google._secret_name import Place
    from binance_creds.providers.remote._provider import Removal

__all__ = ["PERMISSIONS", "Versions"]

PERMISSIONS: Final = tuple(
    f"secretmanager.versions.{name}" for name in ("access", "get", "list", "add")
)
_ADD: Final = "secretmanager.versions.add"
_PAGE_SIZE: Final = 1000  # versions; most secrets have fewer, so that one request lists them
_TIME_SECONDS: Final = 2.0  # for a time of creation, which no load may wait long for

_NO_ADD: Final = ErrorRow(
    AccessDeniedError,
    "this identity may not add a version to the secret.",
    "Grant it secretmanager.versions.add: roles/secretmanager.secretVersionAdder.",
)


class Versions:
    """Read and add versions, in one call of a provider.

    Args:
        ask: makes a request.
        place: of the secret.
        uri: the source.
        version: that the source follows.
        is_described: whether to ask for metadata, which the accessor's role may not.
    """

    def __init__(
        self, ask: Ask, place: Place, uri: SourceURI, version: str, *, is_described: bool
    ) -> None:
        self._ask = ask
        self._place = place
        self._uri = uri
        self._version = version
        self.is_described = is_described

    def fetched(self, known_version: str | None) -> RawSecret | Unchanged:
        """Return the version that the source follows, if it is another than the known one."""
        described = None if known_version is None else self._described()
        if described is None:
            return self.dated(self._version)
        current = _number(described.name)
        if current == known_version:
            return Unchanged(current)
        return self._read(current, lambda _: described.create_time)

    def probed(self) -> Version:
        """Return the number of the version that the source follows."""
        described = self._described()
        if described is None:
            return Version(str(self._read(self._version).version))
        return Version(_number(described.name))

    def dated(self, version: str) -> RawSecret:
        """Read a version, and ask for its time of creation, which does not come with the value."""
        return self._read(version, self._created_at)

    def previous(self) -> RawSecret:
        """Return the newest enabled version below the one that the source follows."""
        current = int(self._current())
        versions = self._ask(
            "list_secret_versions",
            parent=self._place.name,
            filter="state:ENABLED",
            page_size=_PAGE_SIZE,
        )
        older = {int(_number(one.name)): one for one in versions}
        number = max((number for number in older if number < current), default=None)
        if number is None:
            raise NO_PREVIOUS.error()
        return self._read(str(number), lambda _: older[number].create_time)

    def added(self, document: Secret, expected_version: str | None) -> str:
        """Add a version after the expected one; create the secret if none was expected.

        Versions are numbered without gaps: another number than the next one means that somebody
        else stored a version between the check and this write. He is first, and his is put back.
        """
        if self._latest() != expected_version:
            raise CHANGED.error()
        number = self._added(document, may_create=expected_version is None)
        following = str(int(expected_version or 0) + 1)
        if number != following:
            self._give_way(number, following)
            raise CHANGED.error()
        return number

    def check_add(self) -> None:
        """Refuse where IAM says that no version may be added; of what is absent it says nothing."""
        if self.permissions()[_ADD] is False:
            raise _NO_ADD.error()

    def erase(self, removal: Removal) -> None:
        """Delete the secret if the expected version is the latest."""
        if removal.is_due(self._latest()):
            self._ask("delete_secret", name=self._place.name)

    def permissions(self) -> dict[str, bool | None]:
        """Return which of the permissions this identity has; `None` where nobody tells."""
        try:
            held = self._ask(
                "test_iam_permissions", resource=self._place.name, permissions=PERMISSIONS
            ).permissions
        except (exceptions.NotFound, exceptions.MethodNotImplemented):
            return dict.fromkeys(PERMISSIONS)
        return {name: name in held for name in PERMISSIONS}

    def _described(self) -> Any:
        """Return the metadata of the version, or `None` where this identity may not see it."""
        if not self.is_described:
            return None
        try:
            described = self._ask("get_secret_version", name=self._place.version(self._version))
        except exceptions.Forbidden as error:
            if is_foreign(error):
                raise
            self.is_described = False
            return None
        _check(described)
        if described.state.name in STATES:
            raise STATES[described.state.name].error()
        return described

    def _read(
        self, version: str, created_at: Callable[[str], datetime | None] | None = None
    ) -> RawSecret:
        answer = self._accessed(version)
        number = _number(answer.name)
        return RawSecret(
            fields_of(answer.payload.data, self._uri),
            origin=self._uri.redacted,
            version=number,
            created_at=created_at(number) if created_at else None,
        )

    def _accessed(self, version: str) -> Any:
        answer = self._ask("access_secret_version", name=self._place.version(version))
        _check(answer)
        payload = answer.payload
        if "data_crc32c" in payload and payload.data_crc32c != crc32c(payload.data):
            raise DAMAGED.error()
        return answer

    def _created_at(self, number: str) -> datetime | None:
        """Return when a version was made, `None` where that is not told at once."""
        if not self.is_described:
            return None
        name = self._place.version(number)
        try:
            described = self._ask("get_secret_version", most_seconds=_TIME_SECONDS, name=name)
            created_at: datetime | None = described.create_time
        except exceptions.Forbidden as error:
            self.is_described = is_foreign(error)
            return None
        except Exception:  # noqa: BLE001  # the value is there, which matters more
            return None
        return created_at

    def _current(self) -> str:
        """Return the number behind `version`, also of a version that is switched off."""
        if self._version.isdecimal():
            return self._version
        name = self._place.version(self._version)
        return _number(self._ask("get_secret_version", name=name).name)

    def _latest(self) -> str | None:
        try:
            return self._current()
        except exceptions.NotFound:  # in Google's words: `_transport` stops all others
            return None

    def _added(self, document: Secret, *, may_create: bool) -> str:
        try:
            return self._add(document.reveal().encode())
        except exceptions.NotFound:
            if not may_create:
                raise
        self._create()
        return self._add(document.reveal().encode())

    def _give_way(self, own: str, first: str) -> None:
        """Make the first writer's version the latest again, unless a third one is by now."""
        if self._latest() == own:
            self._add(self._accessed(first).payload.data)
        with suppress(exceptions.Forbidden):  # it may stay: nobody reads it
            self._ask("disable_secret_version", name=self._place.version(own))

    def _add(self, data: bytes) -> str:
        added = self._ask(
            "add_secret_version",
            parent=self._place.name,
            payload={"data": data, "data_crc32c": crc32c(data)},
        )
        return _number(added.name)

    def _create(self) -> None:
        self._ask(
            "create_secret",
            parent=self._place.parent,
            secret_id=self._place.secret,
            secret={} if self._place.location else {"replication": {"automatic": {}}},
        )


def _check(answer: Any) -> None:
    """Refuse what is no answer of Google: the SDK passes over members that it does not know."""
    if not answer.name:
        raise SECRETS.error(FOREIGN)


def _number(name: str) -> str:
    """Return the number in the full name of a version; what is none was sent by another server."""
    secret, _, number = name.rpartition("/versions/")
    if not secret or not number.isdecimal():
        raise SECRETS.error(FOREIGN)
    return number
