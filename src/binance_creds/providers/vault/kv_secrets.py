"""`vault://MOUNT/PATH` or `openbao://MOUNT/PATH`: the KV engine of Vault and OpenBao, on hvac.

A load is one read, after a login and, where `kv` is not given, one question which mount the path
is in; both are remembered for the process. A refresh reads the metadata, and a new version by its
number.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar
from urllib.parse import quote

import hvac.exceptions
import requests

from binance_creds._raw import RawSecret, Unchanged
from binance_creds.errors import (
    AccessDeniedError,
    AuthenticationError,
    ConfigurationError,
    CredentialsError,
    ProviderUnavailableError,
    SecretNotFoundError,
)
from binance_creds.providers._options import check_options
from binance_creds.providers._protocols import Diagnosis, Version
from binance_creds.providers.remote._call import Remote, warn_if_plain
from binance_creds.providers.remote._client_pool import ClientPool
from binance_creds.providers.remote._error_row import ErrorRow
from binance_creds.providers.vault._kv import (
    DELETED,
    DESTROYED,
    KV1,
    KV2,
    NOT_VAULT,
    is_absent,
    member,
    said_by,
)
from binance_creds.providers.vault._methods import METHODS, VaultLogin, variable
from binance_creds.providers.vault._session import VaultSession

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from binance_creds._secret import Secret
    from binance_creds._time._deadline import Deadline
    from binance_creds._uri import SourceURI

    _Engine: TypeAlias = "KV1 | KV2"

__all__ = ["VaultProvider"]

_T = TypeVar("_T")

_PER_METHOD: Final = (
    "header_value", "jwt_env", "jwt_file", "password_file", "secret_id_file", "token_file",
)  # fmt: skip
# Of a mount: KV by its name of today and of before, and what speaks as KV 1 does. A KV plugin under
# a name of its own has its version among the options of the mount.
_ENGINES: Final = frozenset({"cubbyhole", "generic", "kv"})

_SESSIONS: Final = ClientPool[VaultSession]()


class VaultProvider:
    """Read, probe and write one secret of a KV engine, version 1 or 2.

    Options: `address` and `namespace` (default `VAULT_ADDR`, `VAULT_NAMESPACE`, or `BAO_` ones);
    `auth` with `auth_mount`, `role` and the files or variables of the method; `kv` (`1`, `2`) and
    `mount`, which are otherwise asked for; `version` pins.

    Raises:
        ConfigurationError: an unknown option, no address, or a location without mount and path.
    """

    def __init__(self, uri: SourceURI) -> None:
        check_options(uri)
        self._uri = uri
        self._path = _path_of(uri)
        self._kv = uri.choice("kv", "2", "1") if uri.option("kv") else None
        self._version = _version_of(uri)
        self._login = _login_of(uri)
        self._remote = Remote(
            uri,
            loggers=("hvac", "requests", "urllib3"),
            translated=_translated,
            forget_login=lambda _: False,  # a 403 is enough for a new login; see _allowed
        )

    @property
    def is_pinned(self) -> bool:
        """Whether there is a `version`."""
        return self._version is not None

    def fetch(
        self, deadline: Deadline, *, known_version: str | None = None
    ) -> RawSecret | Unchanged:
        """Return the current version, or the pinned one.

        Raises:
            SecretNotFoundError: there was never such a secret.
            SecretDisabledError: the version is deleted or destroyed.
            CredentialsError: as the table at the end of this file says.
        """
        if known_version is not None and known_version == self._version:
            return Unchanged(known_version)
        return self._call(lambda kv: kv.fetched(known_version, self._version), deadline)

    def probe(self, deadline: Deadline) -> Version:
        """Return the current version from the metadata, which holds no value.

        Without the permission for it, or in KV version 1, it is one read.
        """
        return self._call(lambda kv: Version(kv.current(self._version)), deadline, "probe")

    def forget_login(self) -> None:
        """Log in anew at the next call, with what the login before could have only once."""
        session = _SESSIONS.get(self._login, lambda: VaultSession(self._login))
        _SESSIONS.drop(self._login)
        if self._login.is_wrapped:
            _SESSIONS.get(self._login, session.successor)

    def fetch_previous(self, deadline: Deadline) -> RawSecret:
        """Return the newest version before the current one that is not deleted."""
        return self._call(lambda kv: kv.previous(), deadline)

    def store(
        self,
        fields: Mapping[str, Secret],
        deadline: Deadline,
        *,
        expected_version: str | None = None,
    ) -> str | None:
        """Write a new version, by check-and-set in KV 2; KV 1 has nothing of the kind.

        Raises:
            ConfigurationError: the current version is not the expected one.
        """
        if self._uri.field or self._version:
            msg = "only a whole secret's current version can be stored."
            raise ConfigurationError(msg, source=self._uri.redacted)
        return self._call(lambda kv: kv.written(fields, expected_version), deadline, "store")

    def diagnose(self, deadline: Deadline, *, poll_seconds: float) -> Diagnosis:
        """Return the token's name, the capabilities that loading and watching need; no price."""
        identity, permissions = self._call(lambda kv: kv.asked(), deadline, "diagnose")
        return Diagnosis(identity, permissions, round(86_400 / poll_seconds), 0.0)

    def close(self) -> None:
        """Nothing is open: the session is the process's."""

    def _call(self, ask: Callable[[_Engine], _T], deadline: Deadline, purpose: str = "read") -> _T:
        # The redacted source is the same for every address and namespace.
        own = f"{purpose} {hash((self._login, self._uri)):x}"
        return self._remote.call(lambda: self._allowed(ask, purpose), deadline, purpose=own)

    def _allowed(self, ask: Callable[[_Engine], _T], purpose: str) -> _T:
        """Ask; after a 403 once more with a new login, which may have newer policies."""
        session = _SESSIONS.get(self._login, lambda: VaultSession(self._login))
        started_at = time.monotonic()
        try:
            return self._asked(session, ask, purpose)
        except hvac.exceptions.Forbidden as error:
            if _is_foreign(error):
                raise
            is_new = session.log_in_again(since=started_at)
        if is_new:
            try:
                return self._asked(session, ask, purpose)
            except hvac.exceptions.Forbidden:
                pass
        raise _denial(session.client())

    def _asked(self, session: VaultSession, ask: Callable[[_Engine], _T], purpose: str) -> _T:
        client = session.client()
        mount, kv = self._mount(session, client)
        if purpose == "store":  # a mount of version 1 would take a write of version 2
            self._confirm(client, mount, kv)
        kind = KV2 if kv == 2 else KV1  # noqa: PLR2004  # the version
        try:
            return ask(kind(client, mount, self._path.removeprefix(f"{mount}/"), self._uri))
        except (hvac.exceptions.Forbidden, hvac.exceptions.InvalidPath) as error:
            session.mounts.pop(mount, None)  # it may have been mounted anew
            if self._kv is None or not is_absent(error):
                raise
        # A mount of the other version answers likewise, and only absence moves a chain on.
        self._confirm(client, mount, kv)
        raise _ABSENT.error()

    def _confirm(self, client: hvac.Client, mount: str, kv: int) -> None:
        if _found_mount(client, self._path) not in {None, (mount, kv)}:
            raise _OTHER_ENGINE.error()

    def _mount(self, session: VaultSession, client: hvac.Client) -> tuple[str, int]:
        first = (self._uri.option("mount") or self._path.partition("/")[0]).strip("/")
        if self._kv is not None:
            return first, int(self._kv)
        for mount, kv in tuple(session.mounts.items()):  # none lies within another
            if self._path.startswith(f"{mount}/"):
                return mount, kv
        found = _found_mount(client, self._path)
        if found is not None:
            session.mounts[found[0]] = found[1]
        return found or (first, 2)


