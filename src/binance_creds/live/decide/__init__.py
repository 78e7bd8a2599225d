"""Decide what to do next: no clock, no thread, no lock, no I/O.

* `_machine`: the state machine of one live handle.
* `_pairs`, `_schedule`, `_timing`: what it knows of pairs, of when to check, and of its policy.
* `_messages`: what goes in and out.
"""

__all__: list[str] = []
