"""From a scheme to its provider: a static table, then the entry points of third parties."""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, TypeVar

from binance_creds.errors import ConfigurationError, CredentialsError, ProviderNotInstalledError
from binance_creds.providers._options import SCHEMES, Distrusted, Scheme, distrusted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from importlib.metadata import EntryPoint

    from binance_creds._uri import SourceURI
    from binance_creds.providers._protocols import Provider

__all__ = [
    "ENTRY_POINT_GROUP",
    "ask_provider",
    "built",
    "distrusted_in",
    "is_pinned",
    "known_schemes",
    "provider_for",
]

_T = TypeVar("_T")

ENTRY_POINT_GROUP: Final = "binance_creds.providers"

# Each as entry points are written: a module below this package, and what takes the URI in it.
_VAULT: Final = "providers.vault.kv_secrets:VaultProvider"
BUILT_IN: Final = {
    "aws-sm": "providers.aws.secrets_manager:SecretsManagerProvider",
    "azure-kv": "providers.azure.key_vault:KeyVaultProvider",
    "command": "providers.command.external_program:CommandProvider",
    "dotenv": "providers.local.dotenv:DotenvProvider",
    "env": "providers.local.environment:EnvironmentProvider",
    "file": "providers.local.file:FileProvider",
    "gcp-sm": "providers.google.secret_manager:SecretManagerProvider",
    "keyring": "providers.keychain.keyring:KeyringProvider",
    "memory": "providers.memory:MemoryProvider",
    "openbao": _VAULT,
    "vault": _VAULT,
}


def built(row: str, uri: SourceURI) -> Any:
    """Build what a row, such as `providers.memory:MemoryProvider`, names for a URI of its scheme.

    Raises:
        ConfigurationError: the URI is wrong.
        ProviderNotInstalledError: with the `pip install` line of the missing extra.
    """
    module, _, factory = row.partition(":")
    refusal = None
    try:
        return getattr(import_module(f"binance_creds.{module}"), factory)(uri)
    except ProviderNotInstalledError as error:
        refusal = error.at(uri.redacted)
    raise refusal


def provider_for(uri: SourceURI) -> Provider:
    """Build the provider of a source.

    Raises:
        ConfigurationError: the scheme is unknown, claimed twice, or an option is wrong.
        ProviderNotInstalledError: with the `pip install` line of the missing extra.
    """
    row = BUILT_IN.get(uri.scheme)
    provider: Provider = _plugin_factory(uri)(uri) if row is None else built(row, uri)
    return provider


def known_schemes() -> tuple[str, ...]:
    """Return every scheme that can be used now, sorted."""
    return tuple(sorted(BUILT_IN.keys() | {point.name for point in _entry_points()}))


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


def is_pinned(uri: SourceURI, opened: Mapping[SourceURI, Provider]) -> bool:
    """Return whether the source names one version, as far as its provider can be built.

    Args:
        uri: the source.
        opened: providers that are there already.
    """
    from binance_creds.providers._protocols import Pinned  # noqa: PLC0415  # a plain load needs none

    def asked(provider: Provider) -> bool:
        return isinstance(provider, Pinned) and provider.is_pinned

    return ask_provider(uri, asked, opened) or False


def ask_provider(
    uri: SourceURI, question: Callable[[Provider], _T], opened: Mapping[SourceURI, Provider]
) -> _T | None:
    """Ask the provider of a source; `None` if it cannot be built.

    One that is not opened yet is built for the question, and closed.
    """
    if uri in opened:
        return question(opened[uri])
    try:
        provider = provider_for(uri)
    except CredentialsError:
        return None
    try:
        return question(provider)
    finally:
        with suppress(Exception):  # it was not used; what it answered counts
            provider.close()


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
    taken = [point.name for point in found if point.name in BUILT_IN]
    if taken:
        msg = f"a package claims the built-in scheme {taken[0]!r}."
        raise ConfigurationError(msg, hint="Uninstall it, or rename its scheme.")
    return found