def _path_of(uri: SourceURI) -> str:
    path = uri.location.strip("/")
    if "/" not in path or not _is_plain(path):
        msg = "the location is a mount and a path, such as vault://secret/prod/binance."
        raise ConfigurationError(msg, source=uri.redacted)
    mount = (uri.option("mount") or "").strip("/")
    if mount and not path.startswith(f"{mount}/"):
        msg = "the location does not begin with the mount of the option 'mount'."
        raise ConfigurationError(msg, source=uri.redacted)
    return path


def _is_plain(path: str) -> bool:
    """Return whether a path leads down: a client resolves `.` and `..` before it asks."""
    return all(part.strip(".") for part in path.split("/"))


def _version_of(uri: SourceURI) -> str | None:
    version = uri.option("version")
    if version is not None and not re.fullmatch(r"[1-9]\d*", version):
        msg = "the option 'version' is a number from 1."
        raise ConfigurationError(msg, source=uri.redacted)
    return version


def _login_of(uri: SourceURI) -> VaultLogin:
    is_openbao = uri.scheme == "openbao"
    agent = variable("AGENT_ADDR", is_openbao=is_openbao)
    address = uri.option("address") or agent or variable("ADDR", is_openbao=is_openbao)
    if address is None:
        msg = "no address is given."
        hint = "Write ?address=https://... into the source, or set VAULT_ADDR."
        raise ConfigurationError(msg, source=uri.redacted, hint=hint)
    if not address.startswith(("http://", "https://")):
        msg = "the address is not an http or https URL."
        raise ConfigurationError(msg, source=uri.redacted)
    warn_if_plain(address)
    return VaultLogin(
        address=address.rstrip("/"),
        namespace=uri.option("namespace") or variable("NAMESPACE", is_openbao=is_openbao),
        options=tuple((name, uri.options[name]) for name in _PER_METHOD if name in uri.options),
        is_wrapped=uri.flag("wrapped"),
        is_openbao=is_openbao,
        **_method_of(uri),
    )


