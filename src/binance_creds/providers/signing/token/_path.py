"""Which module: the option `module-path` or `module-name`, or the variable that others use."""

from __future__ import annotations

import os
from glob import escape, glob
from typing import TYPE_CHECKING, Final

from binance_creds._files._errors import typed_os_error
from binance_creds._files._rules import FileRules, Inspection
from binance_creds._files._walk import reached
from binance_creds.errors import ConfigurationError, CredentialsError

if TYPE_CHECKING:
    from binance_creds.signers import SignerURI

__all__ = ["VARIABLE", "module_path"]

VARIABLE: Final = "PKCS11_MODULE_PATH"
"""The engine and the provider of OpenSSL read it too. Source: OpenSC, libp11, README.md."""

_RULES: Final = FileRules(is_secret=False, otherwise="name another module")
_FOLDERS: Final = (
    "/usr/lib/*/pkcs11", "/usr/lib64/pkcs11", "/usr/lib/pkcs11", "/usr/local/lib/pkcs11",
    "/usr/lib/softhsm", "/usr/lib/*", "/usr/lib64", "/usr/lib", "/usr/local/lib",
    "/opt/homebrew/lib",
)  # fmt: skip
_FORMS: Final = ("{}.so", "lib{}.so", "{}.dylib", "lib{}.dylib")


def module_path(uri: SignerURI) -> str:
    """Return the absolute path of the module.

    Raises:
        ConfigurationError: none is named, or there is none.
        AccessDeniedError: other users could have written it.
    """
    path = uri.option("module-path")
    name = uri.option("module-name")
    if path and name:
        msg = "`module-path` and `module-name` name the module twice; leave one of them out."
        raise ConfigurationError(msg, source=uri.redacted)
    if name:
        return _found(name, uri)
    path = path or os.environ.get(VARIABLE)
    if not path:
        msg = "the URI does not say which PKCS#11 module to use."
        hint = (
            f"Add `module-path=PATH`, or set {VARIABLE}. With p11-kit, p11-kit-proxy.so has every"
            " module that is registered on this machine."
        )
        raise ConfigurationError(msg, source=uri.redacted, hint=hint)
    path = os.path.expanduser(path)
    if not os.path.isabs(path):
        msg = (
            "the path of a PKCS#11 module must be absolute: the working directory may be anybody's."
        )
        raise ConfigurationError(msg, source=uri.redacted)
    if not os.path.isfile(path):
        msg = f"there is no PKCS#11 module at {path}."
        raise ConfigurationError(msg, source=uri.redacted, hint="Install it, or correct the path.")
    _refuse_unsafe(path, uri.redacted)
    return path


def _refuse_unsafe(path: str, source: str) -> None:
    """Refuse a module that another user could have written: it sees the PIN, and signs."""
    inspection = Inspection(_RULES)
    failure: CredentialsError
    try:
        with reached(path, inspection) as entry:
            inspection.file(entry.status, entry.path, is_in_shared=entry.folder.is_shared)
    except OSError as error:
        failure = typed_os_error(error, source)
    except CredentialsError as error:
        failure = error.at(source)
    else:
        return
    raise failure


def _found(name: str, uri: SignerURI) -> str:
    """Return the module of a name, as RFC 7512 section 2.3 has it, from folders of the system."""
    if "/" not in name and "\\" not in name:
        for folder in _FOLDERS:
            for form in _FORMS:
                for path in sorted(glob(os.path.join(folder, escape(form.format(name))))):
                    return path
    msg = "no folder of the system has a PKCS#11 module of this `module-name`."
    raise ConfigurationError(msg, source=uri.redacted, hint="Write `module-path` with its path.")
