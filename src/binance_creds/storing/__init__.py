"""Write credentials into a store: checked first, and never over what was not read."""

from binance_creds.storing._copy import copy
from binance_creds.storing._pair import pair_of_text
from binance_creds.storing._put import Stored, put
from binance_creds.storing._rollback import rollback

__all__ = ["Stored", "copy", "pair_of_text", "put", "rollback"]
