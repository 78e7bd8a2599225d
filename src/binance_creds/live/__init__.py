"""Live credentials: always the newest good pair, without a restart."""

from binance_creds.live._change_source import Announcement, ChangeSource

__all__ = ["Announcement", "ChangeSource"]
