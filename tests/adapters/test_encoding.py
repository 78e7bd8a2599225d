"""What python-binance sends is what was signed; the other libraries are in test_http.py."""

from __future__ import annotations

import asyncio
import json
from urllib.parse import quote, urlencode

import pytest
from support import build

from binance_creds import KeyType
from binance_creds.adapters import python_binance
from binance_creds.testing import FakeExchange

VALUES = {
    "reserved": "a b&c=d/é+%~",
    "the rest of it": "!#$'()*,:;?@[]",
    "quotes": '["BTCUSDT","ü"]',
    "encoded already": "%5Ba%5D",
    "not ASCII": "１２３４５６",
    "a number": 0.5,
    "nothing": None,
}
ORDER = {"symbol": "币安人生USDT", "side": "BUY", "type": "MARKET", "quantity": "1"}
BATCH = '[{"symbol": "币安", "newClientOrderId": "a+b"}]'
EARLY = quote(BATCH)  # as python-binance does with orderidlist
DRAGGED = urlencode({"batchOrders": BATCH, "recvWindow": 9})[12:]  # and with batchOrders


class OpenExchange(FakeExchange):
    """An exchange that takes any signed request, and keeps the parameters it understood."""

    def __init__(self) -> None:
        super().__init__()
        self.understood: list[dict[str, str]] = []
        self.paths: list[str] = []

    def answer(self, incoming):
        if incoming.api_key and "timestamp" in incoming.params:
            self.understood.append(incoming.params)
            self.paths.append(incoming.path)
            incoming = incoming._replace(method="GET", path="/api/v3/account")
        return super().answer(incoming)


@pytest.fixture
def exchange():
    with OpenExchange() as running:
        yield running


def synchronously(creds, url, calls) -> None:
    client = python_binance.client(creds, base_url=url)
    for call in calls:
        call(client)
    client.close_connection()


def in_a_task(creds, url, calls) -> None:
    async def main() -> None:
        client = await python_binance.async_client(creds, base_url=url)
        try:
            for call in calls:
                await call(client)
        finally:
            await client.close_connection()

    asyncio.run(main())


BOTH = pytest.mark.parametrize("run", [synchronously, in_a_task])
PLACES = {
    "a query": lambda client, data: client._get("account", True, data=data),
    "a form": lambda client, data: client._post("order/test", True, data=data),
    "a form to delete": lambda client, data: client._delete("order", True, data=data),
    "a query that is posted": lambda client, data: client._request_futures_api(
        "post", "order", True, data=data, force_params=True
    ),
    "a query to delete": lambda client, data: client._request_futures_api(
        "delete", "allOpenOrders", True, data=data, force_params=True
    ),
}


@pytest.mark.unmeasured
@BOTH
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES.keys())
@pytest.mark.parametrize("key_type", list(KeyType))
def test_reserved_characters_arrive_as_they_were(exchange, run, place, key_type) -> None:
    """In each place that parameters go to, with each kind of signature."""
    creds = build(**exchange.issue(key_type).fields())
    cases = [{**ORDER, "note": value, "empty": ""} for value in VALUES.values()]
    run(creds, exchange.url, [lambda c, data=data: place(c, dict(data)) for data in cases])
    assert exchange.rejected() == []
    for sent, got in zip(cases, exchange.understood, strict=True):
        expected = {name: str(value) for name, value in sent.items() if value is not None}
        assert expected.items() <= got.items()
        assert got.keys() == expected.keys() | {"timestamp", "recvWindow", "signature"}


@BOTH
@pytest.mark.parametrize("place", [place for name, place in PLACES.items() if name != "a query"])
def test_a_list_that_is_encoded_early_is_not_encoded_twice(exchange, run, place) -> None:
    """python-binance encodes three parameters in some of its methods."""
    creds = build(**exchange.issue(KeyType.ED25519).fields())
    cases = [
        {"batchOrders": DRAGGED},
        {"batchOrders": BATCH},
        {"orderidlist": EARLY},
        {"origclientorderidlist": EARLY},
    ]
    run(creds, exchange.url, [lambda c, data=data: place(c, dict(data)) for data in cases])
    assert exchange.rejected() == []
    for sent, got in zip(cases, exchange.understood, strict=True):
        assert got.items() >= dict.fromkeys(sent, BATCH).items()


@BOTH
def test_batches_of_orders_are_signed(exchange, run) -> None:
    """By the methods that python-binance has for them."""
    creds = build(**exchange.issue(KeyType.ED25519).fields())

    def order():
        return {"symbol": "币安人生USDT", "quantity": "1", "newClientOrderId": "a/b"}

    run(
        creds,
        exchange.url,
        [
            lambda c: c.futures_place_batch_order(batchOrders=[order(), order()]),
            lambda c: c.futures_coin_place_batch_order(batchOrders=[order(), order()]),
            lambda c: c.futures_cancel_orders(symbol="BTCUSDT", orderidlist=[1, 2]),
            lambda c: c.futures_cancel_all_open_orders(symbol="币安人生USDT"),
        ],
    )
    assert exchange.rejected() == []
    first, second, third, fourth = exchange.understood
    assert json.loads(first["batchOrders"]) == json.loads(second["batchOrders"]) == [order()] * 2
    assert (third["orderidlist"], fourth["symbol"]) == ("[1,2]", "币安人生USDT")


@BOTH
def test_a_request_without_parameters_is_signed(exchange, run) -> None:
    """And one with headers and options of its own."""
    creds = build(**exchange.issue().fields())
    run(
        creds,
        exchange.url,
        [
            lambda c: c.get_account(),
            lambda c: c.get_account(requests_params={"timeout": 5}, headers={"X-Own": "1"}),
        ],
    )
    assert exchange.rejected() == []
    assert exchange.understood[1].keys() == {"timestamp", "recvWindow", "signature"}


FAMILIES = [
    *(
        ("_request_margin_api", f"/sapi/v{version}/x", {"version": version})
        for version in range(1, 5)
    ),
    *(
        ("_request_futures_api", f"/fapi/v{version}/x", {"version": version})
        for version in range(1, 4)
    ),
    *(
        ("_request_futures_coin_api", f"/dapi/v{version}/x", {"version": version})
        for version in range(1, 4)
    ),
    *(
        ("_request_papi_api", f"/papi/v{version}/x", {"version": version})
        for version in range(1, 3)
    ),
    ("_request_options_api", "/eapi/v1/x", {}),
    ("_request_api", "/api/v3/x", {}),
]


@BOTH
def test_every_family_of_rest_is_signed(exchange, run) -> None:
    """Each version that python-binance knows, read and written."""
    creds = build(**exchange.issue(KeyType.ED25519).fields())

    def call(name, method, options):
        return lambda c: getattr(c, name)(method, "x", signed=True, data={"a": "ü/+"}, **options)

    asked = [(each, method) for each in FAMILIES for method in ("get", "post", "put", "delete")]
    run(creds, exchange.url, [call(name, method, o) for (name, _, o), method in asked])
    assert exchange.rejected() == exchange.mixed() == []
    assert exchange.paths == [path for (_, path, _), _ in asked]
    assert {one["a"] for one in exchange.understood} == {"ü/+"}