def _method_of(uri: SourceURI) -> dict[str, Any]:
    method, role = uri.choice("auth", *METHODS), uri.option("role")
    for name in ("auth_mount", "role", "wrapped", *_PER_METHOD):
        if name in uri.options and name not in METHODS[method].options:
            msg = f"the login {method!r} has no use for the option {name!r}."
            raise ConfigurationError(msg, source=uri.redacted)
    if method in {"kubernetes", "userpass"} and not role:
        msg = f"the login {method!r} needs the option 'role'."
        raise ConfigurationError(msg, source=uri.redacted)
    mount = (uri.option("auth_mount") or "").strip("/") or None
    for name, value in (("auth_mount", mount), ("role", role)):  # both become part of a path
        if value and not (_is_plain(value) and re.fullmatch(r"[^?#%\\]+", value)):
            msg = f"the option {name!r} is not a plain name."
            raise ConfigurationError(msg, source=uri.redacted)
    return {"method": method, "mount": mount, "role": role}


def _found_mount(client: hvac.Client, path: str) -> tuple[str, int] | None:
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
        raise _NO_KV.error()
    return found["path"].strip("/"), int(options.get("version", 1))


def _denial(client: hvac.Client) -> CredentialsError:
    """Tell a token that is no longer good from one that may not read this."""
    try:
        client.auth.token.lookup_self()
    except hvac.exceptions.Forbidden as error:
        return (NOT_VAULT if _is_foreign(error) else _EXPIRED).error()
    return _DENIED.error()


def _is_foreign(error: Exception) -> bool:
    """Return whether a refusal is not in Vault's words, but of a proxy or firewall in between."""
    kinds = (
        hvac.exceptions.InvalidRequest,
        hvac.exceptions.Unauthorized,
        hvac.exceptions.Forbidden,
    )
    return isinstance(error, kinds) and error.errors is None


_EXPIRED: Final = ErrorRow(
    AuthenticationError,
    "the token is not accepted: it has expired, was revoked, or is of another server.",
    "Log in again; a login method (?auth=...) renews itself, a pasted token does not.",
)
_DENIED: Final = ErrorRow(
    AccessDeniedError,
    "this token is not permitted to do this with the secret.",
    "Its policy needs 'read' on MOUNT/data/PATH (in KV 1 MOUNT/PATH), to go back 'read' on "
    "MOUNT/metadata/PATH, and to store 'create' and 'update'.",
)
_OTHER_ENGINE: Final = ErrorRow(
    ConfigurationError,
    "the mount is another one, or of the other KV version.",
    "Leave out ?kv= and ?mount=, and both are found.",
)
_NO_KV: Final = ErrorRow(
    ConfigurationError,
    "the mount is not a KV engine.",
    "Check the mount: vault secrets list",
    says="unsupported path",
)
_ABSENT: Final = ErrorRow(
    SecretNotFoundError,
    "there is no such secret.",
    "Write MOUNT/PATH as in 'vault kv get', without data/ between.",
)
_STANDBY: Final = ErrorRow(
    ProviderUnavailableError,
    "this node is a standby, and there is no active one.",
    "Wait for the election, or check the cluster.",
    says="not active",
)
_SILENT: Final = ErrorRow(ProviderUnavailableError, "the server does not answer.")
_BROKEN: Final = ErrorRow(ProviderUnavailableError, "the server had an internal fault.")
_NO_URL: Final = ErrorRow(ConfigurationError, "the address is not a URL.", "Check 'address'.")

