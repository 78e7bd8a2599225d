"""The code behind `ccxt`; it needs ccxt."""

from binance_creds.adapters._ccxt._client import attach, client

__all__ = ["attach", "client"]
