"""What is known of the exchange: its error codes, what they say of credentials, its endpoints."""

from binance_creds.exchange._endpoints import Security
from binance_creds.exchange._rejection import Meaning, Rejection, rejection_of

__all__ = ["Meaning", "Rejection", "Security", "rejection_of"]
