"""A rotation from its first step to its last: what it waits for, and what it does at a fault."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from rotating import name, secrets
from support import token

from binance_creds import ConfigurationError, ConflictError, KeyType, Secret
from binance_creds.errors import (
    VerificationError,
)
from binance_creds.rotation import Question, Rotation, Step, keygen
from binance_creds.storing import erase, put

BEFORE = ["check", "slot", "stage", "verify", "promote"]
AFTER = ["watch", "overlap", "confirm", "retire"]


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


def test_an_answer_that_may_be_about_the_address_is_no_proof_of_a_deletion(owner) -> None:
    """Else the old pair were removed here while its key still trades from elsewhere."""
    owner.begin()
    owner.now += timedelta(days=1)
    owner.exchange.keys.revoke(owner.old.api_key)  # which the local exchange answers by -2015
    owner.no = {Question.DELETED}
    assert owner.rotation().resume().step is Step.RETIRE
    assert owner.left() != set()
    owner.no = set()
    assert owner.rotation().resume().is_over
    assert owner.left() == set()


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


def test_a_private_key_of_ones_own_waits_for_its_api_key(owner) -> None:
    mine = secrets(owner.new)
    api_key = mine.pop("api_key")
    waiting = owner.rotation().run(mine).waiting
    assert keygen(owner.source).public_key == waiting.public_key
    assert owner.rotation().resume({"api_key": api_key}).step is Step.OVERLAP


def test_a_journal_that_is_older_than_the_store_misleads_nobody(owner) -> None:
    """As after a kill between the promotion and the line that says so."""
    owner.begin()
    (path,) = owner.folder.glob("*.json")
    said = json.loads(path.read_text())
    path.write_text(json.dumps(said | {"promoted_at": None, "is_swapped": False}))
    owner.said.clear()
    assert owner.rotation().resume().step is Step.OVERLAP
    assert owner.steps() == ["watch"]
    assert owner.rotation().status().overlap_ends == owner.now + timedelta(hours=24)


def test_what_was_kept_before_a_kill_is_kept(owner) -> None:
    put(f"{owner.source}?prefix=PREVIOUS_BINANCE", secrets(owner.old))
    assert owner.begin().step is Step.OVERLAP
    assert owner.rotation().abort().step is Step.ABORTED
