"""The pages on policies say what the packaged files say."""

from __future__ import annotations

import re
from pathlib import Path

from binance_creds.exchange import policy_named
from binance_creds.exchange._policies._reading import PACKAGED

HOWTO = Path(__file__).parents[2] / "docs" / "howto" / "keys"
ROW = re.compile(r"^\| [^|]+ \| ([^|]+) \| `([\w-]+)` \| (\w+) \| (\d+) days \|$", re.MULTILINE)


def test_the_table_of_purposes_is_that_of_the_policies() -> None:
    """Rights to switch on, IP restriction, age."""
    written = {
        name: (set(re.findall("`([^`]+)`", rights)), restriction, int(days))
        for rights, name, restriction, days in ROW.findall(
            (HOWTO / "least-privilege.md").read_text()
        )
    }
    policies = map(policy_named, PACKAGED)
    assert written == {
        one.name: (one.required | one.one_of, one.ip_restriction, one.rotation_days)
        for one in policies
    }


def test_the_policies_that_require_a_list_are_named() -> None:
    sentence = re.search(
        r"^The policies (.+) refuse a key", (HOWTO / "ip-list.md").read_text(), re.MULTILINE
    )
    required = {name for name in PACKAGED if policy_named(name).ip_restriction == "required"}
    assert set(re.findall("`([^`]+)`", sentence[1])) == required
