"""What goes wrong at each step of a rotation: what is said, what the store holds, how it goes on."""

from __future__ import annotations

import importlib.metadata
import os
import time
from datetime import timedelta

import pytest
from rotating import name, secrets
from support import token

from binance_creds import ConfigurationError, ConflictError, KeyType, Secret, load_credentials
from binance_creds.errors import (
    AccessDeniedError,
    CredentialsError,
    ProviderUnavailableError,
    SecretNotFoundError,
    VerificationError,
)
from binance_creds.exchange import ExchangeCheck, SubAccountKeys
from binance_creds.rotation import (
    BotReport,
    Step,
    StepStarted,
    SubAccount,
    _setting,
    finish_keygen,
    keygen,
)
from binance_creds.storing import erase, put

EMAIL, CREATE = "alpha@example.com", "/sapi/v2/sub-account/subAccountApi"


def a_wrong_secret(owner):
    return secrets(owner.new) | {
        "private_key": secrets(owner.exchange.issue(KeyType.ED25519))["private_key"]
    }, {}


def a_wrong_key(owner):
    return secrets(owner.new) | {"api_key": Secret(token())}, {}


def a_broken_policy(owner):
    return secrets(owner.exchange.issue(permissions={"enableWithdrawals": True})), {
        "verify": ExchangeCheck("spot-trading", base_url=owner.exchange.url)
    }


def no_exchange(owner):
    return secrets(owner.new), {"verify": ExchangeCheck(base_url="http://127.0.0.1:1")}


def the_old_key(owner):
    return secrets(owner.old), {}


def a_store_that_refuses(owner):
    path = owner.source.removeprefix("dotenv:")
    os.link(path, f"{path}.other")
    return secrets(owner.new), {}


@pytest.mark.parametrize(
    ("break_it", "step", "code"),
    [
        (a_store_that_refuses, Step.CHECK, "invalid_argument"),
        (the_old_key, Step.STAGE, "conflict"),
        (a_wrong_secret, Step.VERIFY, "rejected"),
        (a_wrong_key, Step.VERIFY, "rejected"),
        (a_broken_policy, Step.VERIFY, "rejected"),
        (no_exchange, Step.VERIFY, "unavailable"),
    ],
)
def test_a_fault_leaves_the_old_pair_and_says_how_to_go_on(owner, break_it, step, code) -> None:
    new, options = break_it(owner)
    with pytest.raises(CredentialsError, match="--resume") as caught:
        owner.rotation(**options).run(new)
    failed = owner.said[-1]
    assert (step, code, code) == (failed.step, failed.code, caught.value.code)
    assert failed.state.startswith(f"The store holds the key {name(owner.old)}, as before.")
    assert owner.holds == name(owner.old)
    other = f"{owner.source.removeprefix('dotenv:')}.other"
    if os.path.exists(other):
        os.remove(other)
    owner.rotation(**options).abort()
    assert owner.left() == set()
    assert owner.rotation().run(secrets(owner.new)).step is Step.OVERLAP


def test_a_clock_that_is_off_hinders_nothing(owner) -> None:
    owner.exchange.clock_offset_ms = 10_000
    assert owner.begin().step is Step.OVERLAP


def test_two_do_not_rotate_at_once(owner) -> None:
    refused = []

    def meanwhile(event) -> None:
        with pytest.raises(ConflictError, match="another process"):
            owner.rotation(on_event=None).resume()
        refused.append(event)

    assert owner.rotation(on_event=meanwhile).run(secrets(owner.new)).step is Step.OVERLAP
    assert refused


class Interrupted(BaseException):
    """The end of a process."""


@pytest.mark.unmeasured
@pytest.mark.parametrize("goes_back", [False, True])
def test_what_is_interrupted_between_any_two_steps_goes_on(owner, goes_back) -> None:
    """At each event of a rotation, which is before and after each write of the journal."""
    for number in range(1, 30):
        owner.new = owner.exchange.issue(KeyType.ED25519)
        left = [number]

        def interrupt(_, left=left) -> None:
            left[0] -= 1
            if not left[0]:
                raise Interrupted

        try:
            owner.rotation(on_event=interrupt, overlap="1ms").run(secrets(owner.new))
            was_done = True
        except Interrupted:
            was_done = False
        assert owner.holds in {name(owner.old), name(owner.new)}
        if goes_back:
            assert owner.rotation().abort().step is Step.ABORTED
            assert owner.holds == name(owner.old)
        else:
            owner.rotation().resume(secrets(owner.new))
            owner.exchange.keys.revoke(owner.old.api_key)
            owner.now += timedelta(seconds=1)
            assert owner.rotation().resume().step is Step.DONE
            assert owner.holds == name(owner.new)
            owner.old = owner.new
        assert owner.left() == set()
        if was_done:
            break
    assert number > 12


@pytest.fixture
def options(owner, tmp_path):
    """Of a rotation whose key the exchange makes, for a sub-account, by a key of its master."""
    owner.exchange.keys.sub_accounts[EMAIL] = "alpha"
    old = owner.exchange.issue(account="alpha")
    put(owner.source, secrets(old), replace=owner.holds)
    owner.old = old
    master = f"dotenv:{tmp_path}/.master"
    put(master, secrets(owner.exchange.issue(ip_list=["127.0.0.1"])))
    keys = SubAccountKeys(load_credentials(master), EMAIL, base_url=owner.exchange.url)
    return {"sub_account": SubAccount(keys, "bot", {"reading"}, ["127.0.0.1"]), "overlap": "1ms"}