# The first row of a class whose `says` is in the server's message.
# Source: Vault API documentation, HTTP status codes; OpenBao's is the same.
_TABLE: Final[dict[type[Exception], tuple[ErrorRow, ...]]] = {
    hvac.exceptions.InvalidPath: (  # 404
        ErrorRow(
            ConfigurationError,
            "there is no such namespace.",
            "Check the option 'namespace', and VAULT_NAMESPACE.",
            says="namespace not found",
        ),
        # No engine is mounted there, in this namespace.
        ErrorRow(
            ConfigurationError,
            "no secrets engine is mounted there.",
            "Check the mount, and the option 'namespace'.",
            says="no handler for route",
        ),
        _NO_KV,  # where ?kv= says that it were one
        # ?kv=1 on a mount of version 2.
        ErrorRow(
            ConfigurationError,
            "this mount is KV version 2.",
            "Leave out ?kv=1.",
            says="versioned K/V",
        ),
        NOT_VAULT,  # a web server that has no such page
    ),
    hvac.exceptions.InvalidRequest: (  # 400
        # For a moment after a mount was made, or turned from version 1 into 2.
        ErrorRow(
            ProviderUnavailableError,
            "the mount is being upgraded.",
            says="Upgrading from non-versioned",
        ),
        # Some releases say so instead of 403.
        _EXPIRED._replace(says="missing client token"),
        ErrorRow(
            ConfigurationError,
            "the server speaks https, and the address says http.",
            "Write https:// in 'address'.",
            says="HTTP request to an HTTPS server",
        ),
        ErrorRow(
            ConfigurationError, "the server refuses the request as invalid.", "Check the options."
        ),
    ),
    hvac.exceptions.Unauthorized: (_EXPIRED,),  # 401, of proxies in Vault's words
    hvac.exceptions.Forbidden: (_DENIED,),  # 403 of anything but the secret, such as its mount
    hvac.exceptions.InternalServerError: (_STANDBY, _BROKEN),  # 500
    hvac.exceptions.VaultNotInitialized: (  # 501
        ErrorRow(
            ProviderUnavailableError, "the server is not initialised.", "Run: vault operator init"
        ),
    ),
    hvac.exceptions.VaultDown: (  # 503
        ErrorRow(
            ProviderUnavailableError,
            "the server is sealed.",
            "Unseal it: vault operator unseal",
            says="sealed",
        ),
        _STANDBY,
        _BROKEN,
    ),
    # 502, 412 of a standby that lags behind, and whatever a load balancer says.
    hvac.exceptions.VaultError: (_BROKEN,),
    # An expired certificate, a private CA, or somebody in between; never read without TLS.
    requests.exceptions.SSLError: (
        ErrorRow(
            ConfigurationError,
            "the certificate of the server is not trusted.",
            "For a private CA set VAULT_CACERT; else somebody may be reading along.",
        ),
    ),
    # The address has no host, or a proxy's address is none.
    requests.exceptions.InvalidURL: (_NO_URL,),
    # The path of VAULT_CACERT, or of a client certificate, leads nowhere.
    OSError: (
        ErrorRow(
            ConfigurationError,
            "a certificate file cannot be read.",
            "Check VAULT_CACERT, VAULT_CLIENT_CERT and VAULT_CLIENT_KEY.",
        ),
    ),
    # Refused, reset, timed out, no such host, or ended within an answer.
    requests.exceptions.RequestException: (_SILENT,),
    ModuleNotFoundError: (
        ErrorRow(
            ConfigurationError,
            "the login 'aws' needs botocore.",
            "Run: pip install 'binance-creds[aws]'",
        ),
    ),
}


def _translated(error: Exception) -> CredentialsError:
    gone = _ABSENT if is_absent(error) else _gone_of(error)
    if gone is not None:
        return gone.error()
    said = " ".join(said_by(error))
    for kind in type(error).__mro__:
        for row in _TABLE.get(kind, ()):
            if row.says in said:
                is_known = row.says or not _is_foreign(error)
                return (row if is_known else NOT_VAULT).error()
    if isinstance(error, TypeError | KeyError | ValueError | AttributeError):
        return NOT_VAULT.error()  # a member is missing or of a wrong kind
    return ProviderUnavailableError(f"the read failed ({type(error).__name__}).")


def _gone_of(error: Exception) -> ErrorRow | None:
    """Return what became of the version: a 404 with metadata is of one that was there."""
    body = error.json if isinstance(error, hvac.exceptions.InvalidPath) else None
    held = body.get("data") if isinstance(body, dict) else None
    version = held.get("metadata") if isinstance(held, dict) else None
    if not isinstance(version, dict):
        return None
    return DESTROYED if version.get("destroyed") else DELETED
