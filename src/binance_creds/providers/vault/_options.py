"""What the URI of a secret says: its path, its version, and who logs in where."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from binance_creds.errors import ConfigurationError
from binance_creds.providers.remote._call import warn_if_plain
from binance_creds.providers.vault._login import VaultLogin, variable
from binance_creds.providers.vault._methods import METHODS

if TYPE_CHECKING:
    from binance_creds._uri import SourceURI

__all__ = ["login_of", "path_of", "version_of"]

_OF_METHODS: Final = (
    "header_value", "jwt_env", "jwt_file", "password_file", "secret_id_file", "token_file",
)  # fmt: skip
_PLAIN: Final = "It becomes part of a path: leave out ?, #, %, \\, empty parts and parts of dots."
# Scheme, user, host, path; then what is copied along from the API's documentation or a browser.
_ADDRESS: Final = re.compile(r"(?i)(https?)://([^/@]*@)?([^/?#]*)([^?#]*?)(/+(v1|ui(/.*)?)?)?/*")


def path_of(uri: SourceURI) -> str:
    """Return mount and path.

    Raises:
        ConfigurationError: one of them is missing, or the path is not below the mount.
    """
    path = uri.location.strip("/")
    if "/" not in path or not _is_plain(path):
        msg = "the location is a mount and a path, such as vault://secret/prod/binance."
        raise ConfigurationError(msg, source=uri.redacted)
    mount = (uri.option("mount") or "").strip("/")
    if mount and not path.startswith(f"{mount}/"):
        other = "the location does not begin with the mount of the option 'mount'."
        raise ConfigurationError(other, source=uri.redacted, hint="Write vault://MOUNT/PATH.")
    return path


def version_of(uri: SourceURI) -> str | None:
    """Return the version that the source is pinned to.

    Raises:
        ConfigurationError: it is not a number from 1.
    """
    version = uri.option("version")
    if version is not None and not re.fullmatch(r"[1-9]\d*", version):
        msg = "the option 'version' must be a number from 1."
        hint = "Leave it out for the current version."
        raise ConfigurationError(msg, source=uri.redacted, hint=hint)
    return version


def login_of(uri: SourceURI) -> VaultLogin:
    """Return who asks which server; warns of one that is reached without encryption.

    Raises:
        ConfigurationError: there is no address, or the method cannot use an option.
    """
    is_openbao = uri.scheme == "openbao"
    address = _address_of(uri, is_openbao=is_openbao)
    warn_if_plain(address)
    return VaultLogin(
        address=address,
        namespace=_namespace_of(uri, is_openbao=is_openbao),
        options=tuple((name, uri.options[name]) for name in _OF_METHODS if name in uri.options),
        is_wrapped=uri.flag("wrapped"),
        is_openbao=is_openbao,
        **_method_of(uri),
    )


def _address_of(uri: SourceURI, *, is_openbao: bool) -> str:
    given = uri.option("address") or _usual_address(uri, is_openbao=is_openbao)
    parts = _ADDRESS.fullmatch(given.strip())
    if parts is None:
        msg = "the address is not an http or https URL."
        hint = "Write `address` or VAULT_ADDR as https://HOST:PORT."
        raise ConfigurationError(msg, source=uri.redacted, hint=hint)
    scheme, user, host, path = parts.group(1, 2, 3, 4)
    return f"{scheme.lower()}://{user or ''}{host.lower()}{path}"


def _namespace_of(uri: SourceURI, *, is_openbao: bool) -> str | None:
    given = uri.option("namespace") or variable("NAMESPACE", is_openbao=is_openbao)
    namespace = given and given.strip()
    if namespace and not re.fullmatch("[ -~]+", namespace):  # it becomes a header
        msg = "the namespace holds a line break, or a character beyond ASCII."
        hint = "Check the option `namespace`, and VAULT_NAMESPACE."
        raise ConfigurationError(msg, source=uri.redacted, hint=hint)
    return namespace


def _usual_address(uri: SourceURI, *, is_openbao: bool) -> str:
    for name in ("AGENT_ADDR", "ADDR"):
        address = variable(name, is_openbao=is_openbao)
        if address is not None:
            return address
    msg = "no address is given."
    hint = "Write ?address=https://... into the source, or set VAULT_ADDR."
    raise ConfigurationError(msg, source=uri.redacted, hint=hint)


def _method_of(uri: SourceURI) -> dict[str, Any]:
    method, role = uri.choice("auth", *METHODS), uri.option("role")
    for name in ("auth_mount", "role", "wrapped", *_OF_METHODS):
        if name in uri.options and name not in METHODS[method].options:
            excess = f"the login {method!r} has no use for the option {name!r}."
            hint = "Leave it out, or name its login: ?auth=..."
            raise ConfigurationError(excess, source=uri.redacted, hint=hint)
    if method in {"kubernetes", "userpass"} and not role:
        lack = f"the login {method!r} needs the option 'role'."
        raise ConfigurationError(lack, source=uri.redacted, hint="Write ?role=... into the source.")
    mount = (uri.option("auth_mount") or "").strip("/") or None
    for name, value in (("auth_mount", mount), ("role", role)):  # both become part of a path
        if value and not (_is_plain(value) and re.fullmatch(r"[^?#%\\]+", value)):
            odd = f"the option {name!r} is not a plain name."
            raise ConfigurationError(odd, source=uri.redacted, hint=_PLAIN)
    return {"method": method, "mount": mount, "role": role}


def _is_plain(path: str) -> bool:
    """Return whether a path leads down: a client resolves `.` and `..` before it asks."""
    return all(part.strip(".") for part in path.split("/"))
