"""Two packages install a top-level `binance`; an adapter says which one is not there."""

from __future__ import annotations

import binance
import pytest
from support import build, caught, new_key

from binance_creds.adapters import binance_connector
from binance_creds.errors import ProviderNotInstalledError


@pytest.mark.skipif(not hasattr(binance, "AsyncClient"), reason="python-binance is not installed")
@pytest.mark.parametrize("name", binance_connector.__all__)
def test_python_binance_is_not_binance_connector(name) -> None:
    error = caught(getattr(binance_connector, name), build(**new_key().fields()))
    assert isinstance(error, ProviderNotInstalledError)
    assert "is not binance-connector. Uninstall python-binance" in str(error)
