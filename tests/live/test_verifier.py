"""A verifier that does not answer holds up nobody for longer than the deadline."""

from __future__ import annotations

import asyncio
import threading

import pytest
from live_support import down, inside, threads
from support import caught
from waiting import PATIENCE, beside, wait_for

from binance_creds import RefreshPolicy, aload_credentials, load_credentials
from binance_creds.errors import ConfigurationError, VerificationError
from binance_creds.live import Kind


class Hanging:
    """Accept the first pairs; then hang until let go."""

    def __init__(self, accepted: int = 0) -> None:
        self.accepted, self.calls = accepted, 0
        self.gate = threading.Event()

    def __call__(self, pair) -> None:
        self.calls += 1
        if self.calls > self.accepted:
            self.gate.wait(PATIENCE)


@pytest.mark.parametrize("live", [False, True])
@pytest.mark.parametrize("is_async", [False, True])
def test_a_load_keeps_its_deadline(store, live, is_async) -> None:
    """Which is one for source and verifier."""
    verify = Hanging()

    def load():
        options = {"live": live, "timeout_seconds": 0.2, "verify": verify}
        if is_async:
            return asyncio.run(aload_credentials("held:a", **options))
        return load_credentials("held:a", **options)

    error = beside(load).exception(PATIENCE)
    assert isinstance(error, VerificationError)
    assert "the verifier does not answer" in str(error)
    verify.gate.set()


def test_a_handle_says_that_its_verifier_hangs_and_goes_on(store) -> None:
    """With the pair that it has; the source is read on, and the verifier is not called again."""
    verify, events = Hanging(accepted=1), []
    policy = RefreshPolicy(poll="30m")
    with load_credentials(
        "held:a", live=True, timeout_seconds=0.5, verify=verify, refresh=policy
    ) as live:
        live.on_event(events.append)
        first = live.current
        fields = store.put("a")
        for _ in range(3):
            assert isinstance(caught(live.refresh, timeout_seconds=PATIENCE), VerificationError)
        assert first is live.current
        assert 2 == verify.calls
        wait_for(lambda: events)
        undecided = [one for one in events if one.kind is Kind.UNDECIDED]
        assert ["undecided"] == [one.code for one in undecided]
        assert "the verifier does not answer" in undecided[0].message
        verify.accepted = 10
        verify.gate.set()
        wait_for(lambda: not threads("binance-creds verifier"))
        assert live.refresh(timeout_seconds=PATIENCE).api_key.reveal() == fields["api_key"]


@pytest.mark.parametrize(
    ("raised", "answer"), [(None, True), (VerificationError("no."), False), (down(), None)]
)
def test_what_a_verifier_says_of_a_pair(store, raised, answer) -> None:
    """Yes, no, or that it cannot tell."""

    def verify(pair) -> None:
        if raised is not None:
            raise raised

    with load_credentials("held:a", live=True) as live:
        prover = inside(live).prover
        assert prover.verifies(live.current) is None
        prover.verifier = lambda: verify
        assert answer is prover.verifies(live.current)


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize("name", ["verify", "on_rotation"])
def test_what_cannot_be_called_is_refused_before_anything_is_read(store, name, is_async) -> None:
    """Not at the first rotation, months later."""
    options = {"live": True, name: 1}
    if is_async:
        error = caught(asyncio.run, aload_credentials("held:a", **options))
    else:
        error = caught(load_credentials, "held:a", **options)
    assert isinstance(error, ConfigurationError)
    kinds = "True, False, an ExchangeCheck or " if name == "verify" else ""
    assert f"{name} takes {kinds}a function, not int." == error.message
    assert store.fetches == 0


def test_a_hook_that_cannot_be_called_is_refused(store) -> None:
    """Of both kinds."""
    with load_credentials("held:a", live=True) as live:
        for add in (live.on_rotation, live.on_event):
            error = caught(add, 1)
            assert isinstance(error, ConfigurationError)
            assert "a hook is a function, not int." == error.message
