"""A signature from outside that comes too late is not sent: the request is made anew, once."""

from __future__ import annotations

import asyncio
import re
import threading

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from support import caught, token

from binance_creds import Environment, Secret
from binance_creds._credentials import Credentials
from binance_creds._facts import Facts, FurtherFacts
from binance_creds._threads._kept import KEPT, KeptThreads
from binance_creds.adapters._wire._request import PLACEHOLDER_KEY, PLACEHOLDER_SECRET, Outgoing
from binance_creds.adapters._wire._signer import WireSigner
from binance_creds.errors import ProviderUnavailableError
from binance_creds.signers._outside import OutsideSigner
from binance_creds.signers._public_key import key_version

URL = "https://api.binance.com/api/v3/account"
WINDOW_MS, LATE_SECONDS = 200, 0.3


class SlowKey:
    """Sign here, each time after a pause of a list."""

    is_pinned = True

    def __init__(self, *pauses: float) -> None:
        self._pauses, self._private = list(pauses), Ed25519PrivateKey.generate()
        self.signed: list[bytes] = []

    def describe(self, _):
        return key_version(self._private.public_key())

    def sign(self, payload: bytes, *_) -> bytes:
        self.signed.append(payload)
        threading.Event().wait(self._pauses.pop(0))
        return self._private.sign(payload)

    def close(self) -> None: ...


def signing(key: SlowKey):
    further = FurtherFacts(signed_by="slow:key")
    facts = Facts(Environment.LIVE, "memory:bot", 0.0, further=further)
    signer = OutsideSigner(key, key.describe(None), "slow:key", timeout_seconds=5)
    times = iter(range(1_700_000_000, 1_800_000_000))
    creds = Credentials(Secret(token()), signer, facts)
    return WireSigner(creds, recv_window_ms=WINDOW_MS, clock=lambda: next(times))


def by_sign(signer, url):
    return signer.sign(Outgoing("GET", url))


def by_asign(signer, url):
    return asyncio.run(signer.asign(Outgoing("GET", url)))


def by_resign(signer, url):
    stamp = "" if "timestamp" in url else "?timestamp=1"
    full = f"{url}{stamp}&recvWindow={WINDOW_MS}&signature={PLACEHOLDER_SECRET}"
    return signer.resign(Outgoing("GET", full, api_key=PLACEHOLDER_KEY))


@pytest.mark.parametrize("sign", [by_sign, by_asign, by_resign])
def test_what_was_late_is_stamped_and_signed_anew(sign) -> None:
    key = SlowKey(LATE_SECONDS, 0)
    signed = sign(signing(key), URL)
    first, second = (re.search(rb"timestamp=(\d+)", it)[1] for it in key.signed)
    assert first != second
    assert second.decode() in signed.url


def test_the_time_counts_from_when_a_signature_is_asked_for(monkeypatch) -> None:
    """A busy machine starts its thread late."""
    start, key = KEPT.run, SlowKey(0, 0)

    def late(work, name) -> bool:
        return start(lambda: (threading.Event().wait(LATE_SECONDS), work()), name)

    monkeypatch.setattr(KeptThreads, "run", lambda _, work, name: late(work, name))
    assert by_asign(signing(key), URL).used
    assert len(key.signed) == 2


def test_signatures_that_follow_each_other_share_threads() -> None:
    """As those of a signer that is asked itself."""
    key = SlowKey(*[0] * 20)
    signer, used = signing(key), set()
    sign = key.sign
    key.sign = lambda *given: (used.add(threading.current_thread()), sign(*given))[1]

    async def main() -> None:
        for _ in range(20):
            await signer.asign(Outgoing("GET", URL))

    asyncio.run(main())
    assert len(used) < 20


@pytest.mark.parametrize("sign", [by_sign, by_asign, by_resign])
def test_what_is_late_twice_is_not_sent(sign) -> None:
    key = SlowKey(LATE_SECONDS, LATE_SECONDS)
    refusal = caught(sign, signing(key), URL)
    assert isinstance(refusal, ProviderUnavailableError)
    assert refusal.source == "slow:key"
    assert "was not sent" in refusal.message
    assert len(key.signed) == 2


def test_a_timestamp_of_the_caller_is_signed_once() -> None:
    """It would be as old the second time."""
    key = SlowKey(LATE_SECONDS)
    refusal = caught(by_sign, signing(key), f"{URL}?timestamp=1700000000000")
    assert "was not sent" in refusal.message
    assert len(key.signed) == 1


def test_a_request_without_a_window_has_that_of_the_exchange() -> None:
    """Five seconds: half a second is in time."""
    key = SlowKey(LATE_SECONDS)
    full = f"{URL}?timestamp=1&signature={PLACEHOLDER_SECRET}"
    assert signing(key).resign(Outgoing("GET", full, api_key=PLACEHOLDER_KEY)).used
