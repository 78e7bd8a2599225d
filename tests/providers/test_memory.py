"""What the program itself registered."""

from __future__ import annotations

from support import caught, token

from binance_creds.errors import ConfigurationError
from binance_creds.providers import memory
from binance_creds.testing import ProviderContract, assert_no_leak


class TestMemory(ProviderContract):
    """Obeys every law."""

    def open(self, uri):
        return memory.MemoryProvider(uri)

    def write(self, fields):
        memory.register("contract", fields)
        return "memory:contract"

    def missing(self):
        memory.unregister("nothing")
        return "memory:nothing"


def test_a_field_that_no_credential_has_is_refused() -> None:
    """Its value is not shown."""
    canary = token()
    error = caught(memory.register, "x", {"api_kee": canary})
    assert isinstance(error, ConfigurationError)
    assert_no_leak(canary, error)
