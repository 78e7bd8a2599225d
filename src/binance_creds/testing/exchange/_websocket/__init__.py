"""The WebSocket side of the local exchange: sessions, named streams, faults of connections."""
