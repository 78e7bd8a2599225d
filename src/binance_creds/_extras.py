"""What each extra installs, and how its absence is told from a defect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from binance_creds.errors import ProviderNotInstalledError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

__all__ = ["sdk_of"]

_GOOGLE: Final = (
    "google",
    "google.api_core",
    "google.auth",
    "google.cloud",
    "google.oauth2",
    "grpc",
)
# What is imported of each. Namespaces are shared: another SDK may have brought a part of one.
_PACKAGES: Final[Mapping[str | None, tuple[str, ...]]] = {
    None: ("dotenv",),  # of the library itself
    "aws": ("boto3", "botocore"),
    "azure": (
        "azure", "azure.core", "azure.identity", "azure.keyvault", "azure.keyvault.secrets",
    ),
    "azure-queue": (
        "azure", "azure.core", "azure.identity", "azure.storage", "azure.storage.queue",
    ),
    "gcp": (*_GOOGLE, "google.cloud.secretmanager_v1", "google.protobuf"),
    "httpx": ("httpx",),
    "keychain": ("keyring", "secretstorage"),
    "pubsub": (*_GOOGLE, "google.pubsub_v1"),
    "python-binance": ("binance", "requests", "websockets", "yarl"),
    "redis": ("redis",),
    "requests": ("requests",),
    "vault": ("hvac", "requests"),
}  # fmt: skip


class sdk_of:  # noqa: N801  # a context manager, which reads as a function
    """Say what to install where an import in this block finds the SDK of an extra absent.

    One that is there but broken raises as it is.

    Raises:
        ProviderNotInstalledError: with the `pip install` line.
    """

    def __init__(self, extra: str | None) -> None:
        self._extra = extra

    def __enter__(self) -> None:
        """Nothing is held."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, ModuleNotFoundError) and error.name in _PACKAGES[self._extra]:
            target = f"binance-creds[{self._extra}]" if self._extra else "binance-creds"
            msg = f"the package {error.name!r} is not installed."
            raise ProviderNotInstalledError(msg, hint=f"Run: pip install '{target}'") from None
