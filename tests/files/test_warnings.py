"""A warning that a program turns into an error is neither a failed read nor lost."""

from __future__ import annotations

import logging
import warnings

import pytest
from files_support import key_of


@pytest.fixture
def readable(env_file):
    """Return a `.env` that every user can read, which is warned of."""
    env_file.chmod(0o644)
    return env_file


def messages(caplog) -> list[str]:
    return [
        f"{one.name}: {one.message}" for one in caplog.records if one.levelno == logging.WARNING
    ]


def test_a_warning_that_is_an_error_is_logged_once(readable, caplog) -> None:
    """As by `-W error`; the pair is loaded all the same."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(3):
            key_of(f"dotenv:{readable}", fresh=True)
    (message,) = messages(caplog)
    assert message.startswith("binance_creds: every user of this machine can read")


def test_a_hook_that_raises_changes_nothing(readable, caplog, monkeypatch) -> None:
    """As of a program that turns warnings into errors of its own."""

    def show(*_: object, **__: object) -> None:
        raise RuntimeError("no warnings here")

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        monkeypatch.setattr(warnings, "showwarning", show)
        key_of(f"dotenv:{readable}")
    assert len(messages(caplog)) == 1


def test_an_ordinary_warning_is_not_logged_as_well(readable, caplog, recwarn) -> None:
    """It is told once."""
    key_of(f"dotenv:{readable}")
    assert len(recwarn.list) == 1
    assert messages(caplog) == []
