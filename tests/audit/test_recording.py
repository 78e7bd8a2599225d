"""What is recorded, and when."""

from __future__ import annotations

import json
import logging
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from live_support import Store, install
from support import pair
from waiting import PATIENCE

from binance_creds import CredentialsError, Secret, audit, load_credentials, load_many, storing
from binance_creds.adapters.plain import sign_request
from binance_creds.errors import ConfigurationError, ProviderUnavailableError
from binance_creds.launch import variables_for
from binance_creds.providers import memory

_ORDER = "https://api.binance.com/api/v3/order"


@pytest.fixture
def records():
    """What is recorded."""
    kept: list[audit.Record] = []
    audit.start(kept.append)
    yield kept
    audit.stop()


@pytest.fixture
def bot():
    """A source that answers."""
    fields = pair()
    memory.register("bot", fields)
    yield fields
    memory.unregister("bot")


def _told(records: list[audit.Record]) -> list[tuple[str, str, str | None]]:
    assert audit.flush(PATIENCE)
    return [(each.action, each.outcome, each.source) for each in records]


def test_a_load_is_recorded_and_a_cached_one_is_not(records, bot) -> None:
    loaded = load_credentials("memory:bot", fresh=True)
    load_credentials("memory:bot")
    assert _told(records) == [("load", "done", "memory:bot")]
    assert records[0].fingerprint == loaded.fingerprint


def test_a_load_that_fails_is_recorded(records) -> None:
    with pytest.raises(CredentialsError):
        load_credentials("memory:absent", fresh=True)
    assert _told(records) == [("load", "not_found", "memory:absent")]


def test_loads_of_many_are_recorded(records, monkeypatch) -> None:
    store = install(Store(), monkeypatch)
    store.batch_key = "one"
    store.put("a")
    store.put("b")
    load_many({"a": "held:a", "b": "held:b"}, fresh=True)
    assert _told(records) == [("load", "done", "held:a"), ("load", "done", "held:b")]


def test_a_batch_that_fails_is_recorded_for_each(records, monkeypatch) -> None:
    store = install(Store(), monkeypatch)
    store.batch_key = "one"
    store.error = ProviderUnavailableError("the store is down.", source="held:a")
    with pytest.raises(ProviderUnavailableError):
        load_many({"a": "held:a", "b": "held:b"}, fresh=True)
    assert [each[:2] for each in _told(records)] == [("load", "unavailable")] * 2


def test_a_pair_of_a_batch_that_is_damaged_is_recorded(records, monkeypatch) -> None:
    store = install(Store(), monkeypatch)
    store.batch_key = "one"
    store.put("a")
    store.put("b", {"api_key": "short"})
    with pytest.raises(CredentialsError):
        load_many({"a": "held:a", "b": "held:b"}, fresh=True)
    assert [each.outcome for each in records if audit.flush(PATIENCE)] == ["done", "malformed"]


def test_the_profile_is_recorded(records, bot) -> None:
    config = {"profiles": {"main": {"source": "memory:bot"}}}
    load_credentials(profile="main", config=config, fresh=True)
    assert audit.flush(PATIENCE)
    assert records[0].profile == "main"


def test_a_rotation_is_a_refresh_and_a_swap(records, bot) -> None:
    with load_credentials("memory:bot", live=True) as live:
        new = pair()
        memory.register("bot", new)
        live.refresh()
        now = live.current.fingerprint
    told = _told(records)
    assert [each[:2] for each in told] == [
        ("load", "done"),
        ("refresh", "done"),
        ("swap", "rotated"),
        ("live", "closed"),
    ]
    assert records[1].fingerprint == records[2].fingerprint == now


def test_a_refresh_that_fails_is_recorded(records, bot) -> None:
    with load_credentials("memory:bot", live=True) as live:
        memory.unregister("bot")
        with pytest.raises(CredentialsError):
            live.refresh()
        memory.register("bot", bot)
    assert ("refresh", "not_found", "memory:bot") in _told(records)


