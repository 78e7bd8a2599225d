"""What each extra installs, how its absence is told from a defect, and what stands in for it.

A public module whose SDK is absent imports all the same, and says on first use what to install. So
it holds no code: that is in a private module beside it, which is imported when it is asked for.
"""

from __future__ import annotations

import sys

from binance_creds._late import late
from binance_creds._typing import TYPE_CHECKING
from binance_creds.errors import ProviderNotInstalledError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import TracebackType
    from typing import Any, Final, NoReturn

__all__ = ["face_of", "sdk_of"]

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
    "aiohttp": ("aiohttp", "multidict", "yarl"),
    "aws": ("boto3", "botocore"),
    "azure": (
        "azure", "azure.core", "azure.identity", "azure.keyvault", "azure.keyvault.secrets",
    ),
    "azure-keys": (
        "azure", "azure.core", "azure.identity", "azure.keyvault", "azure.keyvault.keys",
    ),
    "azure-queue": (
        "azure", "azure.core", "azure.identity", "azure.storage", "azure.storage.queue",
    ),
    "gcp": (*_GOOGLE, "google.cloud.secretmanager_v1", "google.protobuf"),
    "gcp-kms": (*_GOOGLE, "google.cloud.kms_v1", "google.protobuf"),
    "binance-connector": ("binance", "requests", "websocket"),
    "binance-sdk": ("aiohttp", "binance_common"),
    "ccxt": ("aiohttp", "ccxt", "requests"),
    "exchange": ("httpx",),
    "httpx": ("httpx",),
    "keychain": ("keyring", "secretstorage"),
    "pkcs11": ("pkcs11",),
    "pubsub": (*_GOOGLE, "google.pubsub_v1"),
    "pydantic-settings": ("pydantic_settings",),
    "python-binance": ("aiohttp", "binance", "requests", "websockets", "yarl"),
    "redis": ("redis",),
    "requests": ("requests",),
    "ssh-agent": ("paramiko",),
    "vault": ("hvac", "requests"),
    "websockets": ("websockets",),
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
        if isinstance(error, ModuleNotFoundError) and self._is_absent(str(error.name)):
            target = f"binance-creds[{self._extra}]" if self._extra else "binance-creds"
            msg = f"the package {error.name!r} is not installed."
            raise ProviderNotInstalledError(msg, hint=f"Run: pip install '{target}'") from None

    def _is_absent(self, name: str) -> bool:
        packages, (top, *_) = _PACKAGES[self._extra], name.split(".")
        is_blocked = sys.modules.get(top, ...) is None  # which Python reports by what is below it
        return name in packages or (top in packages and is_blocked)


def face_of(
    public: str, exported: Iterable[str], *, extra: str
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Return the `__getattr__` and the `__dir__` of a public module, as `late` does.

    Args:
        public: its name; its code is in the module beside it, of this name with an underscore.
        exported: what it has.
        extra: what that needs; where it is absent, whatever is done with a name says so.
    """
    folder, _, name = public.rpartition(".")
    found, names = late(public, dict.fromkeys(exported, f"{folder}._{name}"))

    def get(name: str) -> object:
        try:
            with sdk_of(extra):
                return found(name)
        except ProviderNotInstalledError as error:
            return _Absent(error)

    return get, names


class _Absent:
    """Stand in for a function or a class that cannot be had."""

    def __init__(self, error: ProviderNotInstalledError) -> None:
        self._error = error.again()  # without the traceback of the import

    def _refuse(self, *args: object, **options: object) -> NoReturn:
        del args, options  # they may hold a secret, and a traceback with locals shows them
        raise self._error.again()

    __call__ = __mro_entries__ = __instancecheck__ = _refuse

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # which tools ask of everything
            raise AttributeError(name)
        self._refuse()
