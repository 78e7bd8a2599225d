"""What happens to orders, as events of user data streams."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Final

from binance_creds.testing.exchange._streams._futures_events import account_update, trade_update
from binance_creds.testing.exchange._streams._spot_events import account_position, execution_report

if TYPE_CHECKING:
    from binance_creds.testing.exchange._endpoints._accounts import Accounts
    from binance_creds.testing.exchange._endpoints._order import OrderUpdate
    from binance_creds.testing.exchange._streams._user_streams import Event, UserStreams

__all__ = ["OrderEvents"]


class OrderEvents:
    """Emit the events of orders. It does not block, and threads may share it."""

    def __init__(self, streams: UserStreams, accounts: Accounts) -> None:
        self._streams: Final = streams
        self._accounts: Final = accounts
        self._executions: Final = count(1)

    def hear(self, update: OrderUpdate) -> None:
        """Emit what has happened to an order, and to the balances of its account."""
        order = update.order
        make = self._of_spot if order.product in {"spot", "margin"} else self._of_futures
        for event in make(update):
            self._streams.emit(event, order.account, order.product)

    def _of_spot(self, update: OrderUpdate) -> list[Event]:
        balances = self._accounts.balances(update.order.account, update.order.product)
        return [
            execution_report(update, self._streams.stamp(), next(self._executions)),
            account_position(update.order, self._streams.stamp(), balances),
        ]

    def _of_futures(self, update: OrderUpdate) -> list[Event]:
        events = [trade_update(update, self._streams.stamp())]
        if update.trade is not None:
            events.append(account_update(update.order, self._streams.stamp(), self._accounts))
        return events
