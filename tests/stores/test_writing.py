"""`put`, `copy`, `rollback` and `erase` over every store of a cloud, and what goes wrong there."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import threading
from pathlib import Path

import pytest
from fault_proxy import answer, hang, status
from shops import SHOPS
from support import caught, child, pair, token
from waiting import PATIENCE, wait_for

import binance_creds
from binance_creds import ConflictError, Secret, load_credentials
from binance_creds.cli import ExitCode, main
from binance_creds.errors import (
    AccessDeniedError,
    ProviderUnavailableError,
    SecretNotFoundError,
)
from binance_creds.providers import Deadline, SourceURI
from binance_creds.providers._registry import provider_for
from binance_creds.storing import check_target, erase, put, rollback

IN_CHILD = Path(__file__).parent / "in_child"
SRC = Path(binance_creds.__file__).parents[1]
CHILD = """
import os
from binance_creds import Secret
from binance_creds.errors import ConflictError
from binance_creds.storing import put
source = os.environ["SOURCE"]
"""


def secrets_of(fields) -> dict[str, Secret]:
    return {name: Secret(text) for name, text in fields.items()}


def held(source: str):
    return load_credentials(source, fresh=True)


def in_child(shop, code: str, **environ: str):
    return child(
        CHILD + code, **{"PYTHONPATH": f"{IN_CHILD}{os.pathsep}{SRC}"} | shop.environ | environ
    )


@pytest.fixture
def empty(shop) -> str:
    """A source that holds nothing."""
    return shop.source(f"bot-{token()[:12]}")


@pytest.fixture
def first() -> dict[str, str]:
    return pair()


@pytest.fixture
def source(empty, first) -> str:
    """A source that holds the first pair."""
    put(empty, secrets_of(first))
    return empty


def test_a_pair_is_written_and_copied_and_rolled_back(shop, empty, capsys) -> None:
    """Each names the version that is read afterwards."""
    old, new, other = pair(), pair(), shop.source(f"bot-{token()[:12]}")
    assert put(empty, secrets_of(old)).version == held(empty).version
    stored = put(empty, secrets_of(new), replace=held(empty).fingerprint)
    assert (stored.version, stored.fingerprint) == (held(empty).version, held(empty).fingerprint)
    assert main(["copy", empty, other, "--offline", "--json"]) == ExitCode.DONE
    row = json.loads(capsys.readouterr().out)["stored"]
    assert row["version"] == held(other).version
    assert held(other).api_secret.reveal() == new["api_secret"]
    assert main(["rollback", empty, "--offline"]) == ExitCode.DONE
    shown = capsys.readouterr()
    assert f"version {held(empty).version}" in shown.out
    assert held(empty).api_secret.reveal() == old["api_secret"]
    assert not any(value in shown.out + shown.err for value in (*old.values(), *new.values()))


def test_what_was_not_named_is_not_replaced(source, first) -> None:
    for replace in (None, "0a1b2c3d"):
        error = caught(put, source, secrets_of(pair()), replace=replace)
        assert type(error) is ConflictError
        assert held(source).fingerprint in error.message
    assert held(source).api_key.reveal() == first["api_key"]


def test_of_many_writers_at_once_one_wins(shop, source) -> None:
    """A store that cannot compare and write in one step may take several; it keeps them all."""
    mark, pairs = held(source).fingerprint, [pair() for _ in range(6)]
    outcomes: list[object] = [None] * len(pairs)
    together = threading.Barrier(len(pairs))

    def write(number: int) -> None:
        try:
            put(source, secrets_of(pairs[number]), replace=mark,
                verify=lambda _: together.wait(PATIENCE))  # fmt: skip
        except ConflictError as error:
            outcomes[number] = error

    threads = [threading.Thread(target=write, args=(n,)) for n in range(len(pairs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winners = [pairs[n] for n, outcome in enumerate(outcomes) if outcome is None]
    assert len(winners) == 1 or (winners and not shop.is_atomic)
    now = held(source)
    assert (now.api_key.reveal(), now.api_secret.reveal()) in {
        (winner["api_key"], winner["api_secret"]) for winner in winners
    }


@pytest.mark.unmeasured
@pytest.mark.parametrize("scheme", [name for name, shop in SHOPS.items() if shop.is_atomic])
def test_processes_that_write_at_once_lose_nothing(open_shop, scheme) -> None:
    """Each counts up what it has read, until it wins; so many wins are in the end."""
    shop = open_shop(scheme)
    empty = shop.source(f"bot-{token()[:12]}")
    key = token()[:56]
    put(empty, secrets_of({"api_key": f"{key}{0:08}", "api_secret": token()}))
    code = f"""
import secrets
from binance_creds import load_credentials
for _ in range(4):
    while True:
        now = load_credentials(source, fresh=True)
        number = int(now.api_key.reveal()[-8:]) + 1
        fields = dict(
            api_key=Secret(f"{key}{{number:08}}"), api_secret=Secret(secrets.token_hex(32))
        )
        try:
            put(source, fields, replace=now.version)
            break
        except ConflictError:
            pass
