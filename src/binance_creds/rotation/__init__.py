"""Rotate a key: the steps, and what running bots say of the key that they use."""

from binance_creds.rotation._keygen import NewKey, finish_keygen, keygen
from binance_creds.rotation._report import BotReport
from binance_creds.rotation._reports import Usage, reports_of, usage_of
from binance_creds.rotation._siblings import kept, staged

__all__ = [
    "BotReport",
    "NewKey",
    "Usage",
    "finish_keygen",
    "kept",
    "keygen",
    "reports_of",
    "staged",
    "usage_of",
]
