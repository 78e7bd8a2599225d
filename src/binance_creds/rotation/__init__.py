"""Rotate a key: what running bots say of the key that they use."""

from binance_creds.rotation._report import BotReport
from binance_creds.rotation._reports import Usage, reports_of, usage_of

__all__ = ["BotReport", "Usage", "reports_of", "usage_of"]