def test_a_rejection_and_its_answer_are_recorded(records, bot) -> None:
    with load_credentials("memory:bot", live=True) as live:
        live.report_rejection(-2014, used=live.current)
    assert ("rejection", "give_up") in [each[:2] for each in _told(records)]


def test_a_client_s_first_signature_with_a_pair_is_recorded_once(records, bot) -> None:
    credentials = load_credentials("memory:bot", fresh=True)
    for _ in range(3):
        sign_request(credentials, "POST", _ORDER, {"symbol": "BTCUSDT"})
    used = [each for each in _told(records) if each[0] == "use"]
    assert used == [("use", "done", "memory:bot")]


def test_what_is_revealed_to_a_program_is_recorded(records, bot) -> None:
    variables_for(load_credentials("memory:bot", fresh=True))
    assert ("reveal", "done", "memory:bot") in _told(records)


@pytest.mark.parametrize("kind", [RuntimeError, SystemExit])
def test_a_function_that_raises_harms_nobody(bot, kind) -> None:
    seen = []

    def broken(record: audit.Record) -> None:
        seen.append(record)
        raise kind

    audit.start(broken)
    load_credentials("memory:bot", fresh=True)
    load_credentials("memory:bot", fresh=True)
    audit.stop()
    assert len(seen) == 2


def test_nothing_is_recorded_before_the_start_and_after_the_stop(bot) -> None:
    kept: list[audit.Record] = []
    load_credentials("memory:bot", fresh=True)
    audit.start(kept.append)
    audit.stop()
    load_credentials("memory:bot", fresh=True)
    assert audit.flush()
    assert audit.head() is None
    assert not kept


def test_a_file_has_no_secret_and_one_owner(bot, tmp_path) -> None:
    path = tmp_path / "audit.jsonl"
    audit.start(path)
    credentials = load_credentials("memory:bot", fresh=True)
    sign_request(credentials, "POST", _ORDER, {"symbol": "BTCUSDT"})
    variables_for(credentials)
    audit.stop()
    text = path.read_text()
    assert not any(value in text for value in bot.values())
    assert [json.loads(line)["action"] for line in text.splitlines()] == [
        "audit", "load", "use", "reveal"
    ]  # fmt: skip
    for each in (path, Path(f"{path}.key")):
        assert stat.S_IMODE(each.stat().st_mode) == 0o600


def test_the_head_is_told_in_the_log_where_a_file_begins_and_ends(bot, tmp_path, caplog) -> None:
    with caplog.at_level(logging.INFO, "binance_creds.audit"):
        audit.start(tmp_path / "audit.jsonl")
        load_credentials("memory:bot", fresh=True)
        head = audit.head()
        audit.stop()
    assert f"head {head}" in caplog.messages[-1]
    assert "begins, head 2:" in caplog.messages[0]


def test_the_thread_of_a_recording_ends_with_it(bot) -> None:
    others = {*threading.enumerate()}
    audit.start(lambda _: None)
    load_credentials("memory:bot", fresh=True)
    (ours,) = (it for it in threading.enumerate() if it not in others and "audit" in it.name)
    audit.stop()
    ours.join(PATIENCE)
    assert not ours.is_alive()


def test_a_configuration_that_was_named_begins_an_audit(bot, tmp_path) -> None:
    path = tmp_path / "audit.jsonl"
    config = {"profiles": {"main": {"source": "memory:bot"}}, "audit": {"path": str(path)}}
    load_credentials(profile="main", config=config, fresh=True)
    load_credentials(profile="main", config=config, fresh=True)
    audit.stop()
    assert audit.verify(path).lines == 3


