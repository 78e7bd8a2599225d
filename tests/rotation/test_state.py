"""The next step of a rotation, from what is remembered and what the store holds."""

from __future__ import annotations

import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from binance_creds import ConfigurationError, ConflictError
from binance_creds.providers import SourceURI
from binance_creds.rotation._journals import JournalFile, state_folder
from binance_creds.rotation._state import Journal, Seen, Step, next_step

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
BEGUN = Journal("dotenv:.env", old="old", started_at=NOW)
READY = replace(BEGUN, is_writable=True, has_slot=True)
PROVEN = replace(READY, new="new", is_verified=True)
LATER = replace(PROVEN, promoted_at=NOW - timedelta(hours=24))


@pytest.mark.parametrize(
    ("journal", "seen", "step"),
    [
        (BEGUN, Seen("old"), Step.CHECK),
        (replace(BEGUN, is_writable=True), Seen("old"), Step.SLOT),
        (READY, Seen("old"), Step.STAGE),
        (READY, Seen("old", is_half_staged=True), Step.STAGE),
        (READY, Seen("old", staged="new"), Step.VERIFY),
        (PROVEN, Seen("old", staged="new"), Step.PROMOTE),
        (PROVEN, Seen("old", staged="another"), Step.VERIFY),
        (PROVEN, Seen("old", staged="new", kept="old"), Step.PROMOTE),
        (PROVEN, Seen("new", staged="new", kept="old"), Step.WATCH),
        (replace(PROVEN, is_swapped=True), Seen("new"), Step.OVERLAP),
        (replace(LATER, is_swapped=True, promoted_at=NOW), Seen("new"), Step.OVERLAP),
        (replace(LATER, is_swapped=True), Seen("new"), Step.CONFIRM),
        (replace(LATER, is_swapped=True, is_unused=True), Seen("new"), Step.RETIRE),
        (PROVEN, Seen("other"), None),
        (READY, Seen(None), None),
        (replace(LATER, ended=Step.DONE), Seen("other"), Step.DONE),
        (replace(LATER, is_aborting=True), Seen("new", kept="old"), Step.RESTORE),
        (replace(LATER, is_aborting=True), Seen(None, kept="old"), Step.RESTORE),
        (replace(READY, is_aborting=True), Seen("old", staged="new"), Step.CLEAN),
        (replace(LATER, is_aborting=True), Seen("other", kept="old"), Step.CLEAN),
    ],
)
def test_the_next_step(journal, seen, step) -> None:
    assert next_step(journal, seen, NOW) == step


KEYS = st.sampled_from([None, "old", "new", "other"])


@given(
    journal=st.builds(
        Journal,
        target=st.just("x"),
        old=st.just("old"),
        started_at=st.just(NOW),
        new=st.sampled_from([None, "new"]),
        is_writable=st.booleans(),
        has_slot=st.booleans(),
        is_verified=st.booleans(),
        promoted_at=st.sampled_from([None, NOW - timedelta(hours=25), NOW]),
        is_swapped=st.booleans(),
        is_unused=st.booleans(),
        is_aborting=st.booleans(),
    ),
    seen=st.builds(Seen, KEYS, KEYS, st.booleans(), KEYS),
)
def test_no_step_is_ahead_of_what_the_store_holds(journal, seen) -> None:
    step = next_step(journal, seen, NOW)
    if step is Step.PROMOTE:
        assert (seen.current, seen.staged) == ("old", journal.new)
        assert journal.is_verified
    if step is Step.RETIRE:
        assert seen.current == journal.new
        assert journal.is_unused
        assert journal.promoted_at == NOW - timedelta(hours=25)
    if step is Step.CLEAN:
        assert seen.current not in {None, journal.new}


@pytest.fixture
def file(tmp_path):
    tmp_path.chmod(0o700)
    return JournalFile(str(tmp_path / "state"), SourceURI.parse("dotenv:.env"))


def test_a_journal_is_read_as_it_was_written(file) -> None:
    assert file.read() is None
    for journal in (BEGUN, LATER, replace(LATER, ended=Step.DONE)):
        file.write(journal)
        assert file.read() == journal
    path = Path(file.path)
    assert [0o600, 0o700] == [stat.S_IMODE(it.stat().st_mode) for it in (path, path.parent)]


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": 2}', '{"format": 1}'])
def test_a_journal_that_is_damaged_is_told(file, text) -> None:
    file.write(BEGUN)
    Path(file.path).write_text(text)
    with pytest.raises(ConfigurationError, match=r"cannot be read.*Remove it"):
        file.read()


def test_one_process_at_a_time_rotates_a_source(file) -> None:
    with file.locked(), pytest.raises(ConflictError, match="another process"), file.locked():
        pass
    with file.locked():
        pass


def test_each_source_has_a_journal_of_its_own(tmp_path) -> None:
    sources = ("file:/a", "file:/a#b", "file:/a?prefix=B", "dotenv:/a")
    assert len({JournalFile(str(tmp_path), SourceURI.parse(it)).path for it in sources}) == 4


def test_journals_are_in_the_folder_of_states() -> None:
    rest = "binance-creds/rotations"
    assert state_folder({"XDG_STATE_HOME": "/s", "HOME": "/h"}) == f"/s/{rest}"
    assert state_folder({"XDG_STATE_HOME": "s", "HOME": "/h"}) == f"/h/.local/state/{rest}"
    with pytest.raises(ConfigurationError, match="XDG_STATE_HOME"):
        state_folder({})
