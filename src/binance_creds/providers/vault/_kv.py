"""The two versions of the KV engine, and how their answers are read, on hvac."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import hvac
import hvac.exceptions

from binance_creds._parse._content_version import content_version
from binance_creds._raw import RawSecret, Unchanged
from binance_creds.errors import (
    ConfigurationError,
    ProviderUnavailableError,
    SecretDisabledError,
    SecretNotFoundError,
)
from binance_creds.providers.remote._error_row import CHANGED, ErrorRow
from binance_creds.providers.remote._payload import document_of, fields_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from binance_creds._secret import Secret
    from binance_creds._uri import SourceURI

__all__ = ["DELETED", "DESTROYED", "KV1", "KV2", "NOT_VAULT", "is_absent", "member", "said_by"]


class _KV:
    """One secret of an engine: what both versions share.

    Each is read by `fetched`, `current` and `previous`, written by `written`, and tells by `asked`
    what this token may do. They raise what hvac does, and our errors for what it does not tell.
    """

    def __init__(self, client: hvac.Client, mount: str, path: str, uri: SourceURI) -> None:
        self._engine = getattr(client.secrets.kv, self.attribute)
        self._client = client
        self._place = {"path": path, "mount_point": mount}
        self._uri = uri

    attribute: str
    prefixes: tuple[str, ...]

    def asked(self) -> tuple[str, dict[str, bool | None]]:
        """Return who the token is, and whether it may read each path that a load or probe needs."""
        mount, path = self._place["mount_point"], self._place["path"]
        paths = [f"{mount}/{prefix}{path}" for prefix in self.prefixes]
        allowed = member(self._client.sys.get_capabilities(paths), "data")
        whoami = member(self._client.auth.token.lookup_self(), "data")
        return str(whoami.get("display_name") or "token"), {
            f"read {name}": not {"read", "root"}.isdisjoint(allowed[name]) for name in paths
        }

    def _raw(self, values: Mapping[str, Any], version: str | None, **more: Any) -> RawSecret:
        fields = fields_of(json.dumps(values), self._uri)
        version = content_version(fields) if version is None else version
        return RawSecret(fields, origin=self._uri.redacted, version=version, **more)


class KV1(_KV):
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
        raise _NO_PREVIOUS.error()

    def written(self, fields: Mapping[str, Secret], expected: str | None) -> str:
        wanted = content_version(fields)
        try:
            found = self._read().version
        except hvac.exceptions.InvalidPath as error:
            if not is_absent(error):
                raise
            found = None
        if found == wanted:  # also when the answer to an earlier attempt was lost
            return wanted
        if found != expected:
            raise CHANGED.error()
        secret = json.loads(document_of(fields).reveal())
        self._engine.create_or_update_secret(secret=secret, **self._place)
        return wanted

    def _read(self) -> RawSecret:
        return self._raw(member(self._engine.read_secret(**self._place), "data"), None)


class KV2(_KV):
    """KV version 2 numbers its versions and tells them without the value."""

    attribute = "v2"
    prefixes = ("data/", "metadata/")

    def fetched(self, known: str | None, pinned: str | None) -> RawSecret | Unchanged:
        if known is None or pinned is not None:
            return self._read(pinned)
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
            raise _NO_PREVIOUS.error()
        return self._read(str(max(older)))

    def written(self, fields: Mapping[str, Secret], expected: str | None) -> str:
        before = int(expected or 0)  # zero: only where there is none
        secret = json.loads(document_of(fields).reveal())
        try:
            answer = self._engine.create_or_update_secret(secret=secret, cas=before, **self._place)
        except hvac.exceptions.InvalidRequest as error:
            if "check-and-set" not in " ".join(said_by(error)):
                raise
        else:
            return str(member(answer, "data")["version"])
        raw = self._read(None)  # ours, where the answer to an earlier attempt was lost
        if raw.version != str(before + 1) or raw.fields != fields:
            raise CHANGED.error()
        return raw.version

    def _announced(self) -> str:
        held = self._metadata()
        number = str(held["current_version"])
        if number not in held["versions"]:  # created with metadata alone
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
        return self._raw(held["data"], str(written["version"]), created_at=created_at)


def member(answer: Any, name: str) -> Any:
    """Return a member; hvac gives the response itself where a body is not JSON."""
    if not isinstance(answer, dict) or not isinstance(answer.get(name), dict):
        raise NOT_VAULT.error()
    return answer[name]


def _gone(version: Mapping[str, Any]) -> ErrorRow | None:
    if version["destroyed"]:
        return DESTROYED
    time_of_deletion = version["deletion_time"]  # lies ahead where the mount sets a lifetime
    if time_of_deletion and datetime.fromisoformat(time_of_deletion) <= datetime.now(UTC):
        return DELETED
    return None


def is_absent(error: Exception) -> bool:
    """Return whether the server says that there is nothing, and no more."""
    return isinstance(error, hvac.exceptions.InvalidPath) and error.json == {"errors": []}


def said_by(error: Exception) -> Iterator[str]:
    """Give the server's own words, to be matched and never repeated."""
    body = getattr(error, "json", None)
    if not isinstance(body, dict):
        yield str(getattr(error, "text", None))
        return
    for name in ("errors", "warnings"):
        texts = body.get(name)
        yield from map(str, texts if isinstance(texts, list) else ())


DELETED: Final = ErrorRow(
    SecretDisabledError,
    "the version is deleted.",
    "Bring it back: vault kv undelete -versions=... MOUNT/PATH",
)
DESTROYED: Final = ErrorRow(
    SecretDisabledError, "the version is destroyed for good.", "Write a new version."
)
_NEVER_WRITTEN: Final = ErrorRow(
    SecretNotFoundError, "the secret has metadata and no version.", "Write a version."
)
_NO_PREVIOUS: Final = ErrorRow(
    SecretNotFoundError, "the store has no version before the current one."
)
_UNVERSIONED: Final = ErrorRow(
    ConfigurationError, "this mount is KV version 1, which has no versions.", "Leave out ?version=."
)
_LAGGING: Final = ErrorRow(ProviderUnavailableError, "the announced version is not there yet.")
NOT_VAULT: Final = ErrorRow(
    ProviderUnavailableError, "the answer is not one of Vault or OpenBao.", "Check 'address'."
)
