"""What `[profiles.NAME.refresh]` says reaches the live handle."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support import caught

from binance_creds._config._models import Refresh
from binance_creds._refresh_policy import RefreshPolicy
from binance_creds.errors import ConfigurationError

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "configuration.md"

ENTRIES = {
    "ttl": "7m",
    "poll": "45s",
    "max_stale": "2h",
    "jitter": 0.25,
    "overlap": "12h",
    "max_hold": "90s",
    "on_denied": "keep",
    "swap_window": "Mon-Fri 02:00-02:30 UTC",
    "push": ["sqs:https://sqs.eu-west-1.amazonaws.com/1/rotations"],
}


def profile(**entries) -> dict[str, object]:
    return {"profiles": {"a": {"source": "env://A", "refresh": entries}}}


@pytest.mark.parametrize(("name", "value"), ENTRIES.items(), ids=ENTRIES.keys())
def test_each_entry_reaches_the_plan(plan, name, value) -> None:
    expected = RefreshPolicy(**{name: value})
    assert expected == plan(config=profile(**{name: value})).terms.refresh
    assert expected != RefreshPolicy()


def test_all_entries_reach_the_plan_together(plan) -> None:
    assert ENTRIES.keys() == Refresh.model_fields.keys()
    assert RefreshPolicy(**ENTRIES) == plan(config=profile(**ENTRIES)).terms.refresh


def test_without_entries_the_defaults_of_both_are_the_same(plan) -> None:
    for config in (profile(), {"profiles": {"a": {"source": "env://A"}}}):
        assert RefreshPolicy() == plan(config=config).terms.refresh


WRONG = {
    "ttl": ("ttl", 300, "ttl"),
    "ttl without unit": ("ttl", "300", "ttl: write a duration with a unit"),
    "poll": ("poll", "0s", "poll: write a duration with a unit"),
    "max_stale": ("max_stale", "3651d", "max_stale: write a duration with a unit"),
    "max_stale below poll": ("max_stale", "1s", "max_stale must not be shorter than poll"),
    "jitter": ("jitter", 0.6, "jitter: write a number less than or equal to 0.5"),
    "jitter as text": ("jitter", "0.1", "jitter"),
    "jitter as boolean": ("jitter", False, "jitter"),
    "overlap": ("overlap", "a day", "overlap: write a duration with a unit"),
    "max_hold": ("max_hold", -5, "max_hold"),
    "on_denied": ("on_denied", "raise", "on_denied: write 'stop' or 'keep'"),
    "swap_window": ("swap_window", "at night", "swap_window must have the form"),
    "all night": ("swap_window", "02:00-02:00 UTC", "swap_window must begin and end"),
    "swap_window as number": ("swap_window", 2, "swap_window"),
    "push as text": ("push", "sqs:a", "push"),
    "push of numbers": ("push", [5], "push.0"),
    "empty push": ("push", [""], "push.0"),
}


@pytest.mark.parametrize(("name", "value", "words"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_entry_is_named(plan, name, value, words) -> None:
    error = caught(plan, config=profile(**{name: value}))
    assert isinstance(error, ConfigurationError)
    assert re.search(rf"profiles\.a\.refresh[.:] ?{re.escape(words)}", str(error)), str(error)
    assert error.__context__ is None


def test_the_page_lists_every_entry_with_its_default() -> None:
    section = PAGE.read_text().partition("\n## Refresh\n")[2]
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \|", section, re.MULTILINE)
    described = {
        name: f"`{field.default}`" if field.default else "none"
        for name, field in Refresh.model_fields.items()
    }
    assert described == dict(rows)
