"""A rotation from its first step to its last: what it waits for, and what it does at a fault."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from support import token

from binance_creds import ConfigurationError, ConflictError, KeyType, Secret, load_credentials
from binance_creds.errors import (
    CredentialsError,
    VerificationError,
)
from binance_creds.exchange import ExchangeCheck
from binance_creds.rotation import Question, Rotation, Step, keygen
from binance_creds.signers._fingerprint import fingerprint_of
from binance_creds.storing import erase, put

BEFORE = ["check", "slot", "stage", "verify", "promote"]
AFTER = ["watch", "overlap", "confirm", "retire"]


def secrets(key) -> dict[str, Secret]:
    return {field: Secret(text) for field, text in key.fields().items()}


def name(key) -> str:
    return fingerprint_of(Secret(key.api_key))


class Owner:
    """Somebody who rotates the key of a `.env`.

    Args:
        source: its.
        exchange: the local one.
        folder: of the journals.
    """

    def __init__(self, source, exchange, folder) -> None:
        self.source, self.exchange, self.folder = source, exchange, folder
        self.now = datetime(2026, 11, 26, 12, tzinfo=UTC)
        self.said: list = []
        self.no: set[Question] = set()
        self.old, self.new = exchange.issue(), exchange.issue(KeyType.ED25519)
        put(source, secrets(self.old))

    def rotation(self, policy=None, **options) -> Rotation:
        check = ExchangeCheck(policy, base_url=self.exchange.url)
        return Rotation(
            self.source,
            **{
                "verify": check,
                "ask": lambda question, _: question not in self.no,
                "on_event": self.said.append,
                "folder": self.folder,
                "now": lambda: self.now,
            }
            | options,
        )

    def begin(self, **options):
        return self.rotation(**options).run(secrets(self.new))

    def steps(self) -> list[str]:
        return [event.step for event in self.said if type(event).__name__ == "StepDone"]

    @property
    def holds(self) -> str:
        return load_credentials(self.source, fresh=True).fingerprint

    def left(self) -> set[str]:
        """Return what the file holds besides the source."""
        with open(self.source.removeprefix("dotenv:")) as file:
            return set(re.findall(r"NEXT|PREVIOUS", file.read()))


@pytest.fixture
def owner(tmp_path, exchange):
    tmp_path.chmod(0o700)
    return Owner(f"dotenv:{tmp_path}/.env", exchange, tmp_path / "state")


def test_a_key_is_replaced(owner) -> None:
    progress = owner.begin()
    assert BEFORE + AFTER[:1] == owner.steps()
    assert (progress.step, progress.waiting.until) == (Step.OVERLAP, progress.overlap_ends)
    assert progress.overlap_ends == owner.now + timedelta(hours=24)
    assert owner.left() == {"PREVIOUS"}
    owner.now = progress.overlap_ends
    progress = owner.rotation().resume()
    assert (progress.step, "Delete the key") == (Step.RETIRE, progress.waiting.reason[:14])
    owner.exchange.keys.revoke(owner.old.api_key)
    progress = owner.rotation().resume()
    assert progress.is_over
    assert (progress.old, progress.new) == (name(owner.old), owner.holds)
    assert owner.left() == set()
    assert owner.rotation().status() == progress
    with pytest.raises(ConfigurationError, match="no rotation"):
        owner.rotation().resume()


def test_it_waits_for_what_only_a_person_knows(owner) -> None:
    for question, step in (
        (Question.SLOT, Step.SLOT),
        (Question.SWAPPED, Step.WATCH),
        (Question.UNUSED, Step.CONFIRM),
        (Question.DELETED, Step.RETIRE),
    ):
        owner.no = {question}
        rotation = owner.rotation(verify=False, overlap="1ms")
        begin = rotation.run if question is Question.SLOT else rotation.resume
        progress = begin(secrets(owner.new))
        owner.now += timedelta(seconds=1)
        progress = rotation.resume(secrets(owner.new))
        assert (progress.step, progress.waiting.step) == (step, step)
    owner.no = set()
    assert owner.rotation(verify=False).resume().is_over


def test_a_key_is_made_on_the_way(owner) -> None:
    assert owner.rotation().run().waiting.reason.startswith("There is no new pair")
    waiting = owner.rotation().resume(key_type=KeyType.ED25519).waiting
    assert owner.rotation().resume().waiting.public_key == waiting.public_key
    assert keygen(owner.source).public_key == waiting.public_key
    api_key = Secret(f"{token()}\n")
    owner.exchange.keys.register_public_key(api_key.reveal().strip(), waiting.public_key)
    with pytest.raises(ConflictError, match="another pair was given"):
        owner.rotation().resume(secrets(owner.new))
    with pytest.raises(ConflictError, match="is to be replaced"):
        owner.rotation().resume({"api_key": Secret(owner.old.api_key)})
    assert owner.rotation().resume({"api_key": api_key}).step is Step.OVERLAP


def test_one_rotation_is_under_way_at_a_time(owner) -> None:
    owner.begin()
    with pytest.raises(ConflictError, match="under way.*--resume"):
        owner.begin()


def test_an_abort_brings_the_old_pair_back(owner) -> None:
    owner.begin()
    assert owner.rotation().abort().step is Step.ABORTED
    assert owner.holds == name(owner.old)
    assert owner.left() == set()
    assert owner.rotation().run(secrets(owner.new)).step is Step.OVERLAP


def test_an_abort_before_the_promotion_removes_what_waits(owner) -> None:
    owner.rotation().run(key_type=KeyType.ED25519)
    assert owner.rotation().abort().step is Step.ABORTED
    assert (owner.holds, owner.left()) == (name(owner.old), set())
    with pytest.raises(ConfigurationError, match="no rotation"):
        owner.rotation().abort()


def test_a_half_that_waits_is_aborted_without_a_journal(owner) -> None:
    keygen(owner.source)
    assert owner.rotation().abort().step is Step.ABORTED
    assert owner.left() == set()


def test_an_old_pair_that_is_refused_does_not_come_back(owner) -> None:
    owner.begin()
    owner.exchange.keys.revoke(owner.old.api_key)
    with pytest.raises(VerificationError, match="holds the new key .* is kept"):
        owner.rotation().abort()
    assert owner.rotation().status().step is Step.OVERLAP
    owner.now += timedelta(days=2)
    assert owner.rotation().resume().step is Step.DONE


def test_another_machine_goes_on_by_what_the_store_holds(owner, tmp_path) -> None:
    owner.begin()
    there = owner.rotation(folder=tmp_path / "elsewhere")
    assert there.status().step is Step.WATCH
    with pytest.raises(ConflictError, match="under way"):
        there.run(secrets(owner.new))
    assert there.abort().step is Step.ABORTED
    with pytest.raises(ConflictError, match=r"holds no pair|holds the key"):
        erase(owner.source, replace=owner.holds)
        owner.rotation().status()


def test_a_store_that_somebody_else_changed_is_left_alone(owner) -> None:
    owner.begin()
    other = owner.exchange.issue()
    put(owner.source, secrets(other), replace=name(owner.new))
    for act in (owner.rotation().resume, owner.rotation().status):
        with pytest.raises(ConflictError, match=f"{name(other)}; the rotation is from"):
            act()
    assert owner.rotation().abort().step is Step.ABORTED
    assert (owner.holds, owner.left()) == (name(other), set())


def test_a_store_that_is_emptied_gets_the_old_pair_by_an_abort(owner) -> None:
    owner.begin()
    erase(owner.source, replace=owner.holds)
    with pytest.raises(ConflictError, match="holds no pair"):
        owner.rotation().resume()
    owner.rotation().abort()
    assert owner.holds == name(owner.old)


def test_what_is_kept_of_another_rotation_is_not_lost(owner) -> None:
    put(f"{owner.source}?prefix=NEXT_BINANCE", secrets(owner.new))
    put(f"{owner.source}?prefix=PREVIOUS_BINANCE", secrets(owner.old))
    other = owner.exchange.issue()
    owner.rotation().check()
    put(f"{owner.source}?prefix=PREVIOUS_BINANCE", secrets(other), replace=name(owner.old))
    with pytest.raises(ConflictError, match=f"{name(other)} of another rotation"):
        owner.rotation().check()


def test_nothing_is_rotated_where_nothing_is(tmp_path, exchange) -> None:
    tmp_path.chmod(0o700)
    rotation = Rotation(f"dotenv:{tmp_path}/.env", folder=tmp_path)
    for act in (rotation.run, rotation.check):
        with pytest.raises(ConfigurationError, match="no pair"):
            act()
    assert rotation.status() is None
    key = token()
    with pytest.raises(ConfigurationError) as caught:
        Rotation(key)
    assert key not in str(caught.value)


# What goes wrong, at which step; the store holds the old key each time, and it goes on afterwards.
def pasted_wrong(owner) -> dict:
    owner.new = owner.exchange.issue()
    return {"new": secrets(owner.new) | {"api_secret": Secret(token())}}


FAULTS = {
    "wrong secret": (pasted_wrong, "verify", "rejected"),
}


@pytest.mark.parametrize(("break_it", "step", "code"), FAULTS.values(), ids=FAULTS)
def test_a_fault_leaves_the_old_pair_and_says_how_to_go_on(owner, break_it, step, code) -> None:
    with pytest.raises(CredentialsError, match="--resume") as caught:
        owner.rotation().run(**break_it(owner))
    failed = owner.said[-1]
    assert (step, code, code) == (failed.step, failed.code, caught.value.code)
    assert failed.state.startswith(f"The store holds the key {name(owner.old)}, as before.")
    assert owner.holds == name(owner.old)
