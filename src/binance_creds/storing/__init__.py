"""Write credentials into a store: checked first, and never over what was not read."""

from binance_creds.storing._copy import copy
from binance_creds.storing._erase import erase
from binance_creds.storing._pair import missing_fields, pair_of_file, pair_of_text
from binance_creds.storing._put import Stored, put
from binance_creds.storing._rollback import rollback
from binance_creds.storing._target import Held, check_for, check_target

__all__ = [
    "Held",
    "Stored",
    "check_for",
    "check_target",
    "copy",
    "erase",
    "missing_fields",
    "pair_of_file",
    "pair_of_text",
    "put",
    "rollback",
]
