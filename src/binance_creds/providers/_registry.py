"""From a scheme to its provider: a static table, then the entry points of third parties."""

from __future__ import annotations

import sys
from contextlib import suppress
from importlib import import_module

from binance_creds._typing import TYPE_CHECKING, NamedTuple
from binance_creds.errors import ConfigurationError, CredentialsError, ProviderNotInstalledError
from binance_creds.providers._options import SCHEMES, Distrusted, Scheme, distrusted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from importlib.metadata import EntryPoint
    from typing import Any, Final, TypeVar

    from binance_creds._uri import SourceURI
    from binance_creds.providers._protocols import Provider

    _T = TypeVar("_T")

__all__ = ["SOURCES", "Family", "ask_provider", "built", "is_pinned", "provider_for"]

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
# The table of `signing`, which imports this one. A test compares the two.
_SIGNERS: Final = ("aws-kms", "azure-keys", "gcp-kms", "pkcs11", "ssh-agent", "vault-transit")
_UNKNOWN: Final = "what only its author knows"


class Family(NamedTuple):
    """The schemes of sources, or those of signers.

    Attributes:
        group: of entry points.
        built_in: a row for each scheme of this library, as `built` takes it.
        options: what each of these may say, and where.
        of: what has such a scheme, for a message.
    """

    group: str
    built_in: Mapping[str, str]
    options: Mapping[str, Scheme]
    of: str = ""

    def factory(self, uri: SourceURI) -> Callable[[SourceURI], Any]:
        """Return what builds something for a URI of a third party's scheme.

        Raises:
            ConfigurationError: the scheme is unknown or claimed twice.
        """
        points = [point for point in self._points() if point.name == uri.scheme]
        if not points:
            _refuse_signer(uri.scheme)
            # The scheme is not repeated: what stands before a colon may be part of a key.
            from difflib import get_close_matches  # noqa: PLC0415  # slow, and rarely needed

            known = self.schemes()
            close = get_close_matches(uri.scheme, known, n=1)
            meant = f", did you mean {close[0]!r}?" if close else ";"
            msg = f"unknown scheme{self.of}{meant} the known ones are {', '.join(known)}."
            raise ConfigurationError(msg, hint=None if self.of else _advice(uri))
        if len(points) > 1:
            msg = f"several packages provide the scheme {uri.scheme!r}."
            raise ConfigurationError(msg, source=uri.redacted, hint="Uninstall all but one.")
        factory: Callable[[SourceURI], Any] = points[0].load()
        return factory

    def schemes(self) -> tuple[str, ...]:
        """Return every scheme that can be used now, sorted."""
        return tuple(sorted(self.built_in.keys() | {point.name for point in self._points()}))

    def distrusted(self, uri: SourceURI) -> Distrusted | None:
        """Return the first part of a URI that counts only where it was named.

        A third party's scheme counts only there, unless its factory says by `found_options`, a
        collection of names, which options may stand in a file that was merely found: then it also
        vouches that its location names no host.

        Raises:
            ConfigurationError: the scheme is unknown or claimed twice.
        """
        scheme = self.options.get(uri.scheme)
        if scheme is not None:
            return distrusted(uri, scheme)
        found = getattr(self.factory(uri), "found_options", None)
        if found is None:
            return Distrusted(f"the scheme {uri.scheme!r}", _UNKNOWN)
        others = {name: (_UNKNOWN, "") for name in uri.options if name not in found}
        return distrusted(uri, Scheme(named=others))

    def _points(self) -> list[EntryPoint]:
        from importlib.metadata import entry_points  # noqa: PLC0415  # slow, and rarely needed

        found = list(entry_points(group=self.group))
        taken = [point.name for point in found if point.name in self.built_in]
        if taken:
            msg = f"a package claims the built-in scheme {taken[0]!r}."
            raise ConfigurationError(msg, hint="Uninstall it, or rename its scheme.")
        return found


def _advice(uri: SourceURI) -> str | None:
    from binance_creds._uri_advice import source_advice  # noqa: PLC0415  # few programs need it

    scheme, location = uri.scheme, uri.location
    return source_advice(f"{scheme}:{location}") or source_advice(f"{scheme}://{location}")


def _refuse_signer(scheme: str) -> None:
    if scheme in _SIGNERS:
        msg = f"{scheme}: says where a signature is made, and is no source."
        hint = "Set it as BINANCE_SIGNER, or as `signer` of a profile, beside the API key."
        raise ConfigurationError(msg, hint=hint)


def built(row: str, uri: SourceURI) -> Any:
    """Build what a row, such as `providers.memory:MemoryProvider`, names for a URI of its scheme.

    Raises:
        ConfigurationError: the URI is wrong.
        ProviderNotInstalledError: with the `pip install` line of the missing extra.
    """
    module, _, factory = row.partition(":")
    refusal = None
    name = f"binance_creds.{module}"
    try:
        return getattr(sys.modules.get(name) or import_module(name), factory)(uri)
    except ProviderNotInstalledError as error:
        refusal = error.at(uri.redacted)
    raise refusal


SOURCES: Final = Family("binance_creds.providers", BUILT_IN, SCHEMES)


def provider_for(uri: SourceURI) -> Provider:
    """Build the provider of a source.

    Raises:
        ConfigurationError: the scheme is unknown, claimed twice, or an option is wrong.
        ProviderNotInstalledError: with the `pip install` line of the missing extra.
    """
    row = BUILT_IN.get(uri.scheme)
    provider: Provider = SOURCES.factory(uri)(uri) if row is None else built(row, uri)
    return provider


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
