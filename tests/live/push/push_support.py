"""What tests of push modules need."""

from __future__ import annotations

import threading


def in_thread(call):
    """Run a call beside the test; return its thread and the list it leaves its outcome in."""
    outcome = []

    def run() -> None:
        try:
            outcome.append(call())
        except BaseException as error:
            outcome.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread, outcome
