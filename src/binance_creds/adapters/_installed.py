"""Tell a client library that is absent from one that is broken."""

from __future__ import annotations

from importlib.util import find_spec

from binance_creds.errors import ProviderNotInstalledError

__all__ = ["require"]


def require(package: str, *, extra: str) -> None:
    """Refuse to go on without a top-level package.

    Raises:
        ProviderNotInstalledError: with the `pip install` line.
    """
    if find_spec(package) is None:
        msg = f"the package {package!r} is not installed."
        raise ProviderNotInstalledError(msg, hint=f"Run: pip install 'binance-creds[{extra}]'")
