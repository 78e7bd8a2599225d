"""What the exchange says: error codes, what they mean for credentials, and what a key may do."""

from binance_creds.exchange._endpoints import Security
from binance_creds.exchange._findings import Findings, Market
from binance_creds.exchange._rejection import Meaning, Rejection, rejection_of

__all__ = ["Findings", "Market", "Meaning", "Rejection", "Security", "rejection_of"]
