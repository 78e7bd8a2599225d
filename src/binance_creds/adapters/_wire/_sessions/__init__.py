"""Whose session a connection to the WebSocket API is; no client library is known here."""

__all__: list[str] = []
