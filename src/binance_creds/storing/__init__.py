"""Write credentials into a store: checked first, and never over what was not read."""

from binance_creds.storing._pair import pair_of_text
from binance_creds.storing._put import Stored, put

__all__ = ["Stored", "pair_of_text", "put"]