def test_a_key_of_a_sub_account_is_made_and_deleted(owner, options) -> None:
    assert owner.rotation(**options).run().step is Step.OVERLAP
    owner.now += timedelta(seconds=1)
    assert owner.rotation(**options).resume().step is Step.DONE
    assert owner.exchange.keys.find(owner.old.api_key).is_revoked
    assert (
        owner.exchange.keys.find(
            load_credentials(owner.source, fresh=True).api_key.reveal()
        ).account
        == "alpha"
    )


def test_an_answer_that_is_lost_makes_no_second_key(owner, options) -> None:
    owner.exchange.drop(path=CREATE, after=True)
    with pytest.raises(ProviderUnavailableError):
        owner.rotation(**options).run()
    waiting = owner.rotation(**options).resume().waiting
    assert (waiting.step, "its answer was lost" in waiting.reason) == (Step.STAGE, True)
    made = [one for one in owner.exchange.requests if one.path == CREATE]
    assert len(made) == 1


def test_a_refusal_is_asked_again(owner, options) -> None:
    unknown = options["sub_account"]._replace(
        keys=SubAccountKeys(
            load_credentials(f"dotenv:{owner.source[7:-5]}/.master"),
            "b@example.com",
            base_url=owner.exchange.url,
        )
    )
    with pytest.raises(VerificationError):
        owner.rotation(**options | {"sub_account": unknown}).run()
    assert owner.rotation(**options).resume().step is Step.OVERLAP


def test_bots_that_report_are_waited_for(owner, tmp_path, monkeypatch) -> None:
    """The command looks until each of them uses the new key, or until its patience ends."""
    reported = [[name(owner.old)], [name(owner.old)], [name(owner.new)]]

    def reports(_):
        now = reported.pop(0) if len(reported) > 1 else reported[0]
        return tuple(BotReport("x", fingerprint=one, seen_at=owner.now) for one in now)

    monkeypatch.setattr(_setting, "reports_of", reports)
    monkeypatch.setattr(time, "sleep", lambda _: None)
    progress = owner.rotation(patience="60s", reports=[tmp_path]).run(secrets(owner.new))
    assert progress.step is Step.OVERLAP
    reported[:] = [[name(owner.old)]]
    owner.now += timedelta(days=2)
    waiting = owner.rotation(reports=[tmp_path]).resume().waiting
    assert (waiting.step, name(owner.old) in waiting.reason) == (Step.CONFIRM, True)
    reported[:] = [[name(owner.new)]]
    assert owner.rotation(reports=[tmp_path]).abort().waiting.step is Step.CLEAN
    reported[:] = [[name(owner.old)]]
    assert owner.rotation(reports=[tmp_path]).resume().step is Step.ABORTED


def test_bots_that_stay_are_named(owner, tmp_path, monkeypatch) -> None:
    report = BotReport("/run/bots/a", fingerprint=name(owner.old), seen_at=owner.now)
    monkeypatch.setattr(_setting, "reports_of", lambda _: (report,))
    waiting = owner.rotation(reports=[tmp_path]).run(secrets(owner.new)).waiting
    assert (waiting.step, "/run/bots/a" in waiting.reason) == (Step.WATCH, True)


def during(step: Step, act):
    """Return what does something when a step begins."""
    return lambda event: act() if event == StepStarted(step) else None


def test_a_store_that_cannot_be_read_any_more_is_told(owner) -> None:
    path = owner.source.removeprefix("dotenv:")
    spoil = during(Step.VERIFY, lambda: os.chmod(path, 0o666))
    with pytest.raises(AccessDeniedError, match=f"cannot be read now; .* key {name(owner.old)}"):
        owner.rotation(on_event=spoil).run(secrets(owner.new))
    os.chmod(path, 0o600)
    assert owner.rotation().resume().step is Step.OVERLAP


def test_another_program_that_writes_at_the_last_moment_wins(owner) -> None:
    other = owner.exchange.issue()
    write = during(Step.PROMOTE, lambda: put(owner.source, secrets(other), replace=owner.holds))
    with pytest.raises(ConflictError, match="changed meanwhile"):
        owner.rotation(on_event=write).run(secrets(owner.new))
    assert owner.holds == name(other)


def test_a_pair_that_is_gone_is_told(owner) -> None:
    staged = f"{owner.source}?prefix=NEXT_BINANCE"
    gone = during(Step.VERIFY, lambda: erase(staged, replace=name(owner.new)))
    with pytest.raises(SecretNotFoundError, match="not there any more"):
        owner.rotation(on_event=gone).run(secrets(owner.new))


class Plain:
    """A store of a third party from which nothing can be removed."""

    def __init__(self, uri) -> None:
        self.uri = uri

    def fetch(self, deadline, *, known_version=None):
        raise SecretNotFoundError("none", source="plain:x")

    def store(self, fields, deadline, *, expected_version=None) -> None:
        """Keep nothing."""

    def close(self) -> None:
        """Nothing is open."""


def test_a_store_from_which_nothing_can_be_removed_is_not_rotated(monkeypatch) -> None:
    plain = importlib.metadata.EntryPoint("plain", f"{__name__}:Plain", "binance_creds.providers")
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda **_: [plain])
    with pytest.raises(ConfigurationError, match="nothing can be removed"):
        keygen("plain:x")


def test_the_end_of_keygen_can_be_repeated(owner) -> None:
    erase(owner.source, replace=owner.holds)
    api_key = Secret(token())
    keygen(owner.source)
    stored = finish_keygen(owner.source, api_key, verify=False)
    assert finish_keygen(owner.source, api_key, verify=False).fingerprint == stored.fingerprint
    with pytest.raises(SecretNotFoundError, match="no private key waits"):
        finish_keygen(owner.source, Secret(token()), verify=False)
