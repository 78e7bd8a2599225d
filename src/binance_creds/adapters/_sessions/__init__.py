"""Sign what a session of requests sends, where the request gets its connection."""

from binance_creds.adapters._sessions._attach import attach_session, proving

__all__ = ["attach_session", "proving"]
