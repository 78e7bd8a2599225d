"""What tests of providers, adapters and bots need; public, for third parties too.

* `FakeExchange`: a local Binance that real clients talk to.
* `ProviderContract`: the laws that every provider obeys; inherit it.
* `StoreContract`: the same with those of a provider that can write.
* `SignerContract`: the laws that every key outside obeys; inherit it.
* `KeyMakerContract`: the same with those of a key that can be made there.
* `ScriptedProvider`: plays versions, errors and delays by script.
* `FakeClock`: time that a test moves.
* `assert_no_leak`: looks for a canary in everything that an object can be made to show.

A plugin of pytest, which it finds by itself, has fixtures: `fake_exchange`, `binance_credentials`.
"""

from typing import TYPE_CHECKING

from binance_creds._late import late

if TYPE_CHECKING:
    from binance_creds.testing._clock import FakeClock
    from binance_creds.testing._contract import ProviderContract
    from binance_creds.testing._key_maker_contract import KeyMakerContract
    from binance_creds.testing._leaks import assert_no_leak, watch_for_leaks
    from binance_creds.testing._scripted import ScriptedProvider
    from binance_creds.testing._signer_contract import SignerContract
    from binance_creds.testing._store_contract import StoreContract
    from binance_creds.testing.exchange import (
        Emission,
        FakeExchange,
        IssuedKey,
        RecordedRequest,
        RegisteredKey,
        Sockets,
    )

__all__ = [
    "Emission",
    "FakeClock",
    "FakeExchange",
    "IssuedKey",
    "KeyMakerContract",
    "ProviderContract",
    "RecordedRequest",
    "RegisteredKey",
    "ScriptedProvider",
    "SignerContract",
    "Sockets",
    "StoreContract",
    "assert_no_leak",
    "watch_for_leaks",
]

_EXCHANGE = "binance_creds.testing.exchange"
__getattr__, __dir__ = late(
    __name__,
    {
        "Emission": _EXCHANGE,
        "FakeClock": "binance_creds.testing._clock",
        "FakeExchange": _EXCHANGE,
        "IssuedKey": _EXCHANGE,
        "KeyMakerContract": "binance_creds.testing._key_maker_contract",
        "ProviderContract": "binance_creds.testing._contract",
        "RecordedRequest": _EXCHANGE,
        "RegisteredKey": _EXCHANGE,
        "ScriptedProvider": "binance_creds.testing._scripted",
        "SignerContract": "binance_creds.testing._signer_contract",
        "Sockets": _EXCHANGE,
        "StoreContract": "binance_creds.testing._store_contract",
        "assert_no_leak": "binance_creds.testing._leaks",
        "watch_for_leaks": "binance_creds.testing._leaks",
    },
)
