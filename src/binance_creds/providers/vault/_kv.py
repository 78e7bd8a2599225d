"""`KV`: what both versions of the KV engine share, on hvac; and what is written to them."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import hvac.exceptions

from binance_creds._raw import RawSecret, content_version
from binance_creds.errors import AccessDeniedError, SecretNotFoundError
from binance_creds.providers.remote._error_row import ErrorRow
from binance_creds.providers.remote._payload import document_of, fields_of
from binance_creds.providers.vault._answers import member
from binance_creds.providers.vault._errors import is_absent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from binance_creds._secret import Secret
    from binance_creds._uri import SourceURI
    from binance_creds.providers.remote._provider import Removal

__all__ = ["KV", "NO_PREVIOUS", "Write"]


@dataclass(slots=True)
class Write:
    """What is to be stored, through all attempts.

    Attributes:
        fields: of the new version.
        expected: the version that the writer has read, `None` where there was nothing.
        is_in_doubt: whether an attempt got no answer, and may have stored it all the same.
    """

    fields: Mapping[str, Secret]
    expected: str | None
    is_in_doubt: bool = False

    def document(self) -> Any:
        """Return the fields as the engine takes them."""
        return json.loads(document_of(self.fields).reveal())


class KV(ABC):
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

    @abstractmethod
    def current(self, pinned: str | None) -> str:
        """Return the name of the version that is current, or pinned."""

    def erased(self, removal: Removal) -> None:
        """Remove the secret if the expected version is current."""
        if removal.is_due(self._holder()):
            self._delete()

    def check_write(self) -> None:
        """Refuse where the token may neither create nor update the secret."""
        path = f"{self._place['mount_point']}/{self.prefixes[0]}{self._place['path']}"
        try:
            allowed = member(self._client.sys.get_capabilities([path]), "data")[path]
        except hvac.exceptions.Forbidden:  # a token without the policy `default`
            return
        if {"create", "root", "update"}.isdisjoint(allowed):
            raise _NO_WRITE.error()

    def _holder(self) -> str | None:
        """Return the version that is current, `None` where there is no such secret."""
        try:
            return self.current(None)
        except hvac.exceptions.InvalidPath as error:
            if not is_absent(error):
                raise
        return None

    @abstractmethod
    def _delete(self) -> None:
        """Remove the secret."""

    def _raw(self, values: Mapping[str, Any], version: str | None, **more: Any) -> RawSecret:
        fields = fields_of(json.dumps(values), self._uri)
        version = content_version(fields) if version is None else version
        return RawSecret(fields, origin=self._uri.redacted, version=version, **more)


_NO_WRITE: Final = ErrorRow(
    AccessDeniedError,
    "this token may not write the secret.",
    "Its policy needs 'create' and 'update' on MOUNT/data/PATH (in KV 1 MOUNT/PATH).",
)
NO_PREVIOUS: Final = ErrorRow(
    SecretNotFoundError, "the store has no version before the current one."
)
