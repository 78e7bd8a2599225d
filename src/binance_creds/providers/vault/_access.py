"""`Access`: find the engine that holds one secret, and ask it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias, TypeVar
from urllib.parse import quote

import hvac
import hvac.exceptions

from binance_creds.errors import ConfigurationError
from binance_creds.providers.vault._answers import member
from binance_creds.providers.vault._asking import Asking
from binance_creds.providers.vault._errors import (
    ABSENT,
    ABSENT_OR_NO_VERSION,
    DENIED,
    NO_KV,
    OF_ANOTHER_MOUNT,
    PATH_OF_API,
    TABLE,
    is_absent,
)
from binance_creds.providers.vault._kv1 import KV1
from binance_creds.providers.vault._kv2 import KV2
from binance_creds.providers.vault._options import login_of, path_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from binance_creds._uri import SourceURI
    from binance_creds.errors import CredentialsError
    from binance_creds.providers.vault._session import VaultSession

    Engine: TypeAlias = KV1 | KV2

__all__ = ["Access"]

_T = TypeVar("_T")

# Of a mount: KV by its name of today and of before, and what speaks as KV 1 does. A KV plugin under
# a name of its own has its version among the options of the mount.
_ENGINES: Final = frozenset({"cubbyhole", "generic", "kv"})
_OF_API: Final = ("data/", "metadata/")  # of KV 2, between mount and path


class _Mount(NamedTuple):
    """Where an engine is mounted, and which version of KV it is."""

    path: str
    kv: int


class Access:
    """Find the mount of one secret, and ask its engine.

    Attributes:
        asking: asks the server, and logs in.

    Raises:
        ConfigurationError: the source has no address, or options that do not go together.
    """

    def __init__(self, uri: SourceURI) -> None:
        self._uri = uri
        self._path = path_of(uri)
        self._kv = int(uri.choice("kv", "2", "1")) if uri.option("kv") else None
        self._given = (uri.option("mount") or "").strip("/")
        self.asking = Asking(
            login_of(uri),
            denied=DENIED,
            is_known=lambda client: _found_mount(client, self._path) is not None,
        )

    def ask(self, question: Callable[[Engine], _T], *, is_write: bool = False) -> _T:
        """Return what the engine answers.

        Args:
            question: makes the requests.
            is_write: whether it writes; the mount is then confirmed first.

        Raises:
            CredentialsError: the mount is another one, the token is denied, there is no secret.
            VaultError: anything else that hvac raises.
        """
        return self.asking.ask(lambda session: self._asked(session, question, is_write=is_write))

    def _asked(
        self, session: VaultSession, question: Callable[[Engine], _T], *, is_write: bool
    ) -> _T:
        client = session.client()
        mount = self._mount(session, client)
        if is_write:  # a mount of version 1 would take a write of version 2
            self._confirm(client, mount)
        kind = KV2 if mount.kv == 2 else KV1  # noqa: PLR2004  # the version
        path = self._path.removeprefix(f"{mount.path}/")
        try:
            return question(kind(client, mount.path, path, self._uri))
        except (hvac.exceptions.Forbidden, hvac.exceptions.InvalidPath) as error:
            session.mounts.pop(mount.path, None)  # it may have been mounted anew
            # Another mount or version answers so too, and only absence moves a chain on.
            if self._kv is not None:
                self._confirm(client, mount)
            if not is_absent(error):
                raise
        if path.startswith(_OF_API) and mount.kv == 2:  # noqa: PLR2004  # as above
            raise TABLE.error(PATH_OF_API)
        raise TABLE.error(ABSENT_OR_NO_VERSION if self._uri.option("version") else ABSENT)

    def _mount(self, session: VaultSession, client: hvac.Client) -> _Mount:
        first = self._given or self._path.partition("/")[0]
        if self._kv is not None:
            return _Mount(first, self._kv)
        found = next(  # none lies within another
            (_Mount(*known) for known in session.mounts.items() if self._is_in(known[0])), None
        ) or _found_mount(client, self._path)
        if found is None:
            return _Mount(first, 2)
        if self._given not in {"", found.path}:
            raise self._other_than(_Mount(self._given, found.kv), found)
        session.mounts[found.path] = found.kv
        return found

    def _confirm(self, client: hvac.Client, mount: _Mount) -> None:
        found = _found_mount(client, self._path)
        if found is not None and found != mount:
            raise self._other_than(mount, found)

    def _other_than(self, mount: _Mount, found: _Mount) -> CredentialsError:
        if not self._is_in(found.path):  # the server's words, which are not repeated
            return TABLE.error(OF_ANOTHER_MOUNT)
        if mount.path == found.path:
            msg = f"the mount is KV version {found.kv}, and `kv` names the other KV version."
            return ConfigurationError(msg, hint="Leave out `kv`, and it is found.")
        msg = f"the path is in the mount {found.path!r}, which is KV version {found.kv}."
        hint = f"Leave out `kv` and `mount`, or write ?mount={found.path}&kv={found.kv}."
        return ConfigurationError(msg, hint=hint)

    def _is_in(self, mount: str) -> bool:
        return self._path.startswith(f"{mount}/")


def _found_mount(client: hvac.Client, path: str) -> _Mount | None:
    """Ask which mount a path is in, and of which version; `None` where that is not told.

    Source: GET /sys/internal/ui/mounts/:path, which the vault command line uses likewise. Whoever
    may read something of the mount may ask.
    """
    try:
        found = member(client.adapter.get(f"/v1/sys/internal/ui/mounts/{quote(path)}"), "data")
    except hvac.exceptions.Forbidden:  # no such mount, nothing allowed in it, or an old server
        return None
    options = found.get("options") or {}
    if found["type"] not in _ENGINES and "version" not in options:
        raise TABLE.error(NO_KV)
    return _Mount(found["path"].strip("/"), int(options.get("version", 1)))
