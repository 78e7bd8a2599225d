"""`CredentialsHandle`: whatever has credentials to use now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from binance_creds._credentials import Credentials

__all__ = ["CredentialsHandle"]


class CredentialsHandle(Protocol):
    """Whatever has credentials to use now: `Credentials` themselves, or a live handle.

    Read `current` once per request and take key and signature from that one snapshot.
    """

    @property
    def current(self) -> Credentials:
        """The credentials to use for the next request."""
