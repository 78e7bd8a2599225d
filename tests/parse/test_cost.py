"""What a load from the environment does not pay for."""

from __future__ import annotations

import gc
import importlib
import pkgutil
import re
import sys
from itertools import pairwise

from support import pair
from waiting import PATIENCE

import binance_creds._parse
from binance_creds import SourceURI
from binance_creds.providers import Deadline
from binance_creds.providers.local.environment import EnvironmentProvider


def changes_of_file(call) -> int:
    files = []
    gc.collect()  # else what others left is collected meanwhile, and passes files of its own
    sys.setprofile(
        lambda frame, event, _: event == "call" and files.append(frame.f_code.co_filename)
    )
    try:
        call()
    finally:
        sys.setprofile(None)
    return sum(before != after for before, after in pairwise(files))


def test_variables_of_other_programs_are_passed_in_one_go() -> None:
    """However many they are, the way between the files of the package stays the same."""
    ours = {f"BINANCE_{name.upper()}": text for name, text in pair().items()}

    def way(others: int) -> int:
        environ = {f"OTHER_{number}": "x" for number in range(others)} | ours
        provider = EnvironmentProvider(SourceURI.parse("env://BINANCE"), environ=environ)
        return changes_of_file(lambda: provider.fetch(Deadline(PATIENCE)))

    assert way(0) == way(500)


def test_no_pattern_is_compiled_before_it_is_used() -> None:
    """Most programs never use most of them."""
    for module in pkgutil.iter_modules(binance_creds._parse.__path__, "binance_creds._parse."):
        names = vars(importlib.import_module(module.name))
        assert not [name for name, value in names.items() if isinstance(value, re.Pattern)]