"""
    with contextlib.ExitStack() as stack:
        writers = [stack.enter_context(in_child(shop, code, SOURCE=empty)) for _ in range(2)]
        for writer in writers:
            assert writer.communicate(timeout=PATIENCE) == ("", "")
    assert int(held(empty).api_key.reveal()[-8:]) == 8


@pytest.mark.unmeasured
@pytest.mark.parametrize("is_done", [True, False], ids=["behind the write", "before it"])
def test_a_writer_that_is_killed_leaves_one_pair_or_the_other(shop, source, first, is_done) -> None:
    """And the next one finds nothing in its way."""
    mark, new, asked = held(source).fingerprint, pair(), threading.Event()

    def stop(*answered) -> None:
        asked.set()
        hang(*answered)

    stop.needs_no_upstream = not is_done
    shop.spoil_writes(stop)
    code = """
fields = dict(api_key=Secret(os.environ["K"]), api_secret=Secret(os.environ["S"]))
put(source, fields, replace=os.environ["MARK"])
"""
    environ = {"SOURCE": source, "MARK": mark, "K": new["api_key"], "S": new["api_secret"]}
    with in_child(shop, code, **environ) as process:
        wait_for(lambda: asked.is_set() or process.poll() is not None)
        process.kill()
        assert process.wait(PATIENCE) == -signal.SIGKILL
    shop.proxy.recover()
    now = held(source).api_secret.reveal()
    assert now in {first["api_secret"], new["api_secret"]}
    assert is_done or now == first["api_secret"]
    third = pair()
    put(source, secrets_of(third), replace=held(source).fingerprint)
    assert held(source).api_secret.reveal() == third["api_secret"]


def test_who_may_not_write_is_told_before_anything_is_asked_for(
    shop, source, first, machine
) -> None:
    mark = held(source).fingerprint
    for name, value in shop.deny_writing().items():
        machine.setenv(name, value)
    provider_for(SourceURI.parse(source)).forget_login()
    for act in (
        lambda: check_target(source, replace=mark),
        lambda: put(source, secrets_of(pair()), replace=mark),
    ):
        error = caught(act)
        assert type(error) is AccessDeniedError
        assert error.hint
    shop.proxy.recover()
    assert held(source).api_key.reveal() == first["api_key"]


@pytest.mark.unmeasured
@pytest.mark.parametrize("fault", [status(503), hang], ids=["down", "silent"])
def test_a_store_that_fails_at_the_write_is_unavailable(shop, source, first, fault) -> None:
    mark = held(source).fingerprint
    shop.spoil_writes(fault)
    error = caught(put, source, secrets_of(pair()), replace=mark, timeout_seconds=1)
    assert isinstance(error, ProviderUnavailableError)
    shop.proxy.recover()
    assert held(source).api_key.reveal() == first["api_key"]


def test_a_target_is_looked_at_without_a_change(shop, source) -> None:
    before = held(source).version
    found = check_target(source, replace=held(source).fingerprint)
    assert (found.version, held(source).version) == (before, before)
    assert check_target(shop.source(f"bot-{token()[:12]}")) is None


def test_a_store_that_is_down_is_told_before_anything_is_asked_for(shop, source) -> None:
    shop.proxy.fault = status(503)
    assert isinstance(caught(check_target, source, timeout_seconds=1), ProviderUnavailableError)


@pytest.mark.parametrize("is_lost", [False, True])
def test_what_was_staged_is_erased(shop, source, is_lost) -> None:
    """Also where the answer to it is lost: it is not taken for another writer's."""
    lost = []

    def lose(handler, *answered) -> None:
        named = f"{handler.command} {handler.headers.get('X-Amz-Target', '')}"
        is_first = is_lost and named.startswith(("DELETE", "POST secretsmanager.Del")) and not lost
        lost.extend([1] if is_first else [])
        (status(503) if is_first else answer)(handler, *answered)

    mark = held(source).fingerprint
    with shop.proxy.failing(lose):
        assert erase(source, replace=mark).fingerprint == mark
    assert len(lost) == is_lost
    assert isinstance(caught(held, source), SecretNotFoundError)
    put(source, secrets_of(pair()))


def test_what_changed_is_not_erased(shop, source) -> None:
    provider = provider_for(SourceURI.parse(source))
    old, mark = held(source).version, held(source).fingerprint
    new = put(source, secrets_of(pair()), replace=mark).fingerprint
    error = caught(provider.erase, Deadline(PATIENCE), expected_version=old)
    assert type(error) is ConflictError
    assert held(source).fingerprint == new


@pytest.mark.parametrize("text", ["{", '{"api_key": "x"}', '{"user": "x"}'])
def test_a_damaged_version_is_rolled_back(shop, text) -> None:
    """What is there is named by its version, which is all that can be known of it."""
    name, good = f"bot-{token()[:12]}", pair()
    shop.put(name, good)
    shop.put_text(name, text)
    stored = rollback(shop.source(name), verify=False)
    now = held(shop.source(name))
    assert (now.version, now.api_secret.reveal()) == (stored.version, good["api_secret"])


def test_a_damaged_version_is_not_rolled_back_over_a_newer_one(shop) -> None:
    name, newest = f"bot-{token()[:12]}", pair()
    shop.put(name, pair())
    shop.put_text(name, "{")
    error = caught(rollback, shop.source(name), verify=lambda _: shop.put(name, newest))
    assert type(error) is ConflictError
    assert held(shop.source(name)).api_key.reveal() == newest["api_key"]
