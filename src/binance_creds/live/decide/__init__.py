"""Decide what to do next: no clock, no thread, no lock, no I/O.

* `_machine`: the state machine of one live handle, in three layers that each decide one thing:
  `_standing` (confirmed, stale, denied), `_fetching` (the fetch under way, and what comes of it),
  and the machine, which is told the time.
* `_pairs`, `_schedule`, `_timing`: what it knows of pairs, of when to check, and of its policy.
* `_messages`: what goes in and out.
"""

__all__: list[str] = []
