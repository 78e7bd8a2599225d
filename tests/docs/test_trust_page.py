"""The page on trust has the options that the code has."""

from __future__ import annotations

import re
from pathlib import Path

from binance_creds.providers._options import SCHEMES

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "trust.md"
ROW = re.compile(r"^\| (`[^|]+`) \| `(\w+)` \| ([^|]+) \|(?: `(\w+)`)? \|$", re.MULTILINE)


def test_the_table_of_options_is_the_one_of_the_code() -> None:
    """With what each decides and the variable that says the same."""
    written = {
        (scheme, option): (decides, variable)
        for schemes, option, decides, variable in ROW.findall(PAGE.read_text())
        for scheme in re.findall(r"`([^`]+)`", schemes)
    }
    expected = {
        (scheme, option): said
        for scheme, row in SCHEMES.items()
        for option, said in row.named.items()
    }
    assert expected == written
