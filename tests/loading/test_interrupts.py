"""What an interrupt finds in the frames of this library: a crash reporter shows their variables."""

from __future__ import annotations

import itertools
import json
import sys

from support import pair

from binance_creds import load_credentials
from binance_creds.testing import assert_no_leak

WATCHED = {"_stand_in", "_key_block", "_keyed"}  # where a value is for longest


def interrupted(call):
    """Interrupt a call at one line of these functions after the other, but not at their first two."""
    before = sys.gettrace()
    for wanted in itertools.count(1):
        passed = itertools.count(1)

        def trace(frame, event, _, wanted=wanted, passed=passed):
            code = frame.f_code
            is_there = event == "line" and frame.f_lineno > code.co_firstlineno + 2
            if code.co_name in WATCHED and is_there and next(passed) == wanted:
                raise KeyboardInterrupt
            return trace

        sys.settrace(trace)
        try:
            call()
        except KeyboardInterrupt as error:
            sys.settrace(before)
            yield error
        else:
            return
        finally:
            sys.settrace(before)


def test_an_interrupt_finds_no_secret(tmp_path) -> None:
    fields = pair()
    path = tmp_path / "pair.json"
    path.touch(0o600)
    path.write_text(json.dumps(fields))
    found = list(interrupted(lambda: load_credentials(f"file:{path}", fresh=True).sign(b"x")))
    assert len(found) > 20
    for error in found:
        for value in fields.values():
            assert_no_leak(value, error)
