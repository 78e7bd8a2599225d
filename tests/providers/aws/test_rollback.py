"""`rollback` and `put`, over a real server."""

from __future__ import annotations

import json

import pytest
from support import pair, token

from binance_creds import (
    ConflictError,
    Secret,
    SecretNotFoundError,
    load_credentials,
)
from binance_creds.cli import ExitCode, main
from binance_creds.exchange import ExchangeCheck
from binance_creds.storing import put, rollback
from binance_creds.testing import FakeExchange


def secrets_of(fields) -> dict[str, Secret]:
    return {name: Secret(text) for name, text in fields.items()}


def loaded(source):
    return load_credentials(source, fresh=True)


@pytest.fixture
def rotated(account):
    """A secret with two versions: its source, the first pair and the second."""
    name, first, second = f"rollback-{token()[:8]}", pair(), pair()
    account.put(name, first)
    account.put(name, second)
    return account.source(name), first, second


def test_the_version_before_is_the_newest_again(rotated, capsys) -> None:
    source, first, second = rotated
    assert main(["rollback", source, "--offline", "--json"]) == ExitCode.DONE
    stored = json.loads(capsys.readouterr().out)["stored"]
    assert loaded(source).api_key.reveal() == first["api_key"]
    assert stored["version"] == loaded(source).version
    rollback(source, verify=False)
    assert loaded(source).api_key.reveal() == second["api_key"]


def test_a_version_that_the_exchange_refuses_is_not_written(rotated) -> None:
    source, _, second = rotated
    with FakeExchange() as exchange, pytest.raises(Exception, match="key"):
        rollback(source, verify=ExchangeCheck(base_url=exchange.url))
    assert loaded(source).api_key.reveal() == second["api_key"]


def test_without_a_version_before_nothing_is_written(account) -> None:
    name = f"rollback-{token()[:8]}"
    account.put(name, pair())
    with pytest.raises(SecretNotFoundError):
        rollback(account.source(name), verify=False)


def test_who_writes_meanwhile_wins(rotated, account) -> None:
    source, *_ = rotated
    other = pair()

    def interfere(_) -> None:
        put(
            source,
            secrets_of(other),
            replace=loaded(source).fingerprint,
        )

    with pytest.raises(ConflictError, match="changed since it was read"):
        rollback(source, verify=interfere)
    assert loaded(source).api_key.reveal() == other["api_key"]


def test_a_damaged_version_is_replaced_by_name(account) -> None:
    name, new = f"rollback-{token()[:8]}", pair()
    account.put(name, "garbage")
    source = account.source(name)
    with pytest.raises(ConflictError, match="incomplete"):
        put(source, secrets_of(new))
    put(source, secrets_of(new), replace="incomplete")
    assert loaded(source).api_key.reveal() == new["api_key"]
