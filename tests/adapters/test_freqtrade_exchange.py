"""What an exchange of freqtrade is to the adapter; `test_freqtrade.py` has the real one trade."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

pytest.importorskip("ccxt")

import ccxt
import ccxt.pro
from ccxt_bot import at, handle_of
from support import caught, new_key

from binance_creds import ConfigurationError
from binance_creds.adapters.freqtrade import attach


class Exchange:
    """freqtrade's, as far as the adapter goes: it builds exchanges of ccxt by its configuration."""

    def __init__(self, address: str, *, dry_run: bool = False) -> None:
        self._config, self._address = {"dry_run": dry_run}, address
        self.api = self._init_ccxt()

    def _init_ccxt(self):
        return ccxt.binance(at(self._address))


def test_what_a_class_builds_signs_until_it_is_detached(exchange) -> None:
    key = exchange.issue()
    detach = attach(Exchange, handle_of(key))
    built = Exchange(exchange.url).api
    assert built.privateGetAccount()["accountType"] == "SPOT"
    detach()
    assert type(built) is type(Exchange(exchange.url).api) is ccxt.binance
    assert exchange.accepted(key.api_key) == 1


def test_what_is_built_for_a_dry_run_has_no_key(exchange) -> None:
    detach = attach(Exchange, handle_of(exchange.issue()))
    assert type(Exchange(exchange.url, dry_run=True).api) is ccxt.binance
    detach()


def test_an_exchange_that_freqtrade_has_built_is_attached_and_detached() -> None:
    built = SimpleNamespace(
        _init_ccxt=None, _api=ccxt.binance(), _api_async=ccxt.pro.binance(), _ws_async=None
    )
    detach = attach(built, handle_of(new_key()))
    assert built._api.apiKey == built._api_async.apiKey != ""
    detach()
    assert type(built._api) is ccxt.binance
    assert type(built._api_async) is ccxt.pro.binance


def test_what_is_no_exchange_of_freqtrade_is_refused() -> None:
    error = caught(attach, ccxt.binance(), handle_of(new_key()))
    assert isinstance(error, ConfigurationError)
    assert "freqtrade" in str(error)