def test_a_configuration_that_was_found_may_not_say_where_to_write(bot, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "binance-creds.toml"
    path.write_text(f"""[audit]\npath = "{tmp_path}/a"\n[profiles.main]\nsource = "memory:bot"\n""")
    path.chmod(0o600)
    with pytest.raises(ConfigurationError, match=r"\[audit\] of .* BINANCE_CREDS_CONFIG"):
        load_credentials(profile="main")
    assert not (tmp_path / "a").exists()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform has no fork")
def test_a_forked_child_continues_the_same_chain(bot, tmp_path) -> None:
    path = tmp_path / "audit.jsonl"
    audit.start(path)
    load_credentials("memory:bot", fresh=True)
    assert audit.flush(PATIENCE)
    child = os.fork()
    if child == 0:  # pragma: no cover  # what is measured is the parent
        code = 1
        try:
            load_credentials("memory:bot", fresh=True)
            code = 0 if audit.flush(PATIENCE) else 1
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    load_credentials("memory:bot", fresh=True)
    audit.stop()
    report = audit.verify(path)
    assert (report.lines, report.problems) == (4, ())
    pids = {json.loads(line)["pid"] for line in path.read_text().splitlines()}
    assert pids == {os.getpid(), child}


def test_records_that_come_faster_than_they_are_taken_are_counted(bot, monkeypatch) -> None:
    gate, kept = threading.Event(), []

    def slow(record: audit.Record) -> None:
        gate.wait(PATIENCE)
        kept.append(record)

    monkeypatch.setattr("binance_creds.audit._recording.MOST_WAITING", 2)
    audit.start(slow)
    for _ in range(10):
        load_credentials("memory:bot", fresh=True)
    gate.set()
    assert audit.flush(PATIENCE)
    load_credentials("memory:bot", fresh=True)
    audit.stop()
    lost = [each for each in kept if each.outcome == "lost"]
    assert len(lost) == 1
    assert int((lost[0].detail or "").split()[0]) + len(kept) - 1 == 11


@pytest.mark.parametrize(
    ("arguments", "message"), [({"max_bytes": 10}, "max_bytes"), ({"keep": 0}, "keep")]
)
def test_arguments_that_make_no_sense_are_refused(tmp_path, arguments, message) -> None:
    with pytest.raises(ConfigurationError, match=message):
        audit.start(tmp_path / "a", **arguments)


def test_without_a_thread_records_wait_for_the_next_chance(bot, monkeypatch) -> None:
    kept: list[audit.Record] = []
    monkeypatch.setattr("binance_creds.audit._recording.spawn", lambda *_: False)
    audit.start(kept.append)
    load_credentials("memory:bot", fresh=True)
    assert not audit.flush(0.01)
    monkeypatch.undo()
    assert audit.flush(PATIENCE)
    audit.stop()
    assert [each.action for each in kept] == ["load"]


def test_what_is_left_is_written_when_the_process_ends(tmp_path) -> None:
    path = tmp_path / "audit.jsonl"
    fields = pair()
    program = (
        "import sys; from binance_creds import audit, load_credentials\n"
        "from binance_creds.providers import memory\n"
        "memory.register('bot', {'api_key': sys.argv[2], 'api_secret': sys.argv[3]})\n"
        "audit.start(sys.argv[1]); load_credentials('memory:bot')\n"
    )
    command = [sys.executable, "-c", program, str(path), fields["api_key"], fields["api_secret"]]
    subprocess.run(command, check=True, timeout=60)
    assert audit.verify(path).lines == 2


def test_a_write_into_a_store_is_recorded_and_one_that_fails(records, tmp_path) -> None:
    fields = {name: Secret(value) for name, value in pair().items()}
    stored = storing.put(f"dotenv:{tmp_path}/.env", fields)
    assert [each[:2] for each in _told(records)] == [("write", "done")]
    assert records[0].fingerprint == stored.fingerprint
    with pytest.raises(CredentialsError):
        storing.put(f"file:{tmp_path}/absent/binance.json", fields)
    assert [each[:2] for each in _told(records)][1:] == [("write", "invalid_argument")]


def test_what_is_erased_is_recorded(records, tmp_path) -> None:
    fields = {name: Secret(value) for name, value in pair().items()}
    stored = storing.put(f"dotenv:{tmp_path}/.env", fields)
    storing.erase(f"dotenv:{tmp_path}/.env", replace=stored.fingerprint)
    assert [each[:2] for each in _told(records)] == [("write", "done"), ("erase", "done")]
    assert records[1].fingerprint == stored.fingerprint
