"""freqtrade trades with its own configuration, live, while its key is replaced."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("freqtrade")

import ccxt
from ccxt_bot import at, handle_of
from freqtrade.exchange import Exchange
from freqtrade.worker import Worker

from binance_creds import KeyType, load_credentials
from binance_creds.adapters.freqtrade import attach
from binance_creds.providers import memory
from binance_creds.testing import assert_no_leak

STRATEGY = """
from freqtrade.strategy import IStrategy

class Buyer(IStrategy):
    timeframe, stoploss, minimal_roi = "5m", -0.9, {"0": 10}
    startup_candle_count, process_only_new_candles = 0, False
    leaves = False

    def populate_indicators(self, dataframe, metadata):
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe["enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        return dataframe

    def custom_exit(self, pair, trade, **more):
        return "told to" if self.leaves else None
"""
PRICING = {"price_side": "other", "use_order_book": True, "order_book_top": 1}
ORDER_TYPES = {
    "entry": "market",
    "exit": "market",
    "stoploss": "market",
    "stoploss_on_exchange": False,
}


def configuration(exchange, folder, **more) -> str:
    """Write a configuration of freqtrade, and return its path. It has no key."""
    (folder / "strategies").mkdir()
    (folder / "strategies" / "buyer.py").write_text(STRATEGY)
    config = {
        "dry_run": False,
        "max_open_trades": 2,
        "stake_currency": "USDT",
        "stake_amount": 1000,
        "strategy": "Buyer",
        "db_url": f"sqlite:///{folder}/trades.sqlite",
        "entry_pricing": PRICING,
        "exit_pricing": PRICING,
        "order_types": ORDER_TYPES,
        "exchange": {
            "name": "binance",
            "ccxt_config": at(exchange.url, exchange.ws_url),
            "pair_whitelist": ["BTC/USDT", "ETH/USDT"],
        },
        "pairlists": [{"method": "StaticPairList"}],
        "initial_state": "running",
        **more,
    }
    path = folder / "config.json"
    path.write_text(json.dumps(config))
    return str(path)


def worker(exchange, folder, **more) -> Worker:
    paths = [configuration(exchange, folder, **more)]
    return Worker({"config": paths, "user_data_dir": str(folder)})


def test_freqtrade_trades_through_a_rotation(exchange, tmp_path, caplog) -> None:
    """It buys with one key, and sells with the next one, of another type."""
    old, new = exchange.issue(), exchange.issue(KeyType.ED25519)
    memory.register("freqtrade", old.fields())
    with load_credentials("memory:freqtrade", live=True) as live:
        detach = attach(Exchange, live)
        try:
            running = worker(exchange, tmp_path)
            bot = running.freqtrade
            bot.startup()
            bot.process()
            memory.register("freqtrade", new.fields())
            live.refresh()
            exchange.keys.revoke(old.api_key)
            bot.strategy.leaves = True
            bot.process()
            running.exit()
        finally:
            detach()
    memory.unregister("freqtrade")
    sides = [(r.params["side"], r.api_key) for r in exchange.requests if r.is_placed]
    assert sides == [("BUY", old.api_key)] * 2 + [("SELL", new.api_key)] * 2
    assert exchange.rejected() == exchange.mixed() == exchange.doubled() == []
    for key in (old, new):
        assert_no_leak(key.api_key, caplog.text)


def test_a_dry_run_uses_no_key(exchange, tmp_path) -> None:
    detach = attach(Exchange, handle_of(exchange.issue()))
    try:
        bot = worker(exchange, tmp_path, dry_run=True).freqtrade
        assert type(bot.exchange._api) is ccxt.binance
        bot.cleanup()
    finally:
        detach()
    assert "build_signing" != Exchange._init_ccxt.__name__
