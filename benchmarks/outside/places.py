"""Each place of a key: a signature by this library, and the same by the place's own client alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from benchmarks.core import Bench
from benchmarks.outside.running import Running
from binance_creds import load_credentials
from binance_creds.providers import memory

PAYLOAD: Final = b"symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.1&timestamp=1578963600000"
Call = Callable[[], object]


@dataclass(frozen=True)
class Place:
    """A kind of key in a place, with what signs there.

    Args:
        name: of the place and the kind.
        ours: signs by this library.
        alone: signs without it: one operation of the same client on the same server.
    """

    name: str
    ours: Call
    alone: Call


def signing(name: str, **fields: str) -> Call:
    """Return what signs with credentials that have these fields."""
    memory.register(name, {"api_key": "k1" * 32, **fields})
    creds = load_credentials(f"memory:{name}")
    return lambda: creds.sign(PAYLOAD)


def places(bench: Bench) -> Iterator[Place]:
    """Yield every place whose programs are installed."""
    from benchmarks.outside import clouds, devices

    yield from devices.agent(bench)
    yield from devices.token(bench)
    if bench.has("Vault Transit", "hvac"):
        yield from clouds.transit(bench, Running(bench, "vault").told)
    if bench.has("AWS KMS", "boto3"):
        yield from clouds.aws(bench, Running(bench, "aws").told)
    if bench.has("Google Cloud KMS", "google.cloud.kms"):
        yield from clouds.google(Running(bench, "google").told)
    if bench.has("Azure Key Vault keys", "azure.keyvault.keys"):
        yield from clouds.azure(bench, Running(bench, "azure").told)
