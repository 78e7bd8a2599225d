"""The process-wide cache behind `load_credentials`."""

from binance_creds._cache._cache import Cache

__all__ = ["Cache"]
