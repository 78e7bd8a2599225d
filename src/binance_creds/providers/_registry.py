"""From a scheme to its provider: a static table, then the entry points of third parties."""

from __future__ import annotations

import importlib
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from binance_creds.errors import (
    ConfigurationError,
    CredentialsError,
    ProviderNotInstalledError,
)
from binance_creds.providers._options import SCHEMES, Distrusted, Scheme, distrusted

if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.metadata import EntryPoint

    from binance_creds._uri import SourceURI
    from binance_creds.providers._protocols import Provider

__all__ = [
    "ENTRY_POINT_GROUP",
    "ask_provider",
    "distrusted_in",
    "is_local",
    "is_pinned",
    "known_schemes",
    "provider_for",
]

_T = TypeVar("_T")

ENTRY_POINT_GROUP: Final = "binance_creds.providers"


class _Row(NamedTuple):
    """Where a built-in provider lives.

    `requires` is the top-level package of its SDK, and `parts` are those below it that may be
    absent while another SDK of the same namespace is there; `is_local` says that reading it takes
    no longer than reading a file, so that an event loop does not notice.
    """

    module: str
    factory: str
    requires: str | None = None
    extra: str | None = None
    is_local: bool = True
    parts: tuple[str, ...] = ()


_AZURE: Final = ("azure.core", "azure.identity", "azure.keyvault", "azure.keyvault.secrets")
_GOOGLE: Final = (
    "google.api_core", "google.auth", "google.cloud", "google.cloud.secretmanager_v1", "grpc",
)  # fmt: skip
_BUILT_IN: Final = {
    "aws-sm": _Row(
        "aws.secrets_manager",
        "SecretsManagerProvider",
        "boto3",
        "aws",
        is_local=False,
        parts=("botocore",),
    ),
    "azure-kv": _Row(
        "azure.key_vault", "KeyVaultProvider", "azure", "azure", is_local=False, parts=_AZURE
    ),
    "dotenv": _Row("local.dotenv", "DotenvProvider", "dotenv"),
    "env": _Row("local.environment", "EnvironmentProvider"),
    "file": _Row("local.file", "FileProvider"),
    "gcp-sm": _Row(
        "google.secret_manager",
        "SecretManagerProvider",
        "google",
        "gcp",
        is_local=False,
        parts=_GOOGLE,
    ),
    "keyring": _Row("keychain.keyring", "KeyringProvider", "keyring", "keychain", is_local=False),
    "memory": _Row("memory", "MemoryProvider"),
    "openbao": _Row("vault.kv_secrets", "VaultProvider", "hvac", "vault", is_local=False),
    "vault": _Row("vault.kv_secrets", "VaultProvider", "hvac", "vault", is_local=False),
}


def provider_for(uri: SourceURI) -> Provider:
    """Build the provider of a source.

    Raises:
        ConfigurationError: the scheme is unknown, claimed twice, or an option is wrong.
        ProviderNotInstalledError: with the `pip install` line of the missing extra.
    """
    row = _BUILT_IN.get(uri.scheme)
    factory = _plugin_factory(uri) if row is None else _built_in_factory(row, uri)
    return factory(uri)


def known_schemes() -> tuple[str, ...]:
    """Return every scheme that can be used now, sorted."""
    return tuple(sorted(_BUILT_IN.keys() | {point.name for point in _entry_points()}))


def distrusted_in(uri: SourceURI) -> Distrusted | None:
    """Return the first part of a source that counts only where the source was named.

    A third party's scheme counts only there, unless its factory says by `found_options`, a
    collection of names, which options may stand in a configuration that was merely found: then it
    also vouches that its location names no host.

    Raises:
        ConfigurationError: the scheme is unknown or claimed twice.
    """
    scheme = SCHEMES.get(uri.scheme)
    if scheme is not None:
        return distrusted(uri, scheme)
    found = getattr(_plugin_factory(uri), "found_options", None)
    if found is None:
        return Distrusted(f"the scheme {uri.scheme!r}", "what only its author knows")
    others = {name: ("what only its author knows", "") for name in uri.options if name not in found}
    return distrusted(uri, Scheme(named=others))


def is_local(uri: SourceURI) -> bool:
    """Return whether reading the source is as quick as reading a file."""
    row = _BUILT_IN.get(uri.scheme)
    return row is not None and row.is_local


def is_pinned(uri: SourceURI) -> bool:
    """Return whether the source names one version, as far as its provider can be built."""
    from binance_creds.providers._protocols import Pinned  # noqa: PLC0415  # a plain load needs none

    return ask_provider(uri, lambda it: isinstance(it, Pinned) and it.is_pinned) or False


def ask_provider(uri: SourceURI, question: Callable[[Provider], _T]) -> _T | None:
    """Build the provider of a source, ask it, and close it; `None` if it cannot be built."""
    try:
        provider = provider_for(uri)
    except CredentialsError:
        return None
    try:
        return question(provider)
    finally:
        with suppress(Exception):  # it was not used; what it answered counts
            provider.close()


def _built_in_factory(row: _Row, uri: SourceURI) -> Callable[[SourceURI], Provider]:
    module = None
    try:
        module = importlib.import_module(f"binance_creds.providers.{row.module}")
    except ModuleNotFoundError as error:
        # Only the SDK's own absence; an SDK that is there but broken raises as it is.
        if error.name not in {row.requires, *row.parts}:
            raise
    if module is None:
        target = f"binance-creds[{row.extra}]" if row.extra else "binance-creds"
        msg = f"the package {row.requires!r} is not installed."
        raise ProviderNotInstalledError(
            msg, source=uri.redacted, hint=f"Run: pip install '{target}'"
        )
    factory: Callable[[SourceURI], Provider] = getattr(module, row.factory)
    return factory


def _plugin_factory(uri: SourceURI) -> Callable[[SourceURI], Provider]:
    points = [point for point in _entry_points() if point.name == uri.scheme]
    if not points:
        # The scheme is not repeated: what stands before a colon may be part of a key.
        from difflib import get_close_matches  # noqa: PLC0415  # slow, and rarely needed

        known = known_schemes()
        close = get_close_matches(uri.scheme, known, n=1)
        meant = f", did you mean {close[0]!r}?" if close else ";"
        msg = f"unknown scheme{meant} the known ones are {', '.join(known)}."
        raise ConfigurationError(msg)
    if len(points) > 1:
        msg = f"several packages provide the scheme {uri.scheme!r}."
        raise ConfigurationError(msg, source=uri.redacted, hint="Uninstall all but one.")
    factory: Callable[[SourceURI], Provider] = points[0].load()
    return factory


def _entry_points() -> list[EntryPoint]:
    from importlib.metadata import entry_points  # noqa: PLC0415  # slow, and rarely needed

    found = list(entry_points(group=ENTRY_POINT_GROUP))
    taken = [point.name for point in found if point.name in _BUILT_IN]
    if taken:
        msg = f"a package claims the built-in scheme {taken[0]!r}."
        raise ConfigurationError(msg, hint="Uninstall it, or rename its scheme.")
    return found
