"""The mutex of the live handles, as `threading` wants one."""

from __future__ import annotations

import threading

from binance_creds.live._lock import Lock, is_inside


def test_it_has_what_a_condition_of_any_python_takes_from_a_lock() -> None:
    """Since Python 3.14 that is `locked` too."""
    lock = Lock()
    condition = threading.Condition(lock)
    assert not lock.locked()
    with condition:
        assert lock.locked()
        assert is_inside()
        assert not condition.wait(0.01)
    assert not lock.locked()
    assert not is_inside()
