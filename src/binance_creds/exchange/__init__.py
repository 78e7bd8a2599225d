"""What the exchange says: error codes, what they mean for credentials, and what a key may do."""

from typing import TYPE_CHECKING

from binance_creds._late import late
from binance_creds.exchange._endpoints import Security
from binance_creds.exchange._findings import Findings, Market
from binance_creds.exchange._rejection import Meaning, Rejection, rejection_of

if TYPE_CHECKING:
    from binance_creds.exchange._check import ExchangeCheck
    from binance_creds.exchange._policies._model import Policy
    from binance_creds.exchange._policies._reading import policy_named
    from binance_creds.exchange._sub_accounts import SubAccountKeys

__all__ = [
    "ExchangeCheck",
    "Findings",
    "Market",
    "Meaning",
    "Policy",
    "Rejection",
    "Security",
    "SubAccountKeys",
    "policy_named",
    "rejection_of",
]

_POLICIES = "binance_creds.exchange._policies"
__getattr__, __dir__ = late(
    __name__,
    {
        "ExchangeCheck": "binance_creds.exchange._check",
        "Policy": f"{_POLICIES}._model",
        "SubAccountKeys": "binance_creds.exchange._sub_accounts",
        "policy_named": f"{_POLICIES}._reading",
    },
)
