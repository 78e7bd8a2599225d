"""Warn of a key that is to be replaced."""

from __future__ import annotations

import time

from binance_creds._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from binance_creds._credentials import Credentials

__all__ = ["warn_if_due"]


def warn_if_due(credentials: Credentials) -> Credentials:
    """Return credentials; warn once in this process if they were to be replaced by now."""
    due = credentials.rotate_by
    if due is not None and due.timestamp() <= time.time():
        from binance_creds._warnings import warn_once  # noqa: PLC0415  # few are that old

        warn_once(
            f"{credentials.origin}: the key {credentials.fingerprint} was to be rotated by"
            f" {due:%Y-%m-%d}: create a new one at the exchange, and store it."
        )
    return credentials
