"""What is known of the exchange itself: its error codes, and what they say of credentials."""

from binance_creds.exchange._rejection import Meaning, Rejection, rejection_of

__all__ = ["Meaning", "Rejection", "rejection_of"]
