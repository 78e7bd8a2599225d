"""How a request of Binance is signed where it leaves; no client library is known here."""

__all__: list[str] = []
