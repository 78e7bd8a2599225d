"""The endpoints of the local exchange, and what they keep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from binance_creds.testing.exchange._endpoints._accounts import Accounts
from binance_creds.testing.exchange._endpoints._cancel_replace import cancel_replace_routes
from binance_creds.testing.exchange._endpoints._exchange_info import exchange_info_routes
from binance_creds.testing.exchange._endpoints._funding import funding_routes
from binance_creds.testing.exchange._endpoints._futures_account import futures_account_routes
from binance_creds.testing.exchange._endpoints._futures_orders import futures_order_routes
from binance_creds.testing.exchange._endpoints._general import general_routes
from binance_creds.testing.exchange._endpoints._market_data import market_data_routes
from binance_creds.testing.exchange._endpoints._order_book import OrderBook
from binance_creds.testing.exchange._endpoints._other_accounts import other_account_routes
from binance_creds.testing.exchange._endpoints._spot import spot_routes
from binance_creds.testing.exchange._endpoints._sub_accounts import sub_account_routes
from binance_creds.testing.exchange._endpoints._wallet import wallet_routes

if TYPE_CHECKING:
    from binance_creds.testing.exchange._endpoints._routes import Routes
    from binance_creds.testing.exchange._keys import KeyRing

__all__ = ["Endpoints"]


class Endpoints:
    """All endpoints over one book of orders and one set of accounts.

    Args:
        keys: those of the exchange, which a master account changes for its sub-accounts.

    Attributes:
        accounts: what the accounts own.
        book: the orders.
        routes: the endpoint of each method and path.
    """

    def __init__(self, keys: KeyRing) -> None:
        self.accounts: Final = Accounts()
        self.book: Final = OrderBook(self.accounts)
        self.routes: Final[Routes] = {
            **general_routes(),
            **spot_routes(self.book, self.accounts),
            **cancel_replace_routes(self.book),
            **wallet_routes(self.accounts),
            **exchange_info_routes(),
            **market_data_routes(),
            **futures_order_routes(self.book),
            **futures_account_routes(self.accounts),
            **funding_routes(),
            **other_account_routes(),
            **sub_account_routes(keys),
        }
