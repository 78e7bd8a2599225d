"""Cancelling an order and placing another in one request.

Source: binance-spot-api-docs a5e0bc3d, rest-api.md (Cancel an Existing Order and Send a New Order)
and errors.md (-2021, -2022).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from binance_creds.testing.exchange._endpoints._routes import Route
from binance_creds.testing.exchange._endpoints._spot_answers import cancelled, placed
from binance_creds.testing.exchange._errors import ExchangeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from binance_creds.testing.exchange._endpoints._order_book import OrderBook
    from binance_creds.testing.exchange._endpoints._routes import Call, Routes

    Outcome = tuple[str, object]

__all__ = ["cancel_replace_routes"]

_MODES: Final = {"STOP_ON_FAILURE", "ALLOW_FAILURE"}
_CANCELLING: Final = {
    "cancelOrderId": "orderId",
    "cancelOrigClientOrderId": "origClientOrderId",
    "cancelNewClientOrderId": "newClientOrderId",
}


def cancel_replace_routes(book: OrderBook) -> Routes:
    """Return the endpoint."""
    replace = Route(partial(_replace, book), permission="enableSpotAndMarginTrading")
    return {("POST", "/api/v3/order/cancelReplace"): replace}


def _replace(book: OrderBook, call: Call) -> object:
    mode = call.need("cancelReplaceMode")
    if mode not in _MODES:
        raise ExchangeError(400, -1130, "Data sent for parameter 'cancelReplaceMode' is not valid.")
    named = {new: call.params[old] for old, new in _CANCELLING.items() if old in call.params}
    cancelling = call._replace(params={"symbol": call.need("symbol"), **named})
    first = _tried(lambda: cancelled(book.cancel(cancelling, "spot"), named))
    second: Outcome = "NOT_ATTEMPTED", None
    if first[0] == "SUCCESS" or mode == "ALLOW_FAILURE":
        second = _tried(lambda: placed(book.place(call, "spot"), call.params))
    return _answer(first, second)


def _tried(act: Callable[[], object]) -> Outcome:
    try:
        return "SUCCESS", act()
    except ExchangeError as error:
        return "FAILURE", {"code": error.code, "msg": error.message}


def _answer(first: Outcome, second: Outcome) -> object:
    answer = {
        "cancelResult": first[0],
        "newOrderResult": second[0],
        "cancelResponse": first[1],
        "newOrderResponse": second[1],
    }
    successes = [first[0], second[0]].count("SUCCESS")
    if successes == 0:
        raise ExchangeError(400, -2022, "Order cancel-replace failed.", data=answer)
    if successes == 1:
        message = "Order cancel-replace partially failed."
        raise ExchangeError(409, -2021, message, data=answer)
    return answer
